"""Values of expressions for rows being written: in Python where the row is enough, else one SQL statement per batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: Columns one SELECT may have on PostgreSQL is 1,664; on SQLite 2,000.
_MOST_COLUMNS = 1500


def is_local(expression: Expression) -> bool:
    """Return whether the row, its old values and the user are all the expression reads."""
    return expression.in_row


def env_of(unit: Unit, record: Record, old: Record | None, asked: Mapping[str, Any] | None = None) -> Env:
    """Return the environment of one row for local expressions; ``asked`` are answers of a dialog (``input``)."""
    roots = {"input": asked} if asked is not None else {}
    return Env(record, old, unit.user, unit.today, unit.now, unit.zone, roots=roots, convert=unit.rates.convert)


def over_rows(
    unit: Unit, plan: WritePlan, expressions: Sequence[Expression], ids: Iterable[UUID]
) -> dict[UUID, tuple[Any, ...]]:
    """Return the values of expressions for stored rows, by id: one statement, its text the same for every batch."""
    key = ("over rows", plan.name, tuple(map(id, expressions)))
    statement, built = unit.release.memo(key, lambda: _over_rows(unit, plan, expressions))
    binds = statement.parameters(unit.roots) | bind_keys(IDS, ids, unit.dialect)
    rows = unit.connection.execute(built, binds)
    return {row[0]: tuple(row[1:]) for row in rows}


def _over_rows(unit: Unit, plan: WritePlan, expressions: Sequence[Expression]) -> tuple[Statement, Any]:
    statement = Statement(unit.release)
    source = source_of(statement, plan.name, roots={"user": user_root(statement)})
    columns = [expression.sql(source).label(f"value_{number}") for number, expression in enumerate(expressions)]
    return statement, (
        select(source.key, *columns).select_from(source.source()).where(in_keys(source.key, IDS, unit.dialect))
    )


def over_drafts(
    unit: Unit, plan: WritePlan, expressions: Sequence[Expression], drafts: Sequence[Draft]
) -> list[tuple[Any, ...]]:
    """Return the values of expressions for rows as they are in memory, stored or not, in the order of ``drafts``."""
    size = max(1, _MOST_COLUMNS // max(1, len(expressions)))
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(drafts), size):
        found += _chunk(unit, plan, expressions, drafts[start : start + size])
    return found


def _chunk(
    unit: Unit, plan: WritePlan, expressions: Sequence[Expression], drafts: Sequence[Draft]
) -> list[tuple[Any, ...]]:
    key = ("over drafts", plan.name, len(drafts), tuple(map(id, expressions)))
    statement, built = unit.release.memo(key, lambda: _over_drafts(unit, plan, expressions, len(drafts)))
    roots = dict(unit.roots)
    for number, draft in enumerate(drafts):
        roots[f"this{number}"] = draft.record
        roots[f"old{number}"] = draft.old or {}
    row = unit.connection.execute(built, statement.parameters(roots)).one()
    width = len(expressions)
    return [tuple(row[number * width : (number + 1) * width]) for number in range(len(drafts))]


def _over_drafts(unit: Unit, plan: WritePlan, expressions: Sequence[Expression], count: int) -> tuple[Statement, Any]:
    statement = Statement(unit.release)
    columns: list[ColumnElement[Any]] = []
    for number in range(count):
        old = BoundRow(statement, plan.name, root=f"old{number}")
        row = BoundRow(statement, plan.name, root=f"this{number}", roots={"user": user_root(statement), "old": old})
        columns += [
            expression.sql(row).label(f"value_{number}_{index}") for index, expression in enumerate(expressions)
        ]
    return statement, select(*columns)


def reads_old(expression: Expression) -> bool:
    """Return whether the expression looks at the values before the change."""
    return any(path[0] == "old" for path in expression.dependencies)


def message_text(pieces: Sequence[str | Expression], values: Mapping[int, Any]) -> str:
    """Return a message with the values of its expressions, by position."""
    return "".join(piece if isinstance(piece, str) else _text(values[index]) for index, piece in enumerate(pieces))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
