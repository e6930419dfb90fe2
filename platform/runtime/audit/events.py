"""Security events: who did what to accounts, rights and secrets; one line of the trail each, sealed later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from formline.runtime.tables import security_event


def note(
    connection: Connection,
    actor_id: UUID | None,
    event: str,
    detail: Mapping[str, Any],
    now: datetime,
    address: str = "",
) -> None:
    """Write an event in the caller's transaction; ``detail`` holds ids, words and counts, never values or secrets."""
    values = {"at": now, "actor_id": actor_id, "event": event, "detail": dict(detail), "address": address or None}
    connection.execute(insert(security_event).values(values))
