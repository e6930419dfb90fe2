"""Charts of a dashboard: parts in their order with a text, a number and a link each; the script draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from formline.catalog.dashboards import Widget
from formline.errors import BudgetError
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.queries import Total
from formline.runtime.queries.measures import Stretch, measure
from formline.web.home import parts
from formline.web.home.asked import CURRENT, Asked
from formline.web.home.numbers import is_money, written
from formline.web.home.widgets import Wanted, address, measure_of, object_of
from formline.web.records.cells import TONES
from formline.web.records.targets import field_at, path_label
from formline.web.records.widget_views import series_label, widget_label
from formline.web.visit import Visit

#: Parts of a chart over values without an order of their own; the rest is added up.
MOST_PARTS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a chart: written out, and the address of the records behind it ("" for a sum of several parts)."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a chart; ``count`` is how many records, written out, "" where the chart counts anyway."""

    label: str
    cells: tuple[Cell, ...]
    count: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart's widget says: a table whose rows the script draws as ``data`` (JSON) says."""

    head: str
    series: tuple[str, ...]
    rows: tuple[Row, ...]
    data: str
    slow: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.rows


@dataclass(slots=True)
class Answer:
    """The rows of one chart's statement: a value of the group with one number per series, then the count."""

    widget: Widget
    field: Field
    rows: list[tuple[Any, tuple[Any, ...]]]


def ask(visit: Visit, widget: Widget, asked: Asked) -> Answer | None:
    """Run a chart's statement; None where it took too long."""
    path = widget.group_by.partition(":")[0]
    field = field_at(visit, object_of(visit, widget), path)
    if field is None:
        return None
    stretches: dict[str, Stretch] = dict(asked.stretches(visit))
    name = CURRENT
    if widget.last:
        name = "last"
        first, end = parts.last(visit.today, widget.group_by.partition(":")[2], widget.last)
        stretches[name] = Stretch(first, end, visit.locale.zone)
    questions = [measure_of(visit, widget, series, asked, name) for series in widget.series]
    if len(questions) == 1 and questions[0].total != Total("count"):
        questions.append(replace(questions[0], total=Total("count")))
    try:
        rows = measure(
            visit.connection, visit.release, visit.actor, widget.object, questions, widget.group_by, stretches
        )
    except BudgetError:
        return None
    return Answer(widget, field, rows)


def wanted(answer: Answer) -> Wanted:
    """Return the records that the parts of a chart are, to ask what they are called."""
    ids = {value for value, _numbers in answer.rows if isinstance(value, UUID)}
    return {answer.field.to[0]: ids} if answer.field.to and ids else {}


def write(visit: Visit, answer: Answer, asked: Asked, titles: Mapping[UUID, str]) -> Chart:
    """Return what a chart's widget says."""
    widget, field = answer.widget, answer.field
    period = widget.group_by.partition(":")[2]
    ordered = _ordered(visit, answer, asked, period)
    counted = len(widget.series) == 1 and bool(widget.series[0].of)
    rows, tones, labels, values = [], [], [], []
    for value, numbers in ordered:
        label = parts.label(visit, field, value, period, titles)
        cells = tuple(
            Cell(
                written(visit, widget, series, number or 0),
                ""
                if value is parts.OTHER
                else address(visit, widget, asked, series, parts.filters(visit, field, widget.group_by, value)),
            )
            for series, number in zip(widget.series, numbers, strict=False)
        )
        rows.append(Row(label, cells, visit.formats.number(numbers[-1] or 0) if counted else ""))
        choice = field.shown.choices.get(str(value))
        tones.append(choice.color if choice is not None and choice.color in TONES else "")
        labels.append(parts.short_label(visit, value, period) or label)
        values.append([float(number or 0) for number in numbers[: len(widget.series)]])
    names = tuple(series_label(visit, widget, series) for series in widget.series)
    data = {
        "type": widget.type,
        "name": widget_label(visit, widget),
        "labels": labels,
        "tones": tones,
        "series": [
            {
                "name": name,
                "values": [each[place] for each in values],
                "texts": [row.cells[place].text for row in rows],
                "links": [row.cells[place].href for row in rows],
            }
            for place, name in enumerate(names)
        ],
        "counts": [row.count for row in rows] if counted else [],
        "sign": visit.formats.symbol(visit.formats.own_currency) if is_money(visit, widget, widget.series[0]) else "",
        "language": visit.language.replace("_", "-"),
    }
    head = path_label(visit, object_of(visit, widget), widget.group_by.partition(":")[0])
    drawn = any(any(each) for each in values)
    return Chart(head, names, tuple(rows) if drawn else (), orjson.dumps(data).decode())


def _ordered(visit: Visit, answer: Answer, asked: Asked, period: str) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return the parts in the order they are drawn: days one after the other, states by machine, others by size."""
    widget, field, rows = answer.widget, answer.field, answer.rows
    if period:
        return _in_time(visit, answer, asked, period)
    if field.shown.value_type.kind is Kind.CHOICE:
        found = dict(rows)
        names = [name for name in field.shown.choices if name in found]
        if widget.type == "funnel":
            names = _steps(visit, widget, field, frozenset(found) - {None})
        zero = (0,) * len(widget.series) + (0,)
        shown = [(name, found.get(name, zero)) for name in names]
        return shown if widget.type == "funnel" or None not in found else [*shown, (None, found[None])]
    rows = sorted(rows, key=lambda row: -(row[1][0] or 0) if isinstance(row[1][0], int | Decimal | None) else 0)
    if len(rows) <= MOST_PARTS:
        return rows
    rest = [numbers for _value, numbers in rows[MOST_PARTS - 1 :]]
    together = tuple(sum((number or 0 for number in column), start=0) for column in zip(*rest, strict=True))
    return [*rows[: MOST_PARTS - 1], (parts.OTHER, together)]


def _steps(visit: Visit, widget: Widget, field: Field, found: frozenset[str]) -> list[str]:
    """Return the steps of a funnel: all states of the machine that has every found one, else what was found.

    Final states that are no goal are left out: who left is in no step. The goal is always the last.
    """
    obj = object_of(visit, widget)
    choices = list(field.shown.choices)
    if field.name not in obj.state_fields:
        return choices
    types: Sequence[str | None] = [*obj.record_types] or [None]
    names = dict.fromkeys(obj.machine_name(field.name, one) for one in types)
    machines = [visit.release.catalog.get("state_machine", name) for name in names if name is not None]
    final = [[state for state, one in machine.states.items() if one.final] for machine in machines]
    goals = {states[0] for states in final if states}
    out = {state for states in final for state in states} - goals
    fitting = next((machine for machine in machines if found <= machine.states.keys()), None)
    shown = [state for state in (choices if fitting is None else fitting.states) if state not in out]
    if fitting is None:
        shown = [state for state in shown if state in found]
    return sorted(shown, key=lambda state: state in goals)


def _in_time(visit: Visit, answer: Answer, asked: Asked, period: str) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return the parts one after the other, those without records among them."""
    found = {value: numbers for value, numbers in answer.rows if value is not None}
    zero = (0,) * len(answer.widget.series) + (0,)
    days = asked.days(visit)
    if answer.widget.last:
        first, end = parts.last(visit.today, period, answer.widget.last)
    elif days is not None and answer.widget.date == answer.widget.group_by.partition(":")[0]:
        first, end = parts.start(days[0], period), days[1] + timedelta(days=1)
    elif found:
        first, end = min(found), max(found) + timedelta(days=1)
    else:
        return []
    steps = parts.between(first, end, period)
    return [(day, found.get(day, zero)) for day in steps]
