"""The last step before history: numbers. Counters are locked last and shortest, so they never close a circle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite

from formline.expressions.expression import Expression
from formline.fields.field import Field
from formline.fields.numbering import Counter, DatePart, Literal, PathPart, Piece, parse_pattern
from formline.runtime import tables
from formline.runtime.unit import formulas, rollups
from formline.runtime.unit.evaluation import env_of, is_local, over_rows
from formline.runtime.unit.journal import Entry

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: How a period of ``restart_per`` is written in the name of a counter.
PERIODS: Final[dict[str, Callable[[date], str]]] = {
    "year": lambda day: f"{day.year:04}",
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "month": lambda day: f"{day.year:04}-{day.month:02}",
    "day": date.isoformat,
}


def assign(unit: Unit) -> None:
    """Give numbers to the rows of the ledger that should have one and have none yet."""
    for name in sorted(unit.ledger.objects()):
        plan = unit.plan(name)
        for field in plan.object.auto_numbers:
            waiting = _waiting(unit, plan, field)
            if waiting:
                _number(unit, plan, field, waiting)


def _waiting(unit: Unit, plan: WritePlan, field: Field) -> dict[UUID, dict[str, Any]]:
    """Return the rows that should get a number, in order of their ids."""
    rows = {
        key: dict(row.now)
        for key, row in sorted(unit.ledger.rows(plan.name).items())
        if row.now is not None and row.now is not row.before and row.now.get(field.name) is None
    }
    condition = plan.number_condition(field)
    if condition is None or not rows:
        return rows
    if is_local(condition):
        return {key: record for key, record in rows.items() if condition.condition(env_of(unit, record, None))}
    holding = over_rows(unit, plan, [condition], list(rows))
    return {key: record for key, record in rows.items() if holding[key][0]}


def _number(unit: Unit, plan: WritePlan, field: Field, records: dict[UUID, dict[str, Any]]) -> None:
    pieces = parse_pattern(str(field.params["pattern"]))
    restart = tuple(str(each) for each in field.params.get("restart_per") or ())
    paths = _paths(pieces, restart)
    values = _path_values(unit, plan, paths, records)
    scopes = {key: "|".join(_scope_part(unit, each, values[key]) for each in restart) for key in records}
    counts: dict[str, int] = {}
    for scope in scopes.values():
        counts[scope] = counts.get(scope, 0) + 1
    following = _take(unit, plan.model.field_ids[field.name], counts)
    for key, record in records.items():
        number = following[scopes[key]]
        following[scopes[key]] += 1
        text = "".join(_piece_text(unit, piece, number, values[key]) for piece in pieces)
        formulas.put(field, record, text)
        unit.journal.add(plan.name, Entry(key, "updated", {str(plan.model.field_ids[field.name]): [None, text]}))
    rollups.write_derived(unit, plan, records, {field.name})


def _take(unit: Unit, field_id: int, counts: dict[str, int]) -> dict[str, int]:
    """Move the counters on, in order of scope, in one statement; return the first number of each."""
    insert = (postgresql if unit.dialect == "postgresql" else sqlite).insert(tables.sequence)
    rows = [{"field_id": field_id, "scope": scope, "value": counts[scope]} for scope in sorted(counts)]
    statement = insert.values(rows)
    moved = statement.on_conflict_do_update(
        index_elements=["field_id", "scope"],
        set_={"value": tables.sequence.c.value + statement.excluded.value},
    ).returning(tables.sequence.c.scope, tables.sequence.c.value)
    return {scope: value - counts[scope] + 1 for scope, value in unit.connection.execute(moved)}


def _paths(pieces: Sequence[Piece], restart: Sequence[str]) -> tuple[str, ...]:
    """Return the fields and paths that a number needs, once each."""
    named = [".".join(piece.path) for piece in pieces if isinstance(piece, PathPart)]
    return tuple(dict.fromkeys([*named, *(each for each in restart if each not in PERIODS)]))


def _path_values(
    unit: Unit, plan: WritePlan, paths: Sequence[str], records: dict[UUID, dict[str, Any]]
) -> dict[UUID, dict[str, Any]]:
    """Return the values of paths for each row; those through lookups take one statement."""
    values = {key: {path: record.get(path) for path in paths if "." not in path} for key, record in records.items()}
    through = [path for path in paths if "." in path]
    if through:
        compiler = plan.release.catalog.compiler
        expressions: list[Expression] = [compiler.compile(path, object=plan.name) for path in through]
        for key, row in over_rows(unit, plan, expressions, list(records)).items():
            values[key] |= dict(zip(through, row, strict=True))
    return values


def _scope_part(unit: Unit, name: str, values: dict[str, Any]) -> str:
    return PERIODS[name](unit.today) if name in PERIODS else str(values[name])


def _piece_text(unit: Unit, piece: Piece, number: int, values: dict[str, Any]) -> str:
    if isinstance(piece, Literal):
        return piece.text
    if isinstance(piece, Counter):
        return str(number).zfill(piece.width)
    if isinstance(piece, DatePart):
        return unit.today.strftime(piece.format)
    value = values[".".join(piece.path)]
    return "" if value is None else str(value)
