"""Step 10, lookups: targets are locked against deletion, exist, fit the lookup's ``where``, can be picked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import exists, select

from formline.fields.field import Field
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: A new reference: the row, the field, the target's object and id, and whether a person chose it.
Reference = tuple[Draft, Field, str, UUID, bool]
_MOST_COLUMNS = 1000


def lock_targets(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Lock what the rows newly refer to, in order of object name and id, and check that they may."""
    references = list(_new_references(plan, drafts))
    by_object: dict[str, list[Reference]] = defaultdict(list)
    for reference in references:
        by_object[reference[2]].append(reference)
    counted = _counted_parents(plan, drafts)
    refused: set[tuple[int, str]] = set()
    for name in sorted(by_object.keys() | counted.keys(), key=lambda each: (unit.plan(each).rank, each)):
        if name in counted:
            unit.hold(name, counted[name])
        refused |= _lock(unit, name, by_object[name])
    for field in plan.lookups:
        if field.where is None:
            continue
        chosen = [draft for draft, by, _, _, by_person in references if by is field and by_person]
        # What a person may not see is only absent: whether it would fit must not be told.
        chosen = [draft for draft in chosen if (id(draft), field.name) not in refused]
        if chosen:
            _check_where(unit, plan, field, chosen)


def _new_references(plan: WritePlan, drafts: Sequence[Draft]) -> Iterable[Reference]:
    owner = plan.object.fields.get("owner")
    for draft in drafts:
        for field in plan.lookups:
            value = draft.record.get(field.name)
            if value is not None and (draft.old is None or value != draft.old.get(field.name)):
                target = draft.record.get(f"{field.name}.object") or field.to[0]
                yield draft, field, target, value, field.name in draft.raw
        if (
            owner is not None
            and "owner" in draft.given
            and "owner" in draft.raw
            and draft.record.get("owner") is not None
        ):
            yield draft, owner, "user", draft.record["owner"], True
        for name, members in draft.members.items():
            field = plan.object.fields[name]
            for member in members:
                yield draft, field, field.to[0], member, name in draft.raw


def _counted_parents(plan: WritePlan, drafts: Sequence[Draft]) -> dict[str, set[UUID]]:
    """Return the parents whose rollups or rules will see that a row came or went.

    They are locked for that here already, both sides of a move together: a weaker lock now and this one later would
    be one statement more.
    """
    found: dict[str, set[UUID]] = defaultdict(set)
    for link, target in plan.counted_by:
        key = f"{link}.object"
        for draft in drafts:
            before, now = draft.old or {}, draft.record
            if before.get(link) != now.get(link):
                for record in (before, now):
                    if record.get(link) is not None and record.get(key, target) == target:
                        found[target].add(record[link])
    return found


def _lock(unit: Unit, name: str, references: Sequence[Reference]) -> set[tuple[int, str]]:
    """Lock the rows of one object and report references to rows that are not there, or not for this actor.

    Returns what was refused, as (identity of the draft, field name).
    """
    held = {reference[3] for reference in references if unit.is_held(name, reference[3])}
    ids = sorted({reference[3] for reference in references} - held)
    found = set(held)
    if ids:
        statement = unit.plan(name).statements.share
        found.update(key for (key,) in statement.rows(unit.connection, bind_keys(IDS, ids, unit.dialect)))
    chosen = {reference[3] for reference in references if reference[4]}
    pickable = chosen & found
    asked = {key for key in pickable if not unit.is_new(name, key)}
    if asked:
        pickable -= asked - unit.permitted(unit.plan(name), sorted(asked), "read")
    refused: set[tuple[int, str]] = set()
    for draft, field, _, key, by_person in references:
        if key not in found or (by_person and key not in pickable):
            refuse(unit, draft, field)
            refused.add((id(draft), field.name))
    return refused


def refuse(unit: Unit, draft: Draft, field: Field) -> None:
    """Note a reference to a record that is absent, deleted or not to be seen: all look the same."""
    unit.findings.add(draft, field.name, "no_such_record", f"{field.label}: there is no such record.")


def _check_where(unit: Unit, plan: WritePlan, field: Field, drafts: Sequence[Draft]) -> None:
    """Check that targets fit the condition under which the lookup offers them."""
    for start in range(0, len(drafts), _MOST_COLUMNS):
        chunk = drafts[start : start + _MOST_COLUMNS]
        key = ("lookup where", plan.name, field.name, len(chunk))
        statement, built = unit.release.memo(key, partial(_where_statement, unit, plan, field, len(chunk)))
        roots: dict[str, Any] = dict(unit.roots)
        for number, draft in enumerate(chunk):
            roots[f"this{number}"] = draft.record
        answers = unit.connection.execute(built, statement.parameters(roots)).one()
        for draft, fits in zip(chunk, answers, strict=True):
            if not fits:
                message = f"{field.label}: this record is not one of those that can be chosen here."
                unit.findings.add(draft, field.name, "not_offered", message)


def _where_statement(unit: Unit, plan: WritePlan, field: Field, count: int) -> tuple[Statement, Any]:
    statement = Statement(unit.release)
    columns = []
    for number in range(count):
        record = BoundRow(statement, plan.name, root=f"this{number}", roots={"user": user_root(statement)})
        target = source_of(statement, field.to[0], roots={"user": user_root(statement)}).aliased(outer=record)
        conditions = [target.key == record.column((field.name,))]
        if field.where is not None:
            conditions.append(field.where.where(target))
        found = exists(select(target.key).select_from(target.source()).where(*conditions))
        columns.append(found.label(f"fits_{number}"))
    return statement, select(*columns)
