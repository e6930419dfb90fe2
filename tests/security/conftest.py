"""The tests of the lines of the security design: the shipped CRM on SQLite, its people, its API's callers."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import caller
from tests.web.conftest import _quick_passwords, app, crm, sign_in, visitor

__all__ = ["_quick_passwords", "app", "caller", "crm", "sign_in", "visitor"]


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what is tested here is the same on both databases."""
    return "sqlite"
