"""Requests made up from the OpenAPI description: whatever is sent, the answer is never a server error."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests.fixtures.databases import Prepare, SqliteDatabases
from tests.web.conftest import _prepare, _site

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A long run asks more, of every object; a usual one of objects that have every type of field and of action.
LONG = bool(os.environ.get("FORMLINE_LONG"))
EXAMPLES = 200 if LONG else 6
USUAL = frozenset({"customer", "opportunity", "contract", "task", "visit", "user"})


@pytest.fixture(scope="module")
def described(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return the schema of the API as the administrator sees it, tied to the application."""
    from formline.web import create_app
    from formline.web.api.tokens import create_token
    from formline.web.auth import accounts

    folder: Path = tmp_path_factory.mktemp("generated")
    url = sqlite_databases.create()
    prepare: Prepare = _prepare(folder)
    prepare(url)
    site = _site(url, folder)
    with site.writing() as connection:
        admin = accounts.find(connection, site.release, "admin")
        assert admin is not None
        _id, token = create_token(connection, admin.user_id, "generated")
    app = create_app(site)
    headers = {"Authorization": f"Bearer {token}"}
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=headers), headers
    site.close()


def test_the_description_is_valid_and_complete(described: tuple[Any, dict[str, str]]) -> None:
    """It is OpenAPI 3.1, and every object has its operations."""
    from openapi_spec_validator import validate

    schema, _headers = described
    validate(schema.raw_schema)
    assert {"/customer", "/customer/{id}", "/opportunity/{id}/transitions/{transition}", "/task/batch"} <= set(
        schema.raw_schema["paths"]
    )


def test_no_request_makes_the_server_fail(described: tuple[Any, dict[str, str]]) -> None:
    """Positive and negative values for every operation."""
    schema, headers = described
    failures: list[str] = []
    statuses: Counter[int] = Counter()
    operations = [result.ok() for result in schema.get_all_operations()]
    objects = {_head(one.path) for one in operations if one.path == f"/{_head(one.path)}/{{id}}"}
    chosen = [one for one in operations if LONG or _head(one.path) not in objects - USUAL]
    for operation in chosen:
        for mode in GenerationMode:
            _send(operation, mode, headers, failures, statuses)
    assert failures == []
    assert {200, 404, 422} <= set(statuses), statuses


def _head(path: str) -> str:
    return str(path).split("/")[1]


def _send(
    operation: Any, mode: GenerationMode, headers: dict[str, str], failures: list[str], statuses: Counter[int]
) -> None:
    """Send requests made up for one operation, such as fit its description or such as do not."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        response = case.call(headers=headers)
        statuses[response.status_code] += 1
        if response.status_code >= 500:
            failures.append(f"{response.status_code}: {case.as_curl_command()}")

    with suppress(Unsatisfiable):  # an operation without parameters has nothing to get wrong
        send()
