"""Merging records that are the same into one of them, and taking that back exactly."""
