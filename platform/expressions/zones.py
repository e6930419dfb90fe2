"""One table of offsets per time zone, used by every target, because three time-zone databases would disagree."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int((datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
_LAST = int((datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
_STEP = 5 * 86400  # no zone changed its clocks twice within five days


@dataclass(frozen=True, slots=True)
class ZoneTable:
    """Offsets from UTC in seconds: ``offsets[i]`` holds from ``starts[i - 1]`` (seconds since 1970) to ``starts[i]``.

    Changes from 1900 to 2100 are known; before and after, the nearest offset holds.
    """

    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, moment: datetime) -> int:
        """Return the offset in seconds at ``moment``."""
        return self.offsets[bisect_right(self.starts, (moment - _EPOCH) // _SECOND)] if self.starts else self.offsets[0]

    def local(self, moment: datetime) -> datetime | None:
        """Return the wall-clock time at ``moment`` (naive), or None outside the years 1 to 9999."""
        try:
            return moment.replace(tzinfo=None) + timedelta(seconds=self.offset(moment))
        except OverflowError:
            return None


_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=64)
def zone_table(zone: tzinfo) -> ZoneTable:
    """Return the table of ``zone``, made from Python's database once per process."""
    starts: list[int] = []
    offsets = [_offset(zone, _FIRST)]
    for at in range(_FIRST, _LAST, _STEP):
        upper = min(at + _STEP, _LAST)
        if _offset(zone, upper) != offsets[-1]:
            starts.append(_change(zone, at, upper))
            offsets.append(_offset(zone, upper))
    return ZoneTable(tuple(starts), tuple(offsets))


def _offset(zone: tzinfo, seconds: int) -> int:
    moment = _EPOCH + timedelta(seconds=seconds)
    return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _change(zone: tzinfo, low: int, high: int) -> int:
    """Return the first second in (low, high] with the offset of ``high``."""
    target = _offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(zone, middle) == target else (middle, high)
    return high


def zone_name(zone: tzinfo) -> str:
    """Return a name by which :func:`zone_named` finds the zone again."""
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    return f"{int((zone.utcoffset(None) or timedelta()).total_seconds())}"


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneTable:
    """Return the table of the zone :func:`zone_name` named."""
    if name.lstrip("-").isdigit():
        return zone_table(timezone(timedelta(seconds=int(name))))
    return zone_table(ZoneInfo(name))


def local_date(moment: datetime, table: ZoneTable) -> date | None:
    """Return the day at ``moment`` on the zone's wall calendar."""
    local = table.local(moment)
    return local.date() if local else None


def local_hour(moment: datetime, table: ZoneTable) -> int | None:
    """Return the hour, 0 to 23, at ``moment`` on the zone's wall clock."""
    local = table.local(moment)
    return local.hour if local else None
