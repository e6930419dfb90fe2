"""Times of day and spans of time; dates and moments are in ``moment``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Any, ClassVar, Literal

from sqlalchemy import BigInteger

from formline.expressions import types
from formline.expressions.storage_types import Words
from formline.expressions.types import Type
from formline.fields.base import ORDER, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

_TIME = re.compile(r"(上午|下午|am|pm)?\s*(\d{1,2})[:：点點时時](\d{2})?分?(?::00)?\s*(am|pm)?", re.IGNORECASE)
_AFTERNOON = frozenset({"pm", "下午"})

DAY, HOUR, MINUTE = 86_400, 3_600, 60
#: Letters and words of units; the first of each is how a span is written for machines.
_UNITS: dict[int, tuple[str, ...]] = {
    DAY: ("d", "day", "days", "天", "日"),
    HOUR: ("h", "hour", "hours", "小时", "小時", "时", "時"),
    MINUTE: ("m", "min", "minute", "minutes", "分钟", "分鐘", "分"),
    1: ("s", "sec", "second", "seconds", "秒"),
}
_SECONDS_OF = {word: seconds for seconds, words in _UNITS.items() for word in words}
_SPAN = re.compile(rf"(\d{{1,9}})\s*({'|'.join(sorted(_SECONDS_OF, key=len, reverse=True))})\s*", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,6}):([0-5]\d)(?::([0-5]\d))?")
#: A hundred years; longer spans are mistakes.
LONGEST = 36_525 * DAY


@register
class Time(FieldType):
    """A time of day to the minute, without date or zone."""

    name, label, icon = "time", "Time of day", "clock-hour-4"
    form_control = edit_cell = "time"
    operators: ClassVar[tuple[str, ...]] = ORDER
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """A text such as 09:30, so that earlier is less."""
        return types.TEXT

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column."""
        return (Part("", Words()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take a time, or text such as 9:30, 3:15 pm or 下午3点."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, time):
            return raw.strftime("%H:%M")
        match = _TIME.fullmatch(raw.strip()) if isinstance(raw, str) else None
        if match is None or (not match[3] and match[0].rstrip("0123456789")[-1:] in (":", "：")):
            raise ValueProblem("not_a_time", "Enter a time of day such as 09:30.")
        half, hour, minute = (match[1] or match[4] or "").lower(), int(match[2]), int(match[3] or 0)
        if half:
            hour = hour % 12 + 12 * (half in _AFTERNOON) if hour <= 12 else hour
        if hour > 23 or minute > 59:
            raise ValueProblem("not_a_time", "Enter a time of day such as 09:30.")
        return f"{hour:02d}:{minute:02d}"

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Hours and minutes."""
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}

    def sample(self, field: Field, seed: int) -> str:
        """Return a time of the working day."""
        return f"{8 + seed % 10:02d}:{seed * 15 % 60:02d}"


@register
class Duration(FieldType):
    """A span of time to the second; a day is 24 hours."""

    name, label, icon = "duration", "Duration", "hourglass"
    parameters = (
        Parameter("min", {"type": "string"}, "The shortest span, such as 15m."),
        Parameter("max", {"type": "string"}, "The longest span, such as 8h."),
    )
    form_control = edit_cell = "duration"
    read_control = list_cell = "worded"
    operators: ClassVar[tuple[str, ...]] = ORDER
    aggregatable = True
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """A whole number of seconds."""
        return types.INTEGER

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One integer column of seconds."""
        return (Part("", BigInteger()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> int | None:
        """Take seconds as a number, or text such as 1h 30m, 1:30 or PT1H30M; bare digits have no unit."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, timedelta):
            raw = int(raw.total_seconds())
        seconds = raw if isinstance(raw, int) and not isinstance(raw, bool) else span_of(raw)
        if seconds is None:
            raise ValueProblem("not_a_duration", "Enter a time span such as 1h 30m.")
        if not 0 <= seconds <= LONGEST:
            raise ValueProblem("too_large", "The time span is negative or longer than a hundred years.")
        return seconds

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check the limits."""
        least, most = span_of(field.param("min")), span_of(field.param("max"))
        if least is not None and value < least:
            yield "too_small", f"At least {written(least)}."
        if most is not None and value > most:
            yield "too_big", f"At most {written(most)}."

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Seconds."""
        schema: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": LONGEST, "description": "Seconds."}
        for name, word in (("min", "minimum"), ("max", "maximum")):
            limit = span_of(field.param(name))
            if limit is not None:
                schema[word] = limit
        return schema

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return days, hours, minutes and seconds: 1h 30m, in the words of the language where there is one."""
        return "" if value is None else written(int(value), locale.language)

    def sample(self, field: Field, seed: int) -> int:
        """Return some quarters of an hour within the limits."""
        least, most = span_of(field.param("min")) or 0, span_of(field.param("max"))
        value = least + seed % 40 * 15 * MINUTE
        return value if most is None else min(value, most)

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Check that the limits are spans and fit each other."""
        limits = {name: span_of(field.param(name)) for name in ("min", "max")}
        for name, span in limits.items():
            if field.param(name) is not None and span is None:
                message = f'{name} is no time span: "{field.param(name)}".'
                yield (name,), "parameter-range", message, "write it as 1h 30m"
        if None not in limits.values() and limits["min"] > limits["max"]:  # type: ignore[operator]  # not None
            yield ("min",), "parameter-range", "min is more than max.", "swap them"


def span_of(raw: Any) -> int | None:
    """Return the seconds that a text means; None where it is no span."""
    if not isinstance(raw, str):
        return None
    text = re.sub(r"(?<=\d),(?=\d{3})", "", raw.strip())
    if not text.isascii():
        text = re.sub(r"[，、零又]", " ", text)
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return int(clock[1]) * HOUR + int(clock[2]) * MINUTE + int(clock[3] or 0)
    iso = _ISO.fullmatch(text)
    if iso is not None and len(text) > 2:
        return sum(int(each[:9]) * size for each, size in zip(iso.groups(), _UNITS, strict=True) if each)
    total, end = 0, 0
    for match in _SPAN.finditer(text):
        if match.start() != end:
            return None
        total, end = total + int(match[1]) * _SECONDS_OF[match[2].lower()], match.end()
    return total if end and end == len(text) else None


def written(seconds: int, language: str = "") -> str:
    """Return a span in its units, large ones first; without a language as ``1h 30m``, which :func:`span_of` reads."""
    counts, rest = [], seconds
    for size in _UNITS:
        counts.append((rest // size, size))
        rest %= size
    kept = [(count, size) for count, size in counts if count] or [(0, MINUTE)]
    if not language:
        return " ".join(f"{count}{_UNITS[size][0]}" for count, size in kept)
    from babel.units import format_unit

    names = {DAY: "duration-day", HOUR: "duration-hour", MINUTE: "duration-minute", 1: "duration-second"}
    length: Literal["short", "narrow"] = "short" if language.startswith("zh") else "narrow"
    return " ".join(format_unit(count, names[size], length, locale=language) for count, size in kept)
