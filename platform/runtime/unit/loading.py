"""Steps 2 and 3 of changing rows: lock them in id order, load what is stored, ask the rights and the version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import AccessDeniedError, ConflictError, NotFoundError
from formline.runtime.queries.binds import bind_keys
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def hold(unit: Unit, plan: WritePlan, ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Lock live rows, those not held yet in one statement, and return them as they are now; others are left out."""
    wanted = sorted(set(ids))
    missing = [key for key in wanted if unit.ledger.find(plan.name, key) is None]
    if missing:
        for values in plan.statements.lock.rows(unit.connection, bind_keys(IDS, missing, unit.dialect)):
            record = plan.record(values)
            unit.ledger.hold(plan.name, record["id"], record)
    rows = {key: unit.ledger.find(plan.name, key) for key in wanted}
    return {key: row.now for key, row in rows.items() if row is not None and row.now is not None}


def load(unit: Unit, plan: WritePlan, drafts: Sequence[Draft], right: str) -> None:
    """Give each draft its stored row, locked.

    Raises:
        NotFoundError: a row that is absent, deleted or not readable. AccessDeniedError: readable, but not for this.
    """
    found = hold(unit, plan, [draft.id for draft in drafts])
    if any(draft.id not in found for draft in drafts):
        raise NotFoundError
    require(unit, plan, [draft.id for draft in drafts], right)
    for draft in drafts:
        draft.old = found[draft.id]
        draft.record = dict(draft.old)


def require(unit: Unit, plan: WritePlan, ids: Sequence[UUID], right: str) -> None:
    """Refuse rows on which the actor lacks a right; what may not be read looks absent."""
    if unit.trusted:
        return
    refused = set(ids) - unit.permitted(plan, ids, right)
    if refused:
        if refused - unit.permitted(plan, sorted(refused), "read"):
            raise NotFoundError
        raise AccessDeniedError(f"You may not {right} this {plan.object.label}.")


def check_version(unit: Unit, plan: WritePlan, draft: Draft, expected: int | None) -> None:
    """Refuse a change made on an older version, with what the actor may read of the present one."""
    old = draft.old or {}
    if expected is not None and old.get("version") != expected:
        message = f"This {plan.object.label} was changed by somebody else meanwhile."
        raise ConflictError(message, current=readable(unit, plan, old))


def readable(unit: Unit, plan: WritePlan, record: Record) -> Mapping[str, Any]:
    """Return the stored values that the actor may read unmasked."""
    shown = {name for name in plan.object.fields if unit.trusted or unit.field_level(plan, name) in ("read", "edit")}
    return {key: value for key, value in record.items() if key.split(".")[0] in shown}
