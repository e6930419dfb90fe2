"""The arithmetic of a clock: pure. What a record says goes in, what the clock says comes out.

A clock counts time while it runs: working time of its calendar, or calendar time. ``used`` is what was counted before
``since``; a pause settles it, so however often a clock pauses, the sum is what counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from formline.runtime.calendars.working_time import WorkingTime

NONE = timedelta(0)
#: Per cent of the target at which a clock is violated.
DUE = 100
RUNNING, PAUSED, OVERDUE, MET, MISSED = STATUSES = ("running", "paused", "overdue", "met", "missed")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says now. ``target``: a duration such as ``4wh``, working seconds, or None where none applies."""

    starts: bool
    pauses: bool
    stops: bool
    target: str | int | None
    calendar: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of a clock. ``since`` None: it is paused or stopped. ``total`` None: no target applies.

    ``fired`` are the shares, in per cent, whose actions were carried out; ``working`` that working time counts.
    """

    run: int
    started_at: datetime
    since: datetime | None
    used: timedelta = NONE
    total: timedelta | None = None
    target: str | None = None
    working: bool = False
    calendar: UUID | None = None
    fired: tuple[int, ...] = ()
    stopped_at: datetime | None = None


def step(
    last: Reading | None, facts: Facts, now: datetime, time: WorkingTime, *, restarts: bool, at: datetime | None = None
) -> Reading | None:
    """Return the clock after a look at the record; None while it has not begun. ``at``: when it begins, if it does."""
    if last is None or last.stopped_at is not None:
        begins = not facts.stops and (facts.starts if last is None else restarts)
        return _begin((last.run if last else 0) + 1, facts, at or now, now, time) if begins else last
    found = _aimed(last, facts, now, time)
    if facts.stops:
        return replace(_settled(found, now, time), since=None, stopped_at=now)
    if facts.pauses and found.since is not None:
        return replace(_settled(found, now, time), since=None)
    if not facts.pauses and found.since is None:
        return replace(found, since=now)
    return found


def _begin(run: int, facts: Facts, at: datetime, now: datetime, time: WorkingTime) -> Reading:
    found = _aimed(Reading(run, at, at, working=_is_working(facts.target)), facts, now, time)
    return replace(_settled(found, now, time), since=None) if facts.pauses else found


def _aimed(reading: Reading, facts: Facts, now: datetime, time: WorkingTime) -> Reading:
    """Return the clock with the target that applies now; what was counted stays, shares ahead will be told again."""
    text = None if facts.target is None else str(facts.target)
    if text == reading.target and facts.calendar == reading.calendar:
        return reading
    working = _is_working(facts.target)
    if working != reading.working and facts.target is not None:
        # What was counted before a pause stays; what runs since the beginning is counted as the new target counts.
        reading = replace(_settled(reading, now, time) if reading.used else reading, working=working)
    total = None if facts.target is None else _length(facts.target, reading.started_at, time)
    found = replace(reading, total=total, target=text, calendar=facts.calendar)
    return replace(found, fired=tuple(one for one in found.fired if passed(found, one, now, time)))


def _is_working(target: str | int | None) -> bool:
    return isinstance(target, int) or (target or "").endswith(("wh", "wd"))


def _length(target: str | int, start: datetime, time: WorkingTime) -> timedelta:
    """Return how much a clock may count that begins at ``start``."""
    if isinstance(target, int):
        return timedelta(seconds=target)
    return between(time, _is_working(target), start, time.after(start, target))


def _settled(reading: Reading, now: datetime, time: WorkingTime) -> Reading:
    return replace(reading, used=used(reading, now, time), since=None if reading.since is None else now)


def between(time: WorkingTime, working: bool, start: datetime, end: datetime) -> timedelta:
    """Return the time that counts between two moments."""
    return time.between(start, end) if working else max(end - start, NONE)


def used(reading: Reading, now: datetime, time: WorkingTime) -> timedelta:
    """Return how much a clock has counted until ``now``."""
    if reading.since is None:
        return reading.used
    return reading.used + between(time, reading.working, reading.since, now)


def share(total: timedelta, per_cent: int) -> timedelta:
    """Return a share of a target, to the microsecond."""
    return timedelta(microseconds=int(Fraction(total // timedelta(microseconds=1)) * per_cent / 100))


def passed(reading: Reading, per_cent: int, now: datetime, time: WorkingTime) -> bool:
    """Return whether a share of the target is used up."""
    return reading.total is not None and used(reading, now, time) >= share(reading.total, per_cent)


def moment(reading: Reading, per_cent: int, time: WorkingTime) -> datetime | None:
    """Return when a share of the target is used up if the clock goes on running; None while it does not run."""
    if reading.since is None or reading.total is None:
        return None
    left = share(reading.total, per_cent) - reading.used
    if left <= NONE:
        return reading.since
    return time.plus(reading.since, left) if reading.working else reading.since + left


def next_moment(reading: Reading, shares: Sequence[int], now: datetime, time: WorkingTime) -> datetime | None:
    """Return when actions are to be carried out next; a share that passed before a pause or the end is due at once."""
    waiting = [one for one in shares if one not in reading.fired]
    moments = [now if passed(reading, one, now, time) else moment(reading, one, time) for one in waiting]
    return min((one for one in moments if one is not None), default=None)


def status(reading: Reading, now: datetime, time: WorkingTime) -> str | None:
    """Return one of ``STATUSES``; None where no target applies."""
    if reading.total is None:
        return None
    over = used(reading, now, time) >= reading.total
    if reading.stopped_at is not None:
        return MISSED if over else MET
    if over:
        return OVERDUE
    return RUNNING if reading.since is not None else PAUSED
