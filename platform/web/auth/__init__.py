"""Signing in: accounts, sessions, the first administrator, a person's own profile."""

from formline.web.auth import profile, routes
from formline.web.auth.routes import blueprint

__all__ = ["blueprint", "profile", "routes"]
