"""Signing in: accounts, sessions, the first administrator, a person's own profile, other people's passwords, roles."""

from formline.web.auth import (
    own_sessions,
    own_tokens,
    people,
    profile,
    recovery,
    roles,
    routes,
    second_factor_routes,
    sms,
    ways_in,
)
from formline.web.auth.routes import blueprint

__all__ = [
    "blueprint",
    "own_sessions",
    "own_tokens",
    "people",
    "profile",
    "recovery",
    "roles",
    "routes",
    "second_factor_routes",
    "sms",
    "ways_in",
]
