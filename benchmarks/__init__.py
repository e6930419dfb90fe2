"""Benchmarks: run by hand with ``make bench``, reported, never asserted by a test that watches the clock."""
