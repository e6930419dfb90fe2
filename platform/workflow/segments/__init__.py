"""Segments: which records meet a named condition, and ranks by recency, frequency and value, kept in fields."""
