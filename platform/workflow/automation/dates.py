"""Automations on a date of the record: sixty days before the end, at nine; each moment once, also after an outage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select, update

from formline.expressions.functions.date_functions import add_months
from formline.runtime import jobs, periodic
from formline.runtime.access.actor import ActorKind
from formline.runtime.calendars.loading import working_time
from formline.runtime.calendars.working_time import WorkingTime
from formline.runtime.tables import schedule
from formline.workflow.automation.executing import execute
from formline.workflow.automation.runs import Cause
from formline.workflow.automation.schedules import PAGE, clocked

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from formline.workflow.automation.definition import Automation

#: Moments that passed while no worker ran are made up for so long.
LATE = timedelta(days=7)
_OFFSET = re.compile(r"(-?\d+)(mo|wd|m|h|d|w|y)")
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mo": 1, "y": 12}
_TIMES = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


@periodic.every("automation_dates", timedelta(minutes=1))
def look(running: jobs.Running) -> int:
    """Run what the last minute brought; return for how many records."""
    return pass_time(running.site, datetime.now(UTC))


def pass_time(site: Site, now: datetime) -> int:
    """Run every automation for the records whose moment came since the last look; return for how many.

    The first look at an automation only notes the time: what lies before it is past.
    """
    count = 0
    for automation in clocked(site.release, "date"):
        name = f"dates {automation.name}"
        with site.reading() as connection:
            last = connection.execute(select(schedule.c.last_at).where(schedule.c.name == name)).scalar()
        if last is not None:
            calendar = _calendar(site, automation)
            for cause, ids in _due(site, automation, max(last, now - LATE), now, calendar):
                execute(site, automation, cause, ids)
                count += len(ids)
        with site.writing() as connection:
            times = {"next_at": now, "last_at": now}
            if last is None:
                connection.execute(insert(schedule).values(name=name, **times))
            else:
                connection.execute(update(schedule).where(schedule.c.name == name).values(**times))
    return count


def _calendar(site: Site, automation: Automation) -> WorkingTime | None:
    """Return the site's calendar where an automation counts working days."""
    if not any(offset.endswith("wd") for offset in automation.trigger.offsets):
        return None
    with site.reading() as connection:
        return working_time(connection, site.release, site.settings)


def _due(
    site: Site, automation: Automation, after: datetime, until: datetime, calendar: WorkingTime | None
) -> Iterator[tuple[Cause, list[UUID]]]:
    """Yield the records whose moment lies after one time and not after another, those of one moment together."""
    for offset in automation.trigger.offsets:
        low, high = bounds(automation, offset, after, until, site, calendar)
        if low is None or high is None:
            continue
        found: dict[Any, list[UUID]] = {}
        for key, value in _between(site, automation, low, high):
            if after < moment_of(automation, value, offset, site, calendar) <= until:
                found.setdefault(value, []).append(key)
        for value in sorted(found):
            name = f"date {offset or '0d'} {value.isoformat()}"
            yield Cause(name, "date", str(ActorKind.SYSTEM), None), found[value]


def moment_of(
    automation: Automation, value: Any, offset: str, site: Site, calendar: WorkingTime | None = None
) -> datetime:
    """Return when an automation runs for a record with this date."""
    zone = site.release.zone
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        return shifted(local, offset, calendar).astimezone(UTC)
    start = datetime.combine(value, automation.trigger.at, zone)
    return shifted(start, offset, calendar).astimezone(UTC)


def shifted(start: datetime, offset: str, calendar: WorkingTime | None = None) -> datetime:
    """Return a local moment moved by an offset: by days and months on the calendar, by hours on the clock.

    ``calendar`` counts working days (``wd``), Monday to Friday without one.
    """
    found = _OFFSET.fullmatch(offset)
    if found is None:
        return start
    count, unit = int(found[1]), found[2]
    if unit in _TIMES:
        return (start.astimezone(UTC) + count * _TIMES[unit]).astimezone(start.tzinfo)
    day: date | None
    if unit == "wd":
        day = (calendar or WorkingTime(start.tzinfo or UTC)).working_day(start.date(), count)
    elif unit in _DAYS:
        day = start.date() + timedelta(days=count * _DAYS[unit])
    else:
        day = add_months(start.date(), count * _MONTHS[unit])
    return start if day is None else datetime.combine(day, start.time(), start.tzinfo)


def bounds(
    automation: Automation,
    offset: str,
    after: datetime,
    until: datetime,
    site: Site,
    calendar: WorkingTime | None = None,
) -> tuple[Any, Any]:
    """Return between which values a moment in the window can lie; (None, None) where a date's time of day is not in it.

    Wider than needed where months have different lengths: each row is looked at again.
    """
    zone, field = site.release.zone, site.release.catalog.object(automation.object).fields[automation.trigger.name]
    low, high = _between_shifts(offset, after.astimezone(zone), until.astimezone(zone), calendar)
    if field.value_type.kind == "datetime":
        return low.astimezone(UTC), high.astimezone(UTC)
    by_clock = offset.endswith(("m", "h")) and not offset.endswith("mo")
    if not by_clock and not _passes(after.astimezone(zone), until.astimezone(zone), automation):
        return None, None
    return low.date(), high.date()


def _between_shifts(
    offset: str, after: datetime, until: datetime, calendar: WorkingTime | None
) -> tuple[datetime, datetime]:
    """Return local moments between which all lie whose shift is in a window."""
    back = offset.removeprefix("-") if offset.startswith("-") else f"-{offset}" if offset else ""
    if not offset.endswith("wd"):
        slack = timedelta(days=4) if offset.endswith(("mo", "y")) else timedelta(hours=3)
        return shifted(after, back) - slack, shifted(until, back) + slack
    # Days off have the same working day before or after them: one working day further lies beyond them all.
    count = int(back.removesuffix("wd"))
    further = f"{count + (1 if count > 0 else -1)}wd"
    near, far = sorted((shifted(after if count < 0 else until, further, calendar), until if count < 0 else after))
    return near - timedelta(days=1), far + timedelta(days=1)


def _passes(after: datetime, until: datetime, automation: Automation) -> bool:
    """Return whether the time of day of an automation lies in a window; else no row need be looked at."""
    day = after.date()
    while day <= until.date():
        if after < datetime.combine(day, automation.trigger.at, after.tzinfo) <= until:
            return True
        day += timedelta(days=1)
    return False


def _between(site: Site, automation: Automation, low: Any, high: Any) -> Iterator[tuple[UUID, Any]]:
    """Yield (id, date) of live records, page by page in the order of their ids."""
    model = site.release.model(automation.object)
    column = model.column(automation.trigger.name)
    last: UUID | None = None
    while True:
        wanted = select(model.id, column).where(column >= low, column <= high, model.deleted_at.is_(None))
        if last is not None:
            wanted = wanted.where(model.id > last)
        with site.reading() as connection:
            rows = connection.execute(wanted.order_by(model.id).limit(PAGE)).all()
        yield from ((row[0], row[1]) for row in rows)
        if len(rows) < PAGE:
            return
        last = rows[-1][0]
