"""Arithmetic of working time, pure: when a duration is over, and how much working time lies between two moments.

``30m 4h 2d 1w`` are calendar time, ``4wh`` counts working hours, ``2wd`` working days: the same time of day on the
second working day after. Nothing is looked up here; which days are off is told by a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DURATION = re.compile(r"^([1-9][0-9]*)(m|h|d|w|mo|y|wh|wd)$")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
    "y": timedelta(days=365),
}
#: A calendar without a working day in so many days has none.
_LONGEST_REST = 400
Hours = tuple[tuple[time, time], ...]
OFFICE: Hours = ((time(9), time(18)),)
WEEK: Mapping[int, Hours] = dict.fromkeys(range(5), OFFICE)


@dataclass(frozen=True)
class WorkingTime:
    """Which time counts. ``hours`` by weekday, Monday is 0, each day's spans in order and apart.

    ``special(day)`` tells of days that are not like their weekday: True works, False is off, None is as usual. A day
    that works though its weekday does not has the hours of Monday, or of the first weekday with any.
    """

    zone: tzinfo
    hours: Mapping[int, Hours] = field(default_factory=lambda: WEEK)
    special: Callable[[date], bool | None] = lambda day: None

    def spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working spans of a day as aware moments in UTC."""
        special = self.special(day)
        usual = self.hours.get(day.weekday(), ())
        if special is False:
            return
        if special and not usual:
            usual = next((self.hours[each] for each in sorted(self.hours) if self.hours[each]), OFFICE)
        for begin, end in usual:
            yield self._at(day, begin), self._at(day, end)

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)

    def works(self, day: date) -> bool:
        """Return whether a day has working time."""
        return next(self.spans(day), None) is not None

    def after(self, start: datetime, duration: str) -> datetime:
        """Return when a duration from ``start`` is over, in UTC.

        Raises:
            ValueError: no duration, or a calendar without working time.
        """
        found = _DURATION.match(duration)
        if found is None:
            raise ValueError(f"{duration!r} is no duration such as 30m, 4h, 2d, 4wh or 2wd")
        count, unit = int(found[1]), found[2]
        if unit == "wd":
            return self._after_days(start, count)
        if unit == "wh":
            return self.plus(start, count * timedelta(hours=1))
        return (start + count * _UNITS[unit]).astimezone(UTC)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from ``start`` to ``end``; none where ``end`` is not later."""
        total = timedelta(0)
        day = start.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date()
        while day <= last:
            for begin, finish in self.spans(day):
                total += max(min(finish, end) - max(begin, start), timedelta(0))
            day += timedelta(days=1)
        return total

    def _after_days(self, start: datetime, count: int) -> datetime:
        local = start.astimezone(self.zone)
        day, moment = local.date(), local.timetz().replace(tzinfo=None)
        if not self.works(day):  # what comes in on a day off counts from the beginning of the next working day
            day = self._next(day)
            moment = next(self.spans(day))[0].astimezone(self.zone).timetz().replace(tzinfo=None)
        for _ in range(count):
            day = self._next(day)
        return self._at(day, moment)

    def _next(self, day: date) -> date:
        for _ in range(_LONGEST_REST):
            day += timedelta(days=1)
            if self.works(day):
                return day
        raise ValueError("The calendar has no working days.")

    def working_day(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after a day, before it where negative; the day itself does not count.

        Raises:
            ValueError: a calendar without working days.
        """
        step = timedelta(days=1 if count > 0 else -1)
        left, rest = abs(count), 0
        while left:
            day, rest = day + step, rest + 1
            if self.works(day):
                left, rest = left - 1, 0
            elif rest > _LONGEST_REST:
                raise ValueError("The calendar has no working days.")
        return day

    def plus(self, start: datetime, left: timedelta) -> datetime:
        """Return when so much working time from ``start`` is over, in UTC.

        Raises:
            ValueError: a calendar without working time.
        """
        day = start.astimezone(self.zone).date()
        rest = 0
        while rest < _LONGEST_REST:
            rest += 1
            for begin, end in self.spans(day):
                rest = 0
                begin = max(begin, start)
                if end <= begin:
                    continue
                if left <= end - begin:
                    return begin + left
                left -= end - begin
            day += timedelta(days=1)
        raise ValueError("The calendar has no working time.")
