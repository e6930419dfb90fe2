"""Scores: points for the criteria a record meets, with the reasons in the open."""
