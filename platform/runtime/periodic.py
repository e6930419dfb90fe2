"""Regular work: jobs that the leading worker enqueues when their time has come; the work itself lives with its feature.

A module says ``@periodic.every("collect_files", timedelta(hours=1))`` above the handler of a job. What definitions
schedule comes from providers, as :class:`Timetable` with a cron text in a time zone. The row of the table
``formline_schedule`` decides when, so that however many workers there are, each time is enqueued once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from formline.runtime import cron, jobs
from formline.runtime.tables import job, schedule

if TYPE_CHECKING:
    from formline.runtime.release import Release

_intervals: dict[str, timedelta] = {}
#: What a release schedules has names in the table that begin so.
_PREFIX = "at "
#: Where a timetable has no further time.
_NEVER = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Timetable:
    """What definitions schedule: at each time of ``cron`` a job of ``kind`` with ``args`` and ``at``, the time as text.

    ``name`` is unique among all. A changed ``cron`` or ``zone`` begins anew.
    """

    name: str
    cron: str
    zone: tzinfo
    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name of its row; another rhythm is another row."""
        return f"{_PREFIX}{self.name} {self.cron} {self.zone}"

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time after ``moment``."""
        return cron.parse(self.cron).after(moment, self.zone)


@dataclass(frozen=True, slots=True)
class _Regular:
    """One thing that comes again and again, whatever says when."""

    key: str
    kind: str
    args: Mapping[str, Any]
    after: Callable[[datetime], datetime | None]


#: Return what a release schedules; called once per release.
Provider = Callable[["Release"], Iterable[Timetable]]
_providers: list[Provider] = []


def provide(provider: Provider) -> Provider:
    """Register a provider of timetables; use as a decorator."""
    _providers.append(provider)
    return provider


def timetables(release: Release) -> tuple[Timetable, ...]:
    """Return what a release schedules."""
    return release.memo(("timetables",), lambda: tuple(found for provider in _providers for found in provider(release)))


def every(kind: str, interval: timedelta, *, long: bool = False) -> Callable[[jobs.Handler], jobs.Handler]:
    """Register the function as the handler of jobs of ``kind``, and have such a job enqueued every ``interval``.

    ``long``: it may take minutes.
    """

    def register(function: jobs.Handler) -> jobs.Handler:
        _intervals[kind] = interval
        return jobs.handler(kind, long=long)(function)

    return register


def _regular(tables: Iterable[Timetable]) -> dict[str, _Regular]:
    found = {
        kind: _Regular(kind, kind, {}, lambda now, interval=interval: now + interval)  # type: ignore[misc]
        for kind, interval in sorted(_intervals.items())
    }
    return found | {table.key: _Regular(table.key, table.kind, table.args, table.after) for table in tables}


def any_due(connection: Connection, now: datetime, tables: Iterable[Timetable] = ()) -> bool:
    """Return whether regular work is due or has never been scheduled, without taking a lock."""
    known = {row.name: row.next_at for row in connection.execute(select(schedule.c.name, schedule.c.next_at))}
    return any(key not in known or known[key] <= now for key in _regular(tables))


def enqueue_due(connection: Connection, now: datetime, tables: Iterable[Timetable] = ()) -> list[str]:
    """Enqueue what is due in the caller's transaction and move each to its next time; return the kinds.

    What is new waits for its first time. Times missed while no worker ran are made up by one run, not by many; while
    a run waits or goes on, no second one is enqueued. The rows are locked, so two callers at once do it once.
    """
    regular = _regular(tables)
    rows = connection.execute(select(schedule.c.name, schedule.c.next_at).with_for_update())
    known = {row.name: row.next_at for row in rows}
    _follow(connection, regular, known, now)
    due = [one for key, one in regular.items() if key in known and known[key] <= now]
    busy = _busy(connection, due)
    for one in due:
        following = one.after(now)
        moved = update(schedule).where(schedule.c.name == one.key, schedule.c.next_at == known[one.key])
        times = {"next_at": following or now + _NEVER, "last_at": now}
        if connection.execute(moved.values(**times)).rowcount and _unique(one) not in busy:
            args = {**one.args, "at": known[one.key].isoformat()} if one.key.startswith(_PREFIX) else one.args
            jobs.enqueue(connection, one.kind, args, unique_key=_unique(one))
    return [one.kind for one in due]


def _follow(
    connection: Connection, regular: Mapping[str, _Regular], known: Mapping[str, datetime], now: datetime
) -> None:
    """Add a row for what is new, and remove those of timetables that no definition names any more."""
    first = {key: one.after(now) for key, one in regular.items() if key not in known}
    new = [{"name": key, "next_at": moment} for key, moment in first.items() if moment is not None]
    if new:
        connection.execute(insert(schedule), new)
    gone = [key for key in known if key.startswith(_PREFIX) and key not in regular]
    if gone:
        connection.execute(delete(schedule).where(schedule.c.name.in_(gone)))


def _unique(one: _Regular) -> str:
    return f"periodic:{one.key}"


def _busy(connection: Connection, due: Iterable[_Regular]) -> set[str | None]:
    """Return the keys of work whose last run waits or goes on."""
    keys = [_unique(one) for one in due]
    if not keys:
        return set()
    unfinished = and_(job.c.unique_key.in_(keys), or_(job.c.state == "waiting", job.c.state == "running"))
    return set(connection.execute(select(job.c.unique_key).where(unfinished)).scalars())
