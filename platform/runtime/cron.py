"""Times in five fields, ``0 6 * * 1``, in a time zone; when a clock is moved, nothing is left out or done twice.

A wall-clock time that the spring leaves out comes when the clocks jump; one that the autumn repeats counts the first
time only. Where the hour is ``*`` every hour that passes counts, the repeated one too.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from formline.errors import FormlineError

#: Days looked at for the next time: 29 February may be eight years away.
_HORIZON = 366 * 8 + 2
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)


class CronError(FormlineError):
    """A text that is no schedule; the message says which field and what it may hold."""

    code = "cron"


@dataclass(frozen=True, slots=True)
class Cron:
    """When something happens; days of the week count from Sunday = 0. Where both days are given, either will do."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    every_hour: bool
    any_day: bool
    any_weekday: bool

    def on(self, day: date) -> bool:
        """Return whether there are times on a day."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_day and by_weekday if self.any_day or self.any_weekday else by_day or by_weekday

    def after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """Return the first time after ``moment`` (aware; the answer is UTC), None where it never comes."""
        day = moment.astimezone(zone).date() - timedelta(days=1)  # a jump at midnight moves times to the next day
        for _ in range(_HORIZON):
            if self.on(day):
                later = [found for found in self._times(day, zone) if found > moment]
                if later:
                    return min(later)
            day += timedelta(days=1)
        return None

    def _times(self, day: date, zone: tzinfo) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                wall = datetime.combine(day, time(hour, minute), zone)
                yield _instant(wall)
                if self.every_hour:
                    yield _instant(wall.replace(fold=1))


def _instant(wall: datetime) -> datetime:
    """Return when a wall-clock time comes; one that is left out comes when the clocks jump."""
    moment = wall.astimezone(UTC)
    back = moment.astimezone(wall.tzinfo)
    if back.replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None, fold=0):
        return moment
    # Left out: the offset before the jump puts it as long after the jump as it lies in the gap.
    early, late = wall.replace(fold=0).utcoffset(), wall.replace(fold=1).utcoffset()
    return _jump(wall, moment, (late or timedelta()) - (early or timedelta()))


def _jump(wall: datetime, moment: datetime, gap: timedelta) -> datetime:
    """Return the moment in the hours before ``moment`` at which the offset changes, to the minute."""
    low, high = moment - gap * 2, moment + gap
    before = low.astimezone(wall.tzinfo).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
        if middle.astimezone(wall.tzinfo).utcoffset() == before:
            low = max(middle, low + timedelta(minutes=1))
        else:
            high = middle
    return low if low.astimezone(wall.tzinfo).utcoffset() != before else high


@lru_cache(maxsize=256)
def parse(text: str) -> Cron:
    """Return a schedule.

    Raises:
        CronError: not five fields, a value out of range, or a time that never comes such as 31 February.
    """
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise CronError(
            f"{text!r} has {len(parts)} fields, a schedule has five.",
            hint="minute hour day month weekday, such as `0 6 * * 1`: Mondays at six",
        )
    found = [_values(part, field) for part, field in zip(parts, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = found
    cron = Cron(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        days,
        months,
        frozenset(day % 7 for day in weekdays),
        parts[1].startswith("*"),
        parts[2].startswith("*"),
        parts[4].startswith("*"),
    )
    if cron.after(datetime(2024, 1, 1, tzinfo=UTC), UTC) is None:
        raise CronError(f"{text!r} never comes.", hint="look at the day and the month")
    return cron


def _values(part: str, field: tuple[str, int, int, Mapping[str, int]]) -> frozenset[int]:
    """Return the values of one field: ``*``, ``*/15``, ``1-5``, ``1,15``, ``mon-fri``."""
    return frozenset(value for piece in part.split(",") for value in _piece(piece, field))


def _piece(piece: str, field: tuple[str, int, int, Mapping[str, int]]) -> range:
    name, low, high, _names = field
    bounds, slash, step = piece.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step)):
        raise _wrong(piece, field)
    if bounds == "*":
        first, last = low, high if name != "day of the week" else high - 1
    else:
        start, dash, end = bounds.partition("-")
        first = _number(start, piece, field)
        last = _number(end, piece, field) if dash else high if slash else first
    if first > last:
        raise _wrong(piece, field)
    return range(first, last + 1, int(step) if slash else 1)


def _number(text: str, piece: str, field: tuple[str, int, int, Mapping[str, int]]) -> int:
    _name, low, high, names = field
    number = names.get(text, int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1)
    if not low <= number <= high:
        raise _wrong(piece, field)
    return number


def _wrong(piece: str, field: tuple[str, int, int, Mapping[str, int]]) -> CronError:
    name, low, high, names = field
    words = f" or {', '.join(names)}" if names else ""
    return CronError(
        f"{piece!r} is no {name}.", hint=f"{low} to {high}{words}; `*`, `*/5`, `1-5` and `1,3` are understood"
    )
