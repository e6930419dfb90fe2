"""Signing in: accounts, sessions, the first administrator, a person's own profile, other people's passwords."""

from formline.web.auth import people, profile, routes
from formline.web.auth.routes import blueprint

__all__ = ["blueprint", "people", "profile", "routes"]
