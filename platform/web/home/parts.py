"""The parts of a chart: which days they begin at, what they are called, the filters of a list they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.web.i18n import gettext as _
from formline.web.visit import Visit

MOST_STEPS = 400
#: Stands for all the parts that are not shown one by one.
OTHER: Final = object()
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "year": 12}


def start(day: date, period: str) -> date:
    """Return the first day of the period that a day lies in."""
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=day.weekday())
    length = _MONTHS[period]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def after(first: date, period: str, count: int = 1) -> date:
    """Return the first day ``count`` periods later."""
    if period in ("day", "week"):
        return first + timedelta(days=count * (1 if period == "day" else 7))
    number = first.year * 12 + first.month - 1 + count * _MONTHS[period]
    return date(number // 12, number % 12 + 1, 1)


def last(today: date, period: str, count: int) -> tuple[date, date]:
    """Return the first day of the last ``count`` periods, today's among them, and the day after them."""
    here = start(today, period)
    return after(here, period, 1 - count), after(here, period)


def between(first: date, end: date, period: str) -> list[date]:
    """Return the first days of the periods from ``first`` to before ``end``; no more than people can look at."""
    found: list[date] = []
    while first < end and len(found) < MOST_STEPS:
        found.append(first)
        first = after(first, period)
    return found


def label(visit: Visit, field: Field, value: Any, period: str, titles: Mapping[UUID, str]) -> str:
    """Return what a part is called."""
    shown = field.shown
    if value is OTHER:
        return _("Others")
    if value is None or value == "":
        return _("Empty")
    if shown.value_type.kind is Kind.CHOICE:
        return visit.labels.choice(shown, str(value))
    if shown.value_type.kind is Kind.BOOLEAN:
        return _("Yes") if value else _("No")
    if isinstance(value, UUID):
        return titles.get(value, "…")
    if isinstance(value, date):
        return day_text(value, period, visit.language)
    return str(value)


def short_label(visit: Visit, value: Any, period: str) -> str:
    """Return what stands below an axis: months without their year; "" where a part has no shorter name."""
    if isinstance(value, date) and period == "month" and value.year == visit.today.year:
        return _babel(value, "LLL", visit.language)
    if isinstance(value, date) and period in ("day", "week"):
        return f"{value:%m-%d}"
    return ""


def day_text(value: date, period: str, language: str) -> str:
    """Return a period in words: 2026年11月, Nov 2026, Q4 2026."""
    if period == "month":
        return _babel(value, "y年M月" if language.startswith("zh") else "LLL y", language)
    if period == "quarter":
        return _babel(value, "y年QQQ" if language.startswith("zh") else "QQQ y", language)
    return f"{value:%Y}" if period == "year" else value.isoformat()


@lru_cache(maxsize=2048)
def _babel(value: date, pattern: str, language: str) -> str:
    from babel.dates import format_date

    return str(format_date(value, pattern, locale=language))


def filters(visit: Visit, field: Field, group: str, value: Any) -> list[tuple[str, str]]:
    """Return the filters of a list, as addresses have them, that leave the records of one part."""
    path, _colon, period = group.partition(":")
    if value is None or value == "":
        return [("f", f"{path}~is_null~")]
    if isinstance(value, bool):
        return [("f", f"{path}~eq~{'true' if value else 'false'}")]
    if not period or not isinstance(value, date):
        return [("f", f"{path}~eq~{value}")]
    end = after(value, period)
    if field.value_type.kind is Kind.DATE:
        return [("f", f"{path}~between~{value},{end - timedelta(days=1)}")]
    low, high = (_clock(visit, day) for day in (value, end))
    return [("f", f"{path}~ge~{low}"), ("f", f"{path}~lt~{high}")]


def _clock(visit: Visit, day: date) -> str:
    """Return a midnight of the site, whose days groups are, on the person's clock."""
    return visit.formats.input_datetime(datetime.combine(day, time(), visit.release.zone))
