"""Functions of dates and moments; results outside the years 1 to 9999 are null."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from decimal import Decimal

from formline.expressions.functions.registry import Function, register
from formline.expressions.numbers import EXACT, MICRO, Number
from formline.expressions.storage_types import from_microseconds, to_microseconds
from formline.expressions.types import DATE, DATETIME, INTEGER, NUMBER, TEXT

_LAST_DAY = 3652058  # days from 0001-01-01 to 9999-12-31
_HOUR = 3_600_000_000
_MINUTE = 60_000_000
_FIRST_MOMENT, _LAST_MOMENT = -62135596800000000, 253402300799999999


def make_date(year: Number, month: Number, day: Number) -> date | None:
    """Return the date, null where there is none."""
    try:
        return date(int(year), int(month), int(day)) if year % 1 == month % 1 == day % 1 == 0 else None
    except (ValueError, OverflowError):
        return None


def add_days(day: date, count: Number) -> date | None:
    """Return the date so many days later; a part of a day does not count."""
    try:
        return day + timedelta(days=int(count))
    except OverflowError:
        return None


def add_months(day: date, count: Number) -> date | None:
    """Return the same day so many months later, or the month's last."""
    month = day.year * 12 + day.month - 1 + int(count)
    if not 12 <= month < 120000:
        return None
    year, index = divmod(month, 12)
    return date(year, index + 1, min(day.day, calendar.monthrange(year, index + 1)[1]))


def add_years(day: date, count: Number) -> date | None:
    """Return the same day so many years later; 29 February becomes 28 where needed."""
    return add_months(day, int(count) * 12)


def start_of_week(day: date) -> date:
    """Return the Monday."""
    return date.fromordinal(day.toordinal() - day.weekday())


def start_of_month(day: date) -> date:
    """Return the month's first day."""
    return day.replace(day=1)


