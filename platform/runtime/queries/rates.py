"""Exchange rates in SQL, from the object ``exchange_rate``; the unit's ``rates`` does the same in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Numeric, and_, func, literal, null, select

from formline.expressions.sql_values import number_of
from formline.expressions.storage_types import Words
from formline.expressions.template import Template

if TYPE_CHECKING:
    from formline.runtime.queries.bound import BoundRow
    from formline.runtime.queries.source import SqlSource

#: ``currency`` is worth ``rate`` of ``target`` from ``valid_from`` until a later row.
OBJECT = "exchange_rate"


def converted(
    source: SqlSource | BoundRow,
    amount: ColumnElement[Any],
    currency: ColumnElement[Any] | None,
    target: str,
    day: ColumnElement[Any] | None,
) -> ColumnElement[Any]:
    """Return ``amount``, a number as expressions have it, in ``target``; null where no rate is known for the day.

    Without ``currency`` the amount is in the currency of the record's company.
    """
    if OBJECT not in source.statement.release.catalog.objects:
        return null()
    held = source.column(("company", "currency")) if currency is None else currency
    on = source.today() if day is None else day
    wanted = literal(target, Words())
    direct, inverse = _rate(source, held, wanted, on), _rate(source, wanted, held, on)
    if source.dialect == "sqlite":
        return func.coalesce(func.formline_multiply(amount, direct), func.formline_divide(amount, inverse))
    return Template("coalesce(round({0} * {1}, 6), round({0} / nullif({2}, 0), 6))", Numeric(), amount, direct, inverse)


def _rate(
    source: SqlSource | BoundRow, currency: ColumnElement[Any], target: ColumnElement[Any], day: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return the rate that holds on a day."""
    statement = source.statement
    model = statement.release.model(OBJECT)
    row = model.alias(statement.alias(OBJECT))

    def column(name: str) -> ColumnElement[Any]:
        return row.c[str(model.column(name).key)]

    found = select(number_of(column("rate"), source)).where(
        and_(
            column("currency") == currency,
            column("target") == target,
            column("valid_from") <= day,
            row.c["deleted_at"].is_(None),
        )
    )
    return found.correlate_except(row).order_by(column("valid_from").desc()).limit(1).scalar_subquery()
