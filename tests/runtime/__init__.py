"""Tests of this part of the platform."""
