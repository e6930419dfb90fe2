"""When a notice goes to its reader by mail: what a person chose, and the moment that follows from it; nothing is sent.

A mail waits for some minutes, so that nobody gets one of what they have read meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Keys of an account's preferences: how often, the person's time zone, and the kinds not wanted by mail.
RHYTHM, ZONE, UNMAILED = "mail_rhythm", "mail_zone", "unmailed_notices"
EACH, HOURLY, DAILY, NEVER = "each", "hourly", "daily", "never"
RHYTHMS = (EACH, HOURLY, DAILY, NEVER)
#: What is not sent unless a person asks for it: it can wait until they come.
UNMAILED_AT_FIRST = ("assigned_many", "followed", "job_done", "job_failed")
PATIENCE = timedelta(minutes=2)
#: The time of day at which the mail of a day goes out.
MORNING = time(8)


def rhythm_of(preferences: Mapping[str, Any]) -> str:
    """Return how often a person wants mails; each notice by itself where they never chose."""
    chosen = preferences.get(RHYTHM)
    return chosen if chosen in RHYTHMS else EACH


def unmailed(preferences: Mapping[str, Any]) -> frozenset[str]:
    """Return the kinds that a person does not want by mail."""
    return frozenset(preferences.get(UNMAILED, UNMAILED_AT_FIRST))


def due(preferences: Mapping[str, Any], kind: str, now: datetime) -> datetime | None:
    """Return when a notice of ``kind`` goes out by mail; None: not at all.

    >>> due({RHYTHM: DAILY, ZONE: "Asia/Shanghai"}, "mentioned", datetime(2026, 3, 1, 1, tzinfo=UTC)).isoformat()
    '2026-03-02T00:00:00+00:00'
    """
    rhythm = rhythm_of(preferences)
    if rhythm == NEVER or kind in unmailed(preferences):
        return None
    if rhythm == EACH:
        return now + PATIENCE
    if rhythm == HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    zone = _zone(str(preferences.get(ZONE) or "UTC"))
    local = now.astimezone(zone)
    day = local.date() if local.timetz().replace(tzinfo=None) < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
