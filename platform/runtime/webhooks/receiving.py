"""Messages in: who may send, checked on the raw bytes; then kept, once each. Records are made of them by a job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import Connection, update
from sqlalchemy.dialects import postgresql, sqlite

from formline.errors import FormlineError
from formline.runtime import jobs
from formline.runtime.keys import uuid7
from formline.runtime.tables import received
from formline.runtime.webhooks import signing
from formline.runtime.webhooks.bindings import Binding

KIND = "take_message"
MOST_BYTES = 256 << 10
MOST_ROWS = 1_000
LONGEST_ID = 200
#: What parts several plain values that stand in one list.
SEPARATOR = ";"
_columns = received.c


class UnsignedError(FormlineError):
    """The signature is not that of a live secret, or the message is too old."""

    code = "webhook_signature"
    status = 401


class UnreadableError(FormlineError):
    """The body is no JSON, or holds no rows where the integration looks for them."""

    code = "webhook_body"
    status = 422


def require_signed(binding: Binding, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the message's id.

    Raises:
        UnsignedError: the signature, the time or the id is not as Standard Webhooks says.
    """
    identifier = headers.get(signing.ID, "")
    time, given = headers.get(signing.TIME, ""), headers.get(signing.SIGNATURE, "")
    if len(identifier) > LONGEST_ID or not signing.verify(binding.live(now), identifier, time, given, body, now):
        raise UnsignedError(
            "The signature does not fit, or the message is older than five minutes.",
            hint="sign id.timestamp.body with the secret, as Standard Webhooks says",
        )
    return identifier


def read(body: bytes, path: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of a body; numbers with a point stay texts, so that they keep their digits.

    Raises:
        UnreadableError: no JSON, or no object and no list of objects at ``path``.
    """
    try:
        found: Any = json.loads(body, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("The body is no JSON.") from error
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        where = ".".join(path) or "the top"
        raise UnreadableError(f"There is no object and no list of objects at {where} of the body.")
    if len(rows) > MOST_ROWS:
        raise UnreadableError(f"A message has at most {MOST_ROWS} objects.")
    return [flat(row) for row in rows]


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return an object's plain values by key, inner ones as ``outer.inner``; lists of objects are left out.

    >>> flat({"a": 1, "b": {"c": "x"}, "d": [1, 2], "e": [{}]})
    {'a': 1, 'b.c': 'x', 'd': '1;2'}
    """
    found: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif not isinstance(value, list):
            found[name] = value
        elif all(isinstance(each, str | int) for each in value):
            found[name] = SEPARATOR.join(map(str, value))
    return found


def keep(connection: Connection, name: str, identifier: str, rows: list[dict[str, Any]], now: datetime) -> UUID | None:
    """Keep a message and have it taken by a job; None where the same one is kept already."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = uuid7()
    values = {"id": key, "integration": name, "message_id": identifier, "body": rows, "received_at": now}
    statement = insert(received).values(**values, state="waiting", attempts=0).on_conflict_do_nothing()
    if connection.execute(statement.returning(_columns.id)).first() is None:
        return None
    jobs.enqueue(connection, KIND, {"message": str(key)})
    return key


def replay(connection: Connection, name: str, identifier: UUID) -> bool:
    """Take a message again that ended; return whether there was such a one with its body."""
    ended = update(received).where(
        _columns.id == identifier,
        _columns.integration == name,
        _columns.state.in_(("done", "failed")),
        _columns.body.is_not(None),
    )
    again = ended.values(state="waiting", report=None, error=None, ended_at=None)
    if not connection.execute(again).rowcount:
        return False
    jobs.enqueue(connection, KIND, {"message": str(identifier)})
    return True
