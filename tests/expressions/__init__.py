"""Tests of the expression language: constructs one by one, and all targets against each other."""
