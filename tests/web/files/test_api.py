"""Files through the API: uploaded, written into a record, read back, within rights and scopes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.runtime.files.pictures import HTML, PDF

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site

Call = Callable[..., "TestResponse"]


@pytest.fixture
def caller(app: Flask, papers: Site) -> Callable[..., Call]:
    """Return ``caller(login, scopes=None)``: a function that sends requests with a token of that person."""
    from formline.web.api.tokens import create_token
    from formline.web.auth import accounts

    def make(login: str, scopes: list[str] | None = None) -> Call:
        with papers.writing() as connection:
            person = accounts.find(connection, papers.release, login)
            assert person is not None
            _id, token = create_token(connection, person.user_id, "test", scopes=scopes, days=1)
        client = app.test_client()

        def call(method: str, path: str, **arguments: Any) -> TestResponse:
            return client.open(
                f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {token}"}, **arguments
            )

        return call

    return make


def sent(content: bytes, name: str = "a.pdf") -> dict[str, Any]:
    return {"data": {"file": (io.BytesIO(content), name)}}


def test_a_file_is_uploaded_then_written_then_read(caller: Callable[..., Call]) -> None:
    ann, ben, cat = caller("ann"), caller("ben"), caller("cat")
    answer = ann("POST", "/files?object=paper&field=scan", **sent(PDF))
    assert answer.status_code == 201, answer.text
    told = answer.get_json()
    assert told == {"id": told["id"], "name": "a.pdf", "media_type": "application/pdf", "size": len(PDF)}
    made = ann("POST", "/paper", json={"name": "One", "scan": told["id"]}).get_json()
    assert ann("GET", f"/paper/{made['id']}").get_json()["scan"] == told
    assert ann("GET", f"/files/{told['id']}").data == PDF
    assert ben("GET", f"/files/{told['id']}").status_code == 200
    assert cat("GET", f"/files/{told['id']}").status_code == 404
    assert caller("ann", ["user:read"])("GET", f"/files/{told['id']}").status_code == 404
    both = [told["id"], told["id"]]
    assert ann("PATCH", f"/paper/{made['id']}", json={"drafts": both}).get_json()["errors"][0]["code"] == "unknown_file"
    assert ann("PATCH", f"/paper/{made['id']}", json={"scan": None}).status_code == 200
    assert ann("GET", f"/files/{told['id']}").status_code == 404


def test_files_of_a_record_as_a_whole(caller: Callable[..., Call]) -> None:
    ann, ben, cat = caller("ann"), caller("ben"), caller("cat")
    file_id = ann("POST", "/files?object=paper", **sent(PDF)).get_json()["id"]
    record = ann("POST", "/paper", json={"name": "One"}).get_json()["id"]
    assert ben("POST", f"/paper/{record}/files", json={"files": [file_id]}).status_code == 403
    assert ann("POST", f"/paper/{record}/files", json={"files": [file_id]}).status_code == 200
    (listed,) = ben("GET", f"/paper/{record}/files").get_json()["data"]
    assert (listed["id"], listed["name"], listed["size"]) == (file_id, "a.pdf", len(PDF))
    assert ben("GET", f"/files/{file_id}").data == PDF
    assert cat("GET", f"/paper/{record}/files").status_code == 404
    assert ann("POST", f"/paper/{record}/files", json={"files": [file_id]}).status_code == 404
    assert ann("POST", f"/paper/{record}/files", json={"files": "x"}).status_code == 422
    assert ben("DELETE", f"/paper/{record}/files/{file_id}").status_code == 403
    assert ann("DELETE", f"/paper/{record}/files/{file_id}").status_code == 200
    assert ann("GET", f"/paper/{record}/files").get_json() == {"data": []}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_wrong_is_said_with_a_code(caller: Callable[..., Call]) -> None:
    ann, ben = caller("ann"), caller("ben")
    cases = [
        (ann("POST", "/files?object=paper&field=scan", **sent(HTML)), 422, "file_type"),
        (ann("POST", "/files?object=paper&field=scan"), 422, "file_missing"),
        (ann("POST", "/files", **sent(PDF)), 422, "parameter"),
        (ann("POST", "/files?object=paper&field=name", **sent(PDF)), 404, "not_found"),
        (ann("POST", "/files?object=paper&field=secret", **sent(PDF)), 404, "not_found"),
        (ann("POST", "/files?object=nothing&field=scan", **sent(PDF)), 404, "not_found"),
        (ben("POST", "/files?object=paper&field=scan", **sent(PDF)), 403, "access_denied"),
        (caller("ann", ["read"])("POST", "/files?object=paper&field=scan", **sent(PDF)), 403, "token_scope"),
        (ann("POST", "/paper", json={"name": "x", "scan": "https://example.com/a.pdf"}), 422, "validation"),
    ]
    assert [(answer.status_code, answer.get_json()["code"]) for answer, _, _ in cases] == [
        (status, code) for _, status, code in cases
    ]
