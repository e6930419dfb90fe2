"""The rows that say how scripts ran; who runs them is decided elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, insert

from formline.runtime.keys import uuid7
from formline.runtime.tables import script_run

if TYPE_CHECKING:
    from formline.runtime.scripts.conversation import Run


def note(
    connection: Connection,
    script: str,
    object_id: int,
    record_id: UUID,
    ended: Run,
    *,
    delivery_id: UUID | None = None,
    actor_id: UUID | None = None,
    error: str | None = None,
    line: int = 0,
    writes: int = 0,
) -> None:
    """Keep how a script ran for a record; ``error`` in words where it failed, at ``line`` where that is known.

    ``delivery_id``: the event it followed, which may have one row only.
    """
    row: dict[str, Any] = {
        "id": uuid7(),
        "script": script,
        "object_id": object_id,
        "record_id": record_id,
        "delivery_id": delivery_id or uuid7(),
        "actor_id": actor_id,
        "state": "done" if error is None else "failed",
        "error": error,
        "line": line,
        "log": ended.log,
        "calls": ended.calls,
        "writes": writes,
        "milliseconds": round(ended.seconds * 1000),
        "memory_kb": ended.memory,
        "at": datetime.now(UTC),
    }
    connection.execute(insert(script_run).values(row))
