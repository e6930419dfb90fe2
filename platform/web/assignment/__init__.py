"""Assigning a record by its rules, and why somebody got it."""

from formline.web.assignment.routes import blueprint

__all__ = ["blueprint"]
