"""Converting a record: everything that is made, moved and noted in one unit.

What is made follows from the definition, so it is written as the platform; the person needs the right to update the
converted record and to create each object, and may choose only records they can read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select, update

from formline.catalog.checks.matching import parent_link
from formline.catalog.conversions import Conversion, Copied, Created, Lines, Made, Value
from formline.errors import AccessDeniedError, ConflictError, FieldError, NotFoundError, ValidationError
from formline.expressions.expression import Expression
from formline.runtime import tables
from formline.runtime.keys import uuid7
from formline.runtime.queries.binds import bind_keys
from formline.runtime.unit import deletion, loading
from formline.runtime.unit.evaluation import over_rows
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.draft import Record
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

ONCE = "converted_already"
NOT_NOW = "cannot_convert"
#: Lines of one record that are converted at once.
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided: existing records by object, objects left out, numbers asked for by line."""

    existing: Mapping[str, UUID] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    numbers: Mapping[UUID, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """One record a conversion led to, and whether it is new."""

    object: str
    id: UUID
    new: bool


def convert(unit: Unit, conversion: Conversion, record_id: UUID, choice: Choice) -> list[Result]:
    """Convert a record; return what it led to, in the order of the definition.

    Raises:
        NotFoundError: the record, or one that was chosen, is not there. AccessDeniedError: no right to do it.
        ConflictError: it was converted before and is converted once. ValidationError: it cannot be converted now,
        nothing is left to convert, or what would be made breaks a rule.
    """
    plan = unit.plan(conversion.source)
    lines = _hold_lines(unit, plan, conversion, record_id)
    record = unit.hold(plan.name, [record_id]).get(record_id)
    if record is None:
        raise NotFoundError
    loading.require(unit, plan, [record_id], "update")
    _check_once(unit, conversion, record_id)
    _check_when(unit, plan, conversion, record_id)
    results: list[Result] = []
    for part in conversion.create:
        if part.optional and part.object in choice.without:
            continue
        if part.when is not None and not over_rows(unit, plan, [part.when], [record_id])[record_id][0]:
            continue
        if part.object in choice.existing:
            results.append(_existing(unit, part, choice.existing[part.object]))
        else:
            results.append(_make(unit, plan, part, record, results, lines, choice))
    if not results:
        raise _not_now("Nothing would be made of this record.")
    _move(unit, conversion, record_id, results)
    _finish_source(unit, plan, conversion, record_id, results)
    _note(unit, plan, conversion, record_id, results)
    return results


def _not_now(message: str) -> ValidationError:
    return ValidationError([FieldError("", NOT_NOW, message)])


def _hold_lines(unit: Unit, plan: WritePlan, conversion: Conversion, record_id: UUID) -> dict[str, dict[UUID, Record]]:
    """Lock the lines before their record, as everywhere; return them by related list."""
    found: dict[str, dict[UUID, Record]] = {}
    for part in conversion.create:
        for lines in part.lines:
            link = plan.object.child(lines.source)
            if link is not None and lines.source not in found:
                statement = unit.plan(link.object).statements.children(link.field, plan.name)
                rows = unit.connection.execute(statement, bind_keys(IDS, [record_id], unit.dialect))
                found[lines.source] = unit.hold(link.object, [row[0] for row in rows])
    return found


def once_key(conversion: Conversion, record_id: UUID) -> str:
    """Return what only one conversion of a record may have."""
    return f"{conversion.name}:{record_id}"


def _check_once(unit: Unit, conversion: Conversion, record_id: UUID) -> None:
    if conversion.once:
        known = select(tables.conversion.c.id).where(tables.conversion.c.once == once_key(conversion, record_id))
        if unit.connection.execute(known).first() is not None:
            raise ConflictError("This record was converted already.", code=ONCE)


def _check_when(unit: Unit, plan: WritePlan, conversion: Conversion, record_id: UUID) -> None:
    if conversion.when is not None and not over_rows(unit, plan, [conversion.when], [record_id])[record_id][0]:
        raise _not_now("This record cannot be converted as it is now.")


def _existing(unit: Unit, part: Created, key: UUID) -> Result:
    plan = unit.plan(part.object)
    if unit.permitted(plan, [key], "read") != {key} or key not in unit.hold(part.object, [key]):
        raise NotFoundError
    return Result(part.object, key, False)


def _make(
    unit: Unit,
    plan: WritePlan,
    part: Created,
    record: Record,
    results: Sequence[Result],
    lines: Mapping[str, Mapping[UUID, Record]],
    choice: Choice,
) -> Result:
    target = unit.plan(part.object)
    if not unit.may(target, "create"):
        raise AccessDeniedError(f"You may not create a {target.object.label}.")
    (values,) = values_of(unit, plan, part.values, {record["id"]: record}, results).values()
    if part.record_type:
        values["record_type"] = part.record_type
    if part.link:
        values[part.link] = reference(target, part.link, plan.name, record["id"])
    rows = {each.object: _line_rows(unit, plan, each, lines.get(each.source, {}), choice) for each in part.lines}
    # Lines that are merely copied may be missing; where only some of them are taken, something must be open.
    if any(each.where for each in part.lines) and not any(rows.values()):
        raise _not_now("Nothing is left to convert.")
    with unit.as_platform():
        (made,) = unit.create(part.object, [values])
        for name, found in rows.items():
            up = parent_link(unit.plan(name).object, part.object)
            if found and up is not None:
                link = reference(unit.plan(name), up.name, part.object, made)
                unit.create(name, [{**row, up.name: link} for row in found])
    return Result(part.object, made, True)


def reference(plan: WritePlan, name: str, target: str, key: UUID) -> Any:
    """Return a record as the value of a lookup, which says the object where it leads to several."""
    return {"object": target, "id": str(key)} if len(plan.object.fields[name].to) > 1 else str(key)


def _line_rows(
    unit: Unit, plan: WritePlan, lines: Lines, records: Mapping[UUID, Record], choice: Choice
) -> list[dict[str, Any]]:
    """Return the values of the new lines, in the order of the old ones."""
    link = plan.object.child(lines.source)
    if link is None or not records:
        return []
    old, child = unit.plan(link.object), unit.plan(lines.object)
    chosen = dict(records)
    if lines.where is not None:
        holding = over_rows(unit, old, [lines.where], sorted(records))
        chosen = {key: row for key, row in records.items() if holding[key][0]}
    if len(chosen) > MOST_LINES:
        raise _not_now(f"At most {MOST_LINES} lines are converted at once.")
    rows = []
    for key, values in values_of(unit, old, lines.values, chosen, ()).items():
        if lines.ask and key in choice.numbers:
            asked = _number(choice.numbers[key], values.get(lines.ask), lines.ask)
            if asked == 0:
                continue
            values[lines.ask] = asked
        if lines.link:
            values[lines.link] = reference(child, lines.link, old.name, key)
        rows.append(values)
    return rows


def _number(raw: Any, most: Any, name: str) -> Decimal:
    try:
        found = Decimal(str(raw).strip() or "0")
    except InvalidOperation:
        raise ValidationError([FieldError(name, "number", "Enter a number.")]) from None
    if not found.is_finite() or found < 0 or (most is not None and found > Decimal(str(most))):
        raise ValidationError([FieldError(name, "too_large", f"Enter a number from 0 to {most}.")])
    return found


def values_of(
    unit: Unit,
    plan: WritePlan,
    values: Mapping[str, Value],
    records: Mapping[UUID, Record],
    results: Sequence[Result],
) -> dict[UUID, dict[str, Any]]:
    """Return the values made of each row, by its id; what was not made before is left out. One statement at most."""
    computed = {name: value for name, value in values.items() if isinstance(value, Expression)}
    answers = over_rows(unit, plan, list(computed.values()), sorted(records)) if computed and records else {}
    made = {result.object: result.id for result in results}
    found: dict[UUID, dict[str, Any]] = {}
    for key, record in records.items():
        row = dict(zip(computed, answers.get(key, ()), strict=True))
        for name, value in values.items():
            if isinstance(value, Copied):
                source = plan.object.fields[value.field]
                row[name] = source.type.read_json(source, record)
            elif isinstance(value, Made):
                row[name] = str(made[value.object]) if value.object in made else None
            elif not isinstance(value, Expression):
                row[name] = value
        found[key] = {name: value for name, value in row.items() if value is not None}
    return found


def _move(unit: Unit, conversion: Conversion, record_id: UUID, results: Sequence[Result]) -> None:
    """Let what belongs to the converted record lead to what was made of it, too."""
    plan = unit.plan(conversion.source)
    for name in conversion.move:
        link = plan.object.child(name)
        if link is not None:
            child = unit.plan(link.object)
            statement = child.statements.children(link.field, plan.name)
            ids = [row[0] for row in unit.connection.execute(statement, bind_keys(IDS, [record_id], unit.dialect))]
            records = {key: _led(child, row, link.field, results) for key, row in unit.hold(child.name, ids).items()}
            deletion.change_quietly(unit, child, records)
    if "files" in conversion.move:
        file = tables.file.c
        whole = (file.object_id == plan.model.object_id, file.record_id == record_id, file.field_id.is_(None))
        target = unit.plan(results[0].object).model.object_id
        moved = update(tables.file).where(*whole).values(object_id=target, record_id=results[0].id)
        unit.connection.execute(moved)


def _led(child: WritePlan, record: Record, link: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return a child with its lookups filled; one that can lead to either kind leads to what was made."""
    new = dict(record)
    for result in results:
        for lookup in child.lookups:
            if result.object in lookup.to and lookup.writable and (new.get(lookup.name) is None or lookup.name == link):
                new[lookup.name] = result.id
                if f"{lookup.name}.object" in new:
                    new[f"{lookup.name}.object"] = result.object
                break
    return new


def _finish_source(
    unit: Unit, plan: WritePlan, conversion: Conversion, record_id: UUID, results: Sequence[Result]
) -> None:
    made = {result.object: result.id for result in results}
    values = {name: made[what] for name, what in conversion.keep.items() if what in made}
    if values:
        record = dict(unit.ledger.now(plan.name, record_id))
        for name, key in values.items():
            record[name] = key
            if f"{name}.object" in record:
                record[f"{name}.object"] = conversion.keep[name]
        deletion.change_quietly(unit, plan, {record_id: record})
    if conversion.transition:
        unit.transition(plan.name, [record_id], conversion.transition)


def _note(unit: Unit, plan: WritePlan, conversion: Conversion, record_id: UUID, results: Sequence[Result]) -> None:
    made = [[unit.plan(result.object).model.object_id, str(result.id), result.new] for result in results]
    unit.connection.execute(
        insert(tables.conversion).values(
            id=uuid7(),
            name=conversion.name,
            object_id=plan.model.object_id,
            record_id=record_id,
            once=once_key(conversion, record_id) if conversion.once else None,
            made=made,
            at=unit.now,
            actor_id=unit.actor.user_id,
        )
    )


def converted(unit_or_connection: Any, record_id: UUID) -> dict[str, list[list[Any]]]:
    """Return what a record was converted to: by conversion, ``[object id, record id, whether it was new]``."""
    columns = tables.conversion.c
    statement = select(columns.name, columns.made).where(columns.record_id == record_id).order_by(columns.at)
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for name, made in unit_or_connection.execute(statement):
        found[name] += made
    return found
