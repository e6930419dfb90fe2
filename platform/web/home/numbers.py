"""Numbers of a dashboard: all about one object in one statement, each beside what it was the period before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from formline.catalog.dashboards import Series, Widget
from formline.errors import BudgetError
from formline.expressions.types import Kind
from formline.runtime.queries.measures import Measure, Stretch, measure
from formline.web.home.asked import Asked, against
from formline.web.home.widgets import address, measure_of, object_of
from formline.web.i18n import gettext as _
from formline.web.records.targets import field_at
from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Number:
    """What a number's widget says. ``change`` is written out ("" where none), ``way`` up, down or ""; ``good`` or not.

    ``slow``: adding up took too long, and ``text`` is "".
    """

    text: str
    href: str
    change: str = ""
    way: str = ""
    good: bool = True
    note: str = ""
    slow: bool = False


def ask(visit: Visit, widgets: Sequence[Widget], asked: Asked) -> dict[str, Number]:
    """Return what the widgets say by key; one statement per object."""
    found: dict[str, Number] = {}
    for name in dict.fromkeys(widget.object for widget in widgets):
        here = [widget for widget in widgets if widget.object == name]
        questions = [_questions(visit, widget, asked) for widget in here]
        every = [question for group in questions for question in group]
        stretches: dict[str, Stretch] = dict(asked.stretches(visit))
        try:
            ((_group, answers),) = measure(
                visit.connection, visit.release, visit.actor, name, every, stretches=stretches
            )
        except BudgetError:
            found |= {
                widget.key: Number("", address(visit, widget, asked, widget.series[0]), slow=True) for widget in here
            }
            continue
        rest: Iterable[Any] = iter(answers)
        for widget, group in zip(here, questions, strict=True):
            values = [next(rest) for _question in group]  # type: ignore[call-overload]
            found[widget.key] = _number(visit, widget, asked, values)
    return found


def _questions(visit: Visit, widget: Widget, asked: Asked) -> list[Measure]:
    """Return what a widget asks: its value, what it is a share of, and both of the period before."""
    series = widget.series[0]
    now = measure_of(visit, widget, series, asked)
    found = [now]
    if widget.share_of is not None:
        found.append(replace(now, where=widget.share_of))
    if widget.compare and now.date:
        found += [replace(one, stretch=widget.compare) for one in found]
    return found


def _number(visit: Visit, widget: Widget, asked: Asked, values: list[Any]) -> Number:
    compared = bool(widget.compare) and bool(widget.date) and asked.period != "all"
    half = len(values) // 2 if compared else len(values)
    now, before = _value(widget, values[:half]), _value(widget, values[half:]) if compared else None
    shown = Number(_written(visit, widget, now), address(visit, widget, asked, widget.series[0]))
    if not compared:
        return shown
    if now is None or before is None or (widget.share_of is None and not before):
        return replace(shown, note=_("Nothing to compare with"))
    words = against(asked.period, widget.compare)
    if widget.share_of is not None:
        difference = Decimal(now) - Decimal(before)
        text = _("%(change)s points") % {"change": visit.formats.number(abs(difference), 1)}
    else:
        difference = (Decimal(now) - Decimal(before)) / abs(Decimal(before)) * 100
        text = f"{visit.formats.number(abs(difference), 1)}%"
    if round(difference, 1) == 0:
        return replace(shown, note=_("No change"), change="")
    way = "up" if difference > 0 else "down"
    return replace(shown, change=text, way=way, good=way == widget.better, note=words)


def _value(widget: Widget, values: list[Any]) -> Any:
    if widget.share_of is None:
        return values[0]
    part, whole = values
    return Decimal(part) * 100 / Decimal(whole) if whole else None


def _written(visit: Visit, widget: Widget, value: Any) -> str:
    if value is None:
        return "–"
    if widget.share_of is not None:
        return f"{visit.formats.number(value, 1)}%"
    return written(visit, widget, widget.series[0], value)


def written(visit: Visit, widget: Widget, series: Series, value: Any) -> str:
    """Return a sum, average or count as a dashboard shows it: large units, amounts with their sign."""
    if value is None:
        return "–"
    if isinstance(value, int | Decimal) and not is_money(visit, widget, series):
        if series.aggregate == "avg":
            return visit.formats.number(Decimal(value), 1)
        return visit.formats.short_number(value)
    if isinstance(value, int | Decimal):
        return visit.formats.short_money(value)
    return str(value)


def is_money(visit: Visit, widget: Widget, series: Series) -> bool:
    """Return whether a series adds up amounts."""
    if not series.of or series.aggregate in ("count", "count_distinct"):
        return False
    field = field_at(visit, object_of(visit, widget), series.of)
    return field is not None and field.value_type.kind is Kind.MONEY
