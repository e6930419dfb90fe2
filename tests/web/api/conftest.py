"""Callers of the API: one per person, each with a token of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site


@dataclass
class Caller:
    """A program with a token."""

    client: FlaskClient
    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request; ``headers`` are written with underscores."""
        sent = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        arguments: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **arguments)

    def id_of(self, object_name: str, name: str) -> str:
        """Return the id of the record with a name."""
        answer = self("GET", f"/{object_name}?filter=" + '{"field":"name","op":"eq","value":"' + name + '"}')
        found: str = answer.get_json()["data"][0]["id"]
        return found


@pytest.fixture
def caller(app: Flask, crm: Site) -> Callable[..., Caller]:
    """Return ``caller(login, scopes=None, days=1) -> Caller``."""
    from formline.web.api.tokens import create_token
    from formline.web.auth import accounts

    def make(login: str, scopes: list[str] | None = None, days: int = 1) -> Caller:
        with crm.writing() as connection:
            person = accounts.find(connection, crm.release, login)
            assert person is not None
            _id, token = create_token(connection, person.user_id, "test", scopes=scopes, days=days)
        return Caller(app.test_client(), token)

    return make
