"""Groups of a list: a head per value with count and sums in one statement; the rows come when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from formline.catalog.model import ListView
from formline.catalog.objects import Object
from formline.errors import BudgetError
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.queries import QueryError, Total, aggregate
from formline.runtime.queries.paths import usable
from formline.web.i18n import gettext as _
from formline.web.records.cells import Column
from formline.web.records.list_address import ListAddress, asked
from formline.web.records.targets import field_at, titles_of
from formline.web.visit import Visit

MOST_SHOWN = 100
Where = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GroupHead:
    """One group: what it is called, how many records, ``sums`` written out by column (empty text where none)."""

    label: str
    count: int
    sums: tuple[str, ...]
    rows: str


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a list; ``more`` of them are not shown, ``slow`` where counting took too long."""

    heads: tuple[GroupHead, ...]
    more: int = 0
    slow: bool = False


def build(visit: Visit, obj: Object, address: ListAddress, view: ListView, columns: Sequence[Column]) -> Groups:
    """Return the groups of an address; amounts the person may not see on every record are not added up."""
    field = field_at(visit, obj, address.group.partition(":")[0])
    if field is None:
        return Groups(())
    summed = {column.path: Total("sum", column.path) for column in columns if _may_sum(visit, obj, column)}
    totals = [Total("count"), *summed.values()]
    where = asked(visit, obj, address)
    try:
        rows = aggregate(
            visit.connection, visit.release, visit.actor, obj.name, where, [address.group], totals, base=view.where
        )
    except BudgetError:
        return Groups((), slow=True)
    if field.value_type.kind is Kind.CHOICE:  # in the order of the choices, what is empty last
        places = {name: place for place, name in enumerate(field.shown.choices)}
        rows.sort(key=lambda row: places.get(str(row[address.group]), len(places)))
    shown = rows[:MOST_SHOWN]
    keys = {row[address.group] for row in shown if isinstance(row[address.group], UUID)}
    titles = titles_of(visit, {field.to[0]: keys}) if field.to and keys else {}
    heads = tuple(
        GroupHead(
            _label(visit, field, row[address.group], address.group, titles),
            row["count"],
            tuple(
                _sum(visit, column, row[summed[column.path].key]) if column.path in summed else "" for column in columns
            ),
            f"/o/{obj.name}/group?{urlencode([*address.hidden(), ('value', _text(row[address.group]))])}",
        )
        for row in shown
    )
    return Groups(heads, max(0, len(rows) - MOST_SHOWN))


def condition(visit: Visit, obj: Object, group: str, text: str) -> Where:
    """Return the condition of the records of one group; ``text`` as its address has it."""
    path, _colon, period = group.partition(":")
    if not text:
        return {"field": path, "op": "is_null", "value": True}
    field = field_at(visit, obj, path)
    if not period or field is None:
        return {"field": path, "op": "eq", "value": text}
    try:
        first = date.fromisoformat(text)
    except ValueError:
        return {"field": "id", "op": "eq", "value": UUID(int=0)}
    last = _after(first, period)
    if field.value_type.kind is Kind.DATETIME:  # the days of groups are those of the site
        low, high = (datetime.combine(day, time(), visit.release.zone) for day in (first, last))
    else:
        low, high = first, last  # type: ignore[assignment]
    return {"and": [{"field": path, "op": "ge", "value": low}, {"field": path, "op": "lt", "value": high}]}


def _after(first: date, period: str) -> date:
    """Return the first day after a period."""
    if period in ("day", "week"):
        return first + timedelta(days=1 if period == "day" else 7)
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    number = first.month - 1 + months
    return date(first.year + number // 12, number % 12 + 1, 1)


def _may_sum(visit: Visit, obj: Object, column: Column) -> bool:
    if column.field.value_type.kind not in (Kind.NUMBER, Kind.MONEY) or column.field.type.list_cell == "percent":
        return False
    try:
        return not usable(visit.rights, obj.name, column.path, "add up").value_type.many
    except QueryError:
        return False


def _sum(visit: Visit, column: Column, value: Any) -> str:
    if value is None:
        return ""
    return visit.formats.money(value) if column.field.value_type.kind is Kind.MONEY else visit.formats.number(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _label(visit: Visit, field: Field, value: Any, group: str, titles: dict[UUID, str]) -> str:
    shown = field.shown
    if value is None or value == "":
        return _("Empty")
    if shown.value_type.kind is Kind.CHOICE:
        return visit.labels.choice(shown, str(value))
    if shown.value_type.kind is Kind.BOOLEAN:
        return _("Yes") if value else _("No")
    if isinstance(value, UUID):
        return titles.get(value, "…")
    period = group.partition(":")[2]
    if isinstance(value, date) and period in ("month", "quarter", "year"):
        return {"month": f"{value:%Y-%m}", "quarter": f"{value:%Y} Q{(value.month + 2) // 3}", "year": f"{value:%Y}"}[
            period
        ]
    return visit.formats.date(value) if isinstance(value, date) else str(value)
