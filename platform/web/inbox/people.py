"""Choosing people in the dialogs of approvals: active ones by name, cut to those who may be chosen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from flask import jsonify
from werkzeug.wrappers import Response

from formline.runtime.queries import Query, fetch
from formline.web.visit import Visit

OFFERED = 20
ACTIVE = {"field": "active", "op": "eq", "value": True}


def people(here: Visit, sought: str, among: Collection[UUID] | None = None) -> Response:
    """Answer ``[{id, text}]``: others than the person; ``among``: only these, None for everybody."""
    if not here.rights.object("user").can("read") or (among is not None and not among):
        return jsonify([])
    text = sought.strip()[:40]
    where: list[Any] = [ACTIVE, *([{"field": "name", "op": "contains", "value": text}] if text else [])]
    if among is not None:
        where.append({"field": "id", "op": "in", "value": list(among)})
    query = Query("user", ("id", "name"), {"and": where}, sort=(("name", False),), limit=OFFERED)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    others = [row for row in rows if row["id"] != here.actor.user_id]
    return jsonify([{"id": str(row["id"]), "text": str(row["name"])} for row in others])
