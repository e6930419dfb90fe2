"""Step 4, the platform's own fields: owner, department, company, who and when, version, parts beside a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.fields.base import name_of
from formline.runtime.queries.binds import bind_keys
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def stamp(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Fill in who, when, which version; department and company follow the owner."""
    for draft in drafts:
        record = draft.record
        if draft.is_new:
            record["version"] = 1
            record["created_at"] = record.get("created_at") or unit.now
            record["created_by"] = record.get("created_by") or unit.actor.user_id
            if "owner" in plan.object.fields and record.get("owner") is None and "owner" not in draft.given:
                record["owner"] = unit.actor.user_id
        else:
            record["version"] = (record["version"] or 0) + 1
        if "updated_at" not in draft.given:
            record["updated_at"] = unit.now
            record["updated_by"] = unit.actor.user_id
    _follow_owner(unit, plan, drafts)


def _follow_owner(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Take department and company from the owner where the owner is new."""
    following = [n for n in ("department", "company") if n in plan.object.fields and plan.object.fields[n].system]
    moved = [d for d in drafts if following and (d.is_new or d.record.get("owner") != (d.old or {}).get("owner"))]
    if not moved:
        return
    people = _people(unit, {d.record["owner"] for d in moved if d.record.get("owner") is not None})
    for draft in moved:
        person = people.get(draft.record["owner"], {})
        for name in following:
            if name not in draft.given:
                draft.record[name] = person.get(name)


def _people(unit: Unit, ids: set[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Return department and company of users: the actor's are at hand, others take one statement."""
    people: dict[UUID, Mapping[str, Any]] = {}
    if unit.actor.user_id in ids and unit.actor.user:
        people[unit.actor.user_id] = unit.actor.user
    others = sorted(ids - people.keys())
    if others:
        statement = unit.plan("user").statements.rows("id", "department", "company")
        rows = unit.connection.execute(statement, bind_keys(IDS, others, unit.dialect))
        people |= {row[0]: {"department": row[1], "company": row[2]} for row in rows}
    return people


def keep_derived(plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Compute the parts kept beside a value, such as a title's sort key, where the value changed."""
    for field in plan.derived:
        for draft in drafts:
            value = draft.record.get(field.name)
            if draft.is_new or value != (draft.old or {}).get(field.name):
                for part, derived in field.type.derive(field, value).items():
                    draft.record[name_of(part, field.name)] = derived
