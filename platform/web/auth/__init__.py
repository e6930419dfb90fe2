"""Signing in: accounts, sessions, the first administrator, a person's own profile, other people's passwords, roles."""

from formline.web.auth import people, profile, roles, routes
from formline.web.auth.routes import blueprint

__all__ = ["blueprint", "people", "profile", "roles", "routes"]
