"""The calendars of a site: records of the object ``calendar``, with their own days; the site's default without any."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from formline.runtime.calendars import national
from formline.runtime.calendars.working_time import OFFICE, WEEK, Hours, WorkingTime

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.settings import Settings

CALENDAR, DAY = "calendar", "calendar_day"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*[-–~至]\s*(\d{1,2}):(\d{2})\s*$")


def working_time(connection: Connection, release: Release, settings: Settings, key: UUID | None = None) -> WorkingTime:
    """Return the working time of a calendar; without ``key`` of the default one, without any of the settings.

    At most two statements. A calendar that is gone counts as none.
    """
    usual = WorkingTime(ZoneInfo(settings.base_zone), WEEK, lambda day: national.special(settings.holidays_of, day))
    if not release.catalog.has("object", CALENDAR):
        return usual
    model = release.model(CALENDAR)
    wanted = model.column("id") == key if key is not None else model.column("is_default")
    statement = select(*model.columns).where(wanted, model.table.c.deleted_at.is_(None)).limit(1)
    row = connection.execute(statement).first()
    if row is None:
        return usual
    record = dict(zip(model.keys, row, strict=True))
    return _of_record(record, _days(connection, release, record["id"]), settings)


def _days(connection: Connection, release: Release, key: UUID) -> dict[date, bool]:
    """Return the calendar's own days: whether each is worked."""
    if not release.catalog.has("object", DAY):
        return {}
    model = release.model(DAY)
    statement = select(model.column("day"), model.column("works")).where(
        model.column("calendar") == key, model.table.c.deleted_at.is_(None)
    )
    return {row[0]: bool(row[1]) for row in connection.execute(statement)}


def _of_record(record: Mapping[str, Any], own: Mapping[date, bool], settings: Settings) -> WorkingTime:
    country = str(record.get("country") or "")
    hours = parse_hours(str(record.get("hours") or "")) or OFFICE
    days = record.get("weekdays") or WEEKDAYS[:5]
    week = {WEEKDAYS.index(day): hours for day in days if day in WEEKDAYS}

    def special(day: date) -> bool | None:
        return own[day] if day in own else national.special(country, day)

    return WorkingTime(ZoneInfo(str(record.get("time_zone") or settings.base_zone)), week, special)


def parse_hours(text: str) -> Hours:
    """Return the spans in ``09:00-12:00, 13:30-18:00``; () where one is no span, or they are not in order.

    >>> parse_hours("09:00-12:00, 13:30-18:00")[1][0].isoformat()
    '13:30:00'
    """
    spans: list[tuple[time, time]] = []
    for part in re.split(r"[,;，；]", text):
        found = _SPAN.match(part)
        if found is None:
            return ()
        numbers = [int(each) for each in found.groups()]
        if max(numbers[0], numbers[2]) > 23 or max(numbers[1], numbers[3]) > 59:
            return ()
        span = (time(numbers[0], numbers[1]), time(numbers[2], numbers[3]))
        if span[0] >= span[1] or (spans and span[0] < spans[-1][1]):
            return ()
        spans.append(span)
    return tuple(spans)
