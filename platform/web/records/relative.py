"""Filter operators that depend on who asks and when: this month, the last days, me, my department.

They become plain conditions when the list is asked for, so an address or a saved view means the same thing tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from formline.expressions.types import Kind
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.web.i18n import gettext as _
from formline.web.visit import Visit

DAY = timedelta(days=1)
MOST_DAYS = 36_500
#: Operators that take a number of days.
COUNTED: Final = frozenset({"last_days", "next_days"})
#: Matches no record: what a condition says that cannot be meant, such as "me" for somebody without a record.
NOTHING: Final[Mapping[str, Any]] = {"field": "id", "op": "eq", "value": UUID(int=0)}


def names(field: Field) -> dict[str, str]:
    """Return the relative operators of a field with what they are called."""
    if field.value_type.many:
        return {}
    if field.value_type.kind in (Kind.DATE, Kind.DATETIME):
        return {
            "today": _("is today"),
            "this_week": _("is this week"),
            "this_month": _("is this month"),
            "this_quarter": _("is this quarter"),
            "this_year": _("is this year"),
            "last_month": _("is last month"),
            "last_quarter": _("is last quarter"),
            "next_month": _("is next month"),
            "last_days": _("is in the last … days"),
            "next_days": _("is in the next … days"),
            "past": _("is over"),
        }
    if field.to == ("user",):
        return {"me": _("is me"), "my_department": _("is in my department"), "my_team": _("is me or reports to me")}
    return {}


def takes_value(op: str) -> bool:
    """Return whether a relative operator needs a value."""
    return op in COUNTED


def is_relative(field: Field, op: str) -> bool:
    """Return whether the operator is one of this module's, and fits the field."""
    kinds = _PERIODS.keys() | COUNTED | {"past"}
    if field.value_type.kind in (Kind.DATE, Kind.DATETIME):
        return op in kinds
    return field.to == ("user",) and op in ("me", "my_department", "my_team")


def condition(visit: Visit, field: Field, path: str, op: str, text: str) -> Mapping[str, Any]:
    """Return the plain condition an operator means for this person, now.

    Raises:
        ValueProblem: no number of days.
    """
    if field.to == ("user",):
        return _about_people(visit, path, op)
    first, last = _stretch(visit.today, op, text)
    if field.value_type.kind is Kind.DATE:
        tests = [("ge", first), ("lt", last)]
    else:
        tests = [("ge", _midnight(visit, first)), ("lt", _midnight(visit, last))]
    members = [{"field": path, "op": word, "value": value} for word, value in tests if value is not None]
    return {"and": members}


def _about_people(visit: Visit, path: str, op: str) -> Mapping[str, Any]:
    if visit.actor.user_id is None:
        return NOTHING
    if op == "me":
        return {"field": path, "op": "eq", "value": visit.actor.user_id}
    if op == "my_team":
        return {"field": path, "op": "in", "value": [*visit.actor.reach.reports] or [visit.actor.user_id]}
    department = visit.actor.user.get("department")
    return {"field": f"{path}.department", "op": "eq", "value": department} if department else NOTHING


def _stretch(today: date, op: str, text: str) -> tuple[date | None, date | None]:
    """Return the first day and the one after the last; None where there is no such end."""
    if op == "past":
        return None, today
    if op in COUNTED:
        days = timedelta(days=_days(text))
        return (today - days + DAY, today + DAY) if op == "last_days" else (today, today + days)
    first, last = _PERIODS[op](today)
    return first, last


def days_of(today: date, op: str) -> tuple[date, date]:
    """Return the first day of a named period, such as ``this_quarter``, and the day after its last."""
    return _PERIODS[op](today)


def _days(text: str) -> int:
    if not text.strip().isdigit() or not 0 < int(text) <= MOST_DAYS:
        raise ValueProblem("days", "Enter a whole number.")
    return int(text)


def _month(year: int, month: int) -> date:
    """Return the first day of a month; months may run over the year at either end."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _months(back: int, length: int) -> Callable[[date], tuple[date, date]]:
    def stretch(today: date) -> tuple[date, date]:
        return _month(today.year, today.month + back), _month(today.year, today.month + back + length)

    return stretch


def _week(today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    return monday, monday + 7 * DAY


def _quarters(back: int) -> Callable[[date], tuple[date, date]]:
    def stretch(today: date) -> tuple[date, date]:
        first = (today.month - 1) // 3 * 3 + 1 + 3 * back
        return _month(today.year, first), _month(today.year, first + 3)

    return stretch


_PERIODS: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = {
    "today": lambda today: (today, today + DAY),
    "this_week": _week,
    "this_month": _months(0, 1),
    "last_month": _months(-1, 1),
    "next_month": _months(1, 1),
    "this_quarter": _quarters(0),
    "last_quarter": _quarters(-1),
    "this_year": lambda today: (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
}

#: The same as an expression, for those who write definitions.
_WRITTEN: Final[Mapping[str, str]] = {
    "today": "{day} == today()",
    "this_week": "start_of_week({day}) == start_of_week(today())",
    "this_month": "start_of_month({day}) == start_of_month(today())",
    "last_month": "start_of_month({day}) == start_of_month(add_months(today(), -1))",
    "next_month": "start_of_month({day}) == start_of_month(add_months(today(), 1))",
    "this_quarter": "start_of_quarter({day}) == start_of_quarter(today())",
    "last_quarter": "start_of_quarter({day}) == start_of_quarter(add_months(today(), -3))",
    "this_year": "start_of_year({day}) == start_of_year(today())",
    "last_days": "between({day}, add_days(today(), 1 - {text}), today())",
    "next_days": "between({day}, today(), add_days(today(), {text} - 1))",
    "past": "{day} < today()",
    "me": "{path} == user.id",
    "my_department": "{path}.department == user.department",
    "my_team": "{path} == user.id or {path}.manager == user.id",
}


def written(field: Field, path: str, op: str, text: str) -> str:
    """Return the operator as an expression of the language."""
    day = f"date_of({path})" if field.value_type.kind is Kind.DATETIME else path
    return _WRITTEN[op].format(day=day, path=path, text=text or "1")


def _midnight(visit: Visit, day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), visit.locale.zone)
