"""Dates and moments. A date has no zone and never shifts; a moment is aware, in UTC, with microseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from formline.expressions import types
from formline.expressions.storage_types import Day, Instant
from formline.expressions.types import Type
from formline.fields.base import ORDER, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SAMPLE_START = date(2026, 1, 1)


@register
class Date(FieldType):
    """A day."""

    name, label, icon = "date", "Date", "calendar"
    parameters = (
        Parameter("min", {"type": "string", "format": "date"}, "The first day allowed."),
        Parameter("max", {"type": "string", "format": "date"}, "The last day allowed."),
    )
    form_control = read_control = list_cell = edit_cell = "date"
    operators: ClassVar[tuple[str, ...]] = ORDER

    def expression_type(self, field: Field) -> Type:
        """A date."""
        return types.DATE

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One date column."""
        return (Part("", Day()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> date | None:
        """Take a date, or year, month and day as text; a moment counts as its day in the person's zone."""
        if isinstance(raw, datetime):
            return raw.astimezone(locale.zone).date() if raw.tzinfo else raw.date()
        if raw is None or isinstance(raw, date):
            return raw
        return day_of(raw)

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check the limits."""
        least, most = field.param("min"), field.param("max")
        if least is not None and value < date.fromisoformat(least):
            yield "too_small", f"Not before {least}."
        if most is not None and value > date.fromisoformat(most):
            yield "too_big", f"Not after {most}."

    def to_json(self, field: Field, value: Any) -> str | None:
        """Return ISO text."""
        return None if value is None else value.isoformat()

    def json_schema(self, field: Field) -> dict[str, Any]:
        """ISO text."""
        return {"type": "string", "format": "date"}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return a short date."""
        return "" if value is None else locale.date_text(value)

    def sample(self, field: Field, seed: int) -> date:
        """Return a day of the year 2026 or within the limits."""
        least = date.fromisoformat(field.param("min") or _SAMPLE_START.isoformat())
        most = date.fromisoformat(field.param("max") or (least + timedelta(days=364)).isoformat())
        return least + timedelta(days=seed % ((most - least).days + 1))

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Check that the limits are dates."""
        for name in ("min", "max"):
            value = field.param(name)
            if value is not None and not is_date(value):
                yield (name,), "parameter-range", f'{name} is no date: "{value}".', "write it as 2026-01-31"


@register
class DateTime(FieldType):
    """A moment."""

    name, label, icon = "datetime", "Date and time", "clock"
    form_control = read_control = list_cell = edit_cell = "datetime"
    operators: ClassVar[tuple[str, ...]] = ORDER

    def expression_type(self, field: Field) -> Type:
        """A date and time."""
        return types.DATETIME

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One column of moments."""
        return (Part("", Instant()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> datetime | None:
        """Take a moment or ISO text; a text without a zone is in the person's zone."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, date) and not isinstance(raw, datetime):
            raw = datetime(raw.year, raw.month, raw.day)
        value = raw if isinstance(raw, datetime) else _moment_of(str(raw).strip())
        aware = value if value.tzinfo else value.replace(tzinfo=locale.zone)
        try:
            return aware.astimezone(UTC)
        except OverflowError:
            raise ValueProblem("not_a_datetime", "The year is out of range.") from None

    def to_json(self, field: Field, value: Any) -> str | None:
        """Return ISO text in UTC."""
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def json_schema(self, field: Field) -> dict[str, Any]:
        """ISO text."""
        return {"type": "string", "format": "date-time"}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return date and time in the person's zone."""
        return "" if value is None else locale.datetime_text(value)

    def sample(self, field: Field, seed: int) -> datetime:
        """Return a moment of the year 2026."""
        start = datetime(_SAMPLE_START.year, 1, 1, 9, tzinfo=UTC)
        return start + timedelta(hours=seed % 8760)


def day_of(raw: Any) -> date | None:
    """Return the day that a text means; None for empty text."""
    text = str(raw).strip()
    if not text:
        return None
    match = _DATE.match(text)
    rest = text[match.end() :] if match else ""
    if match is None or (rest and not re.fullmatch(r"[T ][\d:.]+(Z|[+-][\d:]+)?", rest)):
        raise ValueProblem("not_a_date", "Enter a date such as 2026-01-31.")
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueProblem("not_a_date", f"There is no day {match[0]} in the calendar.") from None


def is_date(value: Any) -> bool:
    """Return whether a value is ISO text of a date."""
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _moment_of(text: str) -> datetime:
    iso = _DATE.sub(lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}", text, count=1)
    try:
        return datetime.fromisoformat(re.sub(r"(?<=\d)\s+(?=\d{1,2}:)", "T", iso, count=1))
    except ValueError:
        raise ValueProblem("not_a_datetime", "Enter date and time such as 2026-01-31 09:30.") from None
