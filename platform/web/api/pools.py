"""Pools through the API: which one is in, what waits there, claiming, assigning, putting back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, request

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.unit import Unit
from formline.web.api.blueprint import allowed, blueprint
from formline.web.api.caller import caller
from formline.web.api.merging import id_of
from formline.web.api.reading import ParameterError, Writer
from formline.web.api.writing import Outcome, body, respond, write
from formline.web.visit import connection
from formline.workflow.pools import browsing, moving
from formline.workflow.pools.definition import Pool


@blueprint.get("/pools")
def list_pools() -> Response:
    """Answer with the pools one is in: how much waits there, and what one may still take."""
    who, now = caller(), datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for pool, member, administrator in browsing.visible_pools(connection(), who.release, who.actor):
        who.require(pool.object, "read")
        room = browsing.room(connection(), who.release, who.actor, pool, now)
        told = {"name": pool.name, "label": pool.label, "object": pool.object}
        part = {"member": member, "administrator": administrator}
        left = {"owned": room.owned, "most": room.most, "claims_left": room.claims_left}
        rows.append({**told, **part, "waiting": browsing.count(connection(), who.release, pool), **left})
    return respond({"data": rows})


@blueprint.get("/pools/<pool>/records")
def list_pool_records(pool: str) -> Response:
    """Answer with what waits in a pool, 30 at a time from ``skip`` on; values as the pool shows them."""
    known, _member, _administrator = _pool(pool, "read")
    who = caller()
    skip = request.args.get("skip", "0")
    if not skip.isascii() or not skip.isdigit() or int(skip) > 100_000:
        raise ParameterError('"skip" is a number from 0 to 100000.')
    search = request.args.get("search", "")[:200]
    found = browsing.waiting(connection(), who.release, who.actor, known, search=search, skip=int(skip))
    writer = Writer(who.release, known.object)
    rows = writer.rows([one.values for one in found[: browsing.SHOWN]])
    data = [
        {**row, "entered_at": one.entered_at.isoformat(), "cause": one.cause}
        for row, one in zip(rows, found, strict=False)
    ]
    return respond({"data": data, "next": int(skip) + browsing.SHOWN if len(found) > browsing.SHOWN else None})


@blueprint.post("/pools/<pool>/claim")
def claim(pool: str) -> Response:
    """Become the owner of records that wait in a pool, all or none: ``{"records": [ids]}``."""
    known, member, _administrator = _pool(pool, "write")
    if not member:
        raise NotFoundError("There is no such pool.")
    ids = _records({"records"})
    return write(lambda unit: _claimed(unit, known, ids))


@blueprint.post("/pools/<pool>/assign")
def assign(pool: str) -> Response:
    """Give records of a pool to a member: ``{"records": [ids], "to": id}``."""
    known, _member, administrator = _pool(pool, "write")
    if not administrator:
        raise AccessDeniedError(f"Only administrators of {known.label} assign its records.")
    ids, to = _records({"records", "to"}), id_of(body().get("to"))

    def work(unit: Unit) -> Outcome:
        moving.assign(unit, known, ids, to)
        return {"records": ids}, 200, {}

    return write(work)


@blueprint.post("/<name>/<uuid:key>/put-back")
def put_back(name: str, key: UUID) -> Response:
    """Put a record into the pool it belongs to: ``{"reason": text}``, optional."""
    allowed(name, "write")
    given = body() if request.get_data() else {}
    reason = given.get("reason", "")
    if set(given) - {"reason"} or not isinstance(reason, str):
        raise ParameterError('The body is {"reason": text}.')

    def work(unit: Unit) -> Outcome:
        pools = moving.put_back(unit, name, [key], reason.strip()[:500])
        return {"pool": pools[key].name}, 200, {}

    return write(work)


def _claimed(unit: Unit, pool: Pool, ids: list[UUID]) -> Outcome:
    moving.claim(unit, pool, ids)
    return {"records": ids}, 200, {}


def _pool(name: str, action: str) -> tuple[Pool, bool, bool]:
    """Return a pool the caller is in; any other looks like one that is not there."""
    who = caller()
    for found in browsing.visible_pools(connection(), who.release, who.actor):
        if found[0].name == name:
            who.require(found[0].object, action)
            return found
    raise NotFoundError("There is no such pool.")


def _records(keys: set[str]) -> list[UUID]:
    given = body()
    records = given.get("records")
    if set(given) != keys or not isinstance(records, list) or not 0 < len(records) <= moving.MOST:
        shown = ", ".join('"records": [ids]' if key == "records" else f'"{key}": id' for key in sorted(keys))
        raise ParameterError(f"The body is {{{shown}}}, with 1 to {moving.MOST} records.")
    return [id_of(each) for each in records]
