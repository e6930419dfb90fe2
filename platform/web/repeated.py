"""Posts of pages that may be sent twice: a phone that lost the answer sends again, and the work is done once.

The key comes with the form or in the header ``Idempotency-Key``; it is kept in the transaction of the work itself.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime.tables import idempotency
from formline.runtime.unit import Unit

HEADER = "Idempotency-Key"
LONGEST = 100


class CameBefore(Exception):
    """Rolls a unit back: what it does was done when the same request came the first time."""


def once(unit: Unit, actor_id: UUID | None) -> None:
    """Note this request's key in its unit; without a key every request counts.

    Raises:
        CameBefore: a request of this person with the same key was carried out.
    """
    key = (request.headers.get(HEADER) or request.form.get("idempotency_key", ""))[:LONGEST]
    if not key or actor_id is None:
        return
    insert: Any = postgresql.insert if unit.dialect == "postgresql" else sqlite.insert
    row = {"actor_id": actor_id, "key": f"page:{key}", "fingerprint": request.path, "status": 204, "at": unit.now}
    kept = insert(idempotency).values(row).on_conflict_do_nothing().returning(idempotency.c.key)
    if unit.connection.execute(kept).first() is None:
        raise CameBefore