def start_of_quarter(day: date) -> date:
    """Return the quarter's first day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def start_of_year(day: date) -> date:
    """Return 1 January."""
    return date(day.year, 1, 1)


def end_of_month(day: date) -> date:
    """Return the month's last day."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def end_of_quarter(day: date) -> date:
    """Return the quarter's last day."""
    return end_of_month(date(day.year, (day.month + 2) // 3 * 3, 1))


def end_of_year(day: date) -> date:
    """Return 31 December."""
    return date(day.year, 12, 31)


def days_between(start: date, end: date) -> int:
    """Return how many days from ``start`` to ``end``; negative when ``end`` is earlier."""
    return (end - start).days


def _later(moment: datetime, count: Number, microseconds: int) -> datetime | None:
    value = to_microseconds(moment) + int(EXACT.multiply(count, microseconds))
    return from_microseconds(value) if _FIRST_MOMENT <= value <= _LAST_MOMENT else None


def add_hours(moment: datetime, count: Number) -> datetime | None:
    """Return the moment so many hours later."""
    return _later(moment, count, _HOUR)


def add_minutes(moment: datetime, count: Number) -> datetime | None:
    """Return the moment so many minutes later."""
    return _later(moment, count, _MINUTE)


def hours_between(start: datetime, end: datetime) -> Decimal:
    """Return the hours from ``start`` to ``end``, rounded to 6 places."""
    return EXACT.divide(to_microseconds(end) - to_microseconds(start), _HOUR).quantize(MICRO, context=EXACT)


def minutes_between(start: datetime, end: datetime) -> Decimal:
    """Return the minutes from ``start`` to ``end``, rounded to 6 places."""
    return EXACT.divide(to_microseconds(end) - to_microseconds(start), _MINUTE).quantize(MICRO, context=EXACT)


def _months(count: str) -> str:
    month = f"(extract(year from {{0}}) * 12 + extract(month from {{0}}) - 1 + {count})"
    # Held within 10,000 years, because a literal count is calculated even where the CASE does not get there.
    later = f"({{0}} + make_interval(months => greatest(least({count}, 120000), -120000)::int))::date"
    return f"CASE WHEN {month} BETWEEN 12 AND 119999 THEN {later} END"


def _start(part: str) -> str:
    return f"date_trunc('{part}', {{0}}::timestamp)::date"


def _end(part: str, months: int) -> str:
    return f"(date_trunc('{part}', {{0}}::timestamp) + interval '{months} months' - interval '1 day')::date"


def _moment(microseconds: int) -> str:
    total = f"(extract(epoch from {{0}}) * 1000000 + {{1}} * {microseconds})"
    day = "86400000000"
    interval = f"make_interval(days => div({total}, {day})::int, secs => (mod({total}, {day}) / 1000000)::float8)"
    later = f"((timestamp '1970-01-01' + {interval}) AT TIME ZONE 'UTC')"
    return f"CASE WHEN {total} BETWEEN {_FIRST_MOMENT} AND {_LAST_MOMENT} THEN {later} END"


def _between(seconds: int) -> str:
    return f"round((extract(epoch from {{1}}) - extract(epoch from {{0}}))::numeric(60, 30) / {seconds}, 6)"


_FIRST = "DATE '0001-01-01'"
_ADD_DAYS = (
    f"({_FIRST} + nullif(nullif(greatest(least(({{0}} - {_FIRST}) + trunc({{1}}), {_LAST_DAY + 1}), -1),"
    f" {_LAST_DAY + 1}), -1)::int)"
)
_YEAR, _MONTH = "greatest(least({0}, 9999), 1)::int", "greatest(least({1}, 12), 1)::int"
_MAKE_DATE = (
    "CASE WHEN {0} BETWEEN 1 AND 9999 AND {1} BETWEEN 1 AND 12 AND {2} BETWEEN 1 AND 31"
    " AND mod({0}, 1) = 0 AND mod({1}, 1) = 0 AND mod({2}, 1) = 0 THEN"
    f" CASE WHEN {{2}} <= extract(day from make_date({_YEAR}, {_MONTH}, 1) + interval '1 month' - interval '1 day')"
    f" THEN make_date({_YEAR}, {_MONTH}, greatest(least({{2}}, 31), 1)::int) END END"
)

register(
    Function("date", (NUMBER, NUMBER, NUMBER), DATE, make_date, _MAKE_DATE, "A day.", "date(2026, 12, 31)"),
    Function("add_days", (DATE, NUMBER), DATE, add_days, _ADD_DAYS, "So many days later.", "add_days(start, 14)"),
    Function(
        "add_months",
        (DATE, NUMBER),
        DATE,
        add_months,
        _months("trunc({1})"),
        "The same day so many months later, or the month's last.",
        "add_months(start, 1)",
    ),
    Function(
        "add_years",
        (DATE, NUMBER),
        DATE,
        add_years,
        _months("trunc({1}) * 12"),
        "So many years later.",
        "add_years(start, 1)",
    ),
    Function("start_of_week", (DATE,), DATE, start_of_week, _start("week"), "The Monday.", "start_of_week(start)"),
    Function(
        "start_of_month",
        (DATE,),
        DATE,
        start_of_month,
        _start("month"),
        "The month's first day.",
        "start_of_month(start)",
    ),
    Function(
        "start_of_quarter",
        (DATE,),
        DATE,
        start_of_quarter,
        _start("quarter"),
        "The quarter's first day.",
        "start_of_quarter(start)",
    ),
    Function("start_of_year", (DATE,), DATE, start_of_year, _start("year"), "1 January.", "start_of_year(start)"),
    Function(
        "end_of_month", (DATE,), DATE, end_of_month, _end("month", 1), "The month's last day.", "end_of_month(start)"
    ),
    Function(
        "end_of_quarter",
        (DATE,),
        DATE,
        end_of_quarter,
        _end("quarter", 3),
        "The quarter's last day.",
        "end_of_quarter(start)",
    ),
    Function("end_of_year", (DATE,), DATE, end_of_year, _end("year", 12), "31 December.", "end_of_year(start)"),
    Function("year", (DATE,), INTEGER, lambda day: day.year, "extract(year from {0})", "The year.", "year(start)"),
    Function(
        "month",
        (DATE,),
        INTEGER,
        lambda day: day.month,
        "extract(month from {0})",
        "The month, 1 to 12.",
        "month(start)",
    ),
    Function(
        "day", (DATE,), INTEGER, lambda day: day.day, "extract(day from {0})", "The day of the month.", "day(start)"
    ),
    Function(
        "weekday",
        (DATE,),
        INTEGER,
        lambda day: day.isoweekday(),
        "extract(isodow from {0})",
        "The day of the week, Monday 1 to Sunday 7.",
        "weekday(start)",
    ),
    Function(
        "days_between",
        (DATE, DATE),
        INTEGER,
        days_between,
        "({1} - {0})::numeric",
        "Days from one to the other.",
        "days_between(start, finish)",
    ),
    Function(
        "text",
        (DATE,),
        TEXT,
        date.isoformat,
        "to_char({0}, 'YYYY-MM-DD')",
        "As 2026-12-31.",
        "text(start)",
        "{0}",
        variant="date",
    ),
    Function(
        "add_hours",
        (DATETIME, NUMBER),
        DATETIME,
        add_hours,
        _moment(_HOUR),
        "So many hours later.",
        "add_hours(made_at, 1.5)",
    ),
    Function(
        "add_minutes",
        (DATETIME, NUMBER),
        DATETIME,
        add_minutes,
        _moment(_MINUTE),
        "So many minutes later.",
        "add_minutes(made_at, 30)",
    ),
    Function(
        "hours_between",
        (DATETIME, DATETIME),
        NUMBER,
        hours_between,
        _between(3600),
        "Hours from one to the other.",
        "hours_between(made_at, seen_at)",
    ),
    Function(
        "minutes_between",
        (DATETIME, DATETIME),
        NUMBER,
        minutes_between,
        _between(60),
        "Minutes from one to the other.",
        "minutes_between(made_at, seen_at)",
    ),
)
