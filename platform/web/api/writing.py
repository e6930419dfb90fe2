"""Writing through the API: bodies, versions and repeated requests; the write itself is the unit's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from formline.errors import ConflictError, FormlineError
from formline.runtime.tables import idempotency
from formline.runtime.unit import Unit, run_unit
from formline.web.api.caller import caller
from formline.web.api.reading import ParameterError
from formline.web.visit import site

LONGEST_KEY = 200


class PreconditionError(FormlineError):
    """If-Match named another version than the record has."""

    code = "version"
    status = 412


class KeyReusedError(FormlineError):
    """An idempotency key that came before with another request."""

    code = "idempotency_key"
    status = 422


def body() -> dict[str, Any]:
    """Return the JSON object a request carries.

    Raises:
        ParameterError: no JSON, or not an object.
    """
    if not request.is_json:
        raise ParameterError("Send JSON: Content-Type: application/json.", code="media_type")
    try:
        found = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise ParameterError(f"The body is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ParameterError("The body is a JSON object.")
    return found


def expected_version() -> int | None:
    """Return the version of If-Match; None where there is none or any will do.

    Raises:
        ParameterError: an entity tag that no record ever had.
    """
    tag = request.headers.get("If-Match", "").strip()
    if tag in ("", "*"):
        return None
    number = tag.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise ParameterError("If-Match is the ETag of the record as it was read.")
    return int(number)


def confirmed() -> bool:
    """Return whether the caller accepts warnings."""
    return request.headers.get("Formline-Confirm", "").lower() in ("1", "true", "yes")


def respond(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(value, default=str), status, headers=headers, content_type="application/json")


Outcome = tuple[Any, int, dict[str, str]]


def write(work: Callable[[Unit], Outcome]) -> Response:
    """Run ``work`` in one unit and answer with (JSON value, status, headers) it returns.

    With an Idempotency-Key the answer is kept in the same transaction: the same request again gets
    the same answer and changes nothing, even where the first answer was lost on its way.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise ParameterError(f"Idempotency-Key has at most {LONGEST_KEY} characters.")
    actor_id = caller().actor.user_id
    fingerprint = _fingerprint()
    if key and (kept := _kept(actor_id, key, fingerprint)) is not None:
        return kept

    def once(unit: Unit) -> Outcome:
        outcome = work(unit)
        if key:
            _keep(unit, actor_id, key, fingerprint, outcome)
        return outcome

    try:
        value, status, headers = run_unit(site(), caller().actor, once, source="api", confirm=confirmed())
    except _CameSecond:
        kept = _kept(actor_id, key, fingerprint)
        if kept is None:
            raise
        return kept
    except ConflictError as error:
        if error.code == ConflictError.code and expected_version() is not None:
            raise PreconditionError(error.message) from error
        raise
    return respond(value, status, headers)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    digest.update(request.get_data())
    return digest.hexdigest()


class _CameSecond(Exception):
    """Rolls a unit back: a request with the same key ran at the same time and came first."""


def _keep(unit: Unit, actor_id: UUID | None, key: str, fingerprint: str, outcome: Outcome) -> None:
    value, status, headers = outcome
    insert = postgresql.insert if unit.dialect == "postgresql" else sqlite.insert
    statement = insert(idempotency).values(
        actor_id=actor_id,
        key=key,
        fingerprint=fingerprint,
        status=status,
        headers=headers,
        body=orjson.dumps(value, default=str),
        at=datetime.now(UTC),
    )
    kept = statement.on_conflict_do_nothing().returning(idempotency.c.key)
    if unit.connection.execute(kept).first() is None:
        raise _CameSecond


def _kept(actor_id: UUID | None, key: str, fingerprint: str) -> Response | None:
    statement = select(idempotency).where(idempotency.c.actor_id == actor_id, idempotency.c.key == key)
    with site().reading() as connection:
        row = connection.execute(statement).mappings().first()
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise KeyReusedError("This Idempotency-Key came before with another request.", hint="use a new key per request")
    response = Response(row["body"], row["status"], headers=row["headers"], content_type="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    return response
