"""Working time: Chinese holidays with the weekends worked instead, hours over breaks and nights, its algebra."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.runtime.calendars import national
from formline.runtime.calendars.loading import parse_hours
from formline.runtime.calendars.working_time import WorkingTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = ((time(9), time(12)), (time(13, 30), time(18)))
CHINA = WorkingTime(SHANGHAI, dict.fromkeys(range(5), HOURS), lambda day: national.special("CN", day))


def local(text: str) -> datetime:
    """Return a moment in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-03-04 10:00", "30m", "2026-03-04 10:30"),
        ("2026-03-04 10:00", "2d", "2026-03-06 10:00"),
        ("2026-03-04 10:00", "1wd", "2026-03-05 10:00"),
        ("2026-03-06 10:00", "1wd", "2026-03-09 10:00"),  # a Friday
        ("2026-03-07 10:00", "1wd", "2026-03-10 09:00"),  # a Saturday counts from Monday morning
        ("2026-03-04 10:00", "1wh", "2026-03-04 11:00"),
        ("2026-03-04 11:30", "1wh", "2026-03-04 14:00"),  # over the break
        ("2026-03-04 17:30", "1wh", "2026-03-05 09:30"),  # over night
        ("2026-03-06 17:00", "2wh", "2026-03-09 10:00"),  # over the weekend
        ("2026-03-04 03:00", "1wh", "2026-03-04 10:00"),
        ("2026-03-04 09:00", "15wh", "2026-03-05 18:00"),
        ("2026-09-30 10:00", "1wd", "2026-10-08 10:00"),  # National Day, 1 to 7 October
        ("2026-09-30 17:00", "2wh", "2026-10-08 10:00"),
        ("2026-10-09 10:00", "1wd", "2026-10-10 10:00"),  # a Saturday that is worked instead
        ("2026-02-13 10:00", "1wd", "2026-02-14 10:00"),
        ("2026-02-14 10:00", "1wd", "2026-02-24 10:00"),  # Spring Festival, 15 to 23 February
    ],
)
def test_when_a_duration_is_over(start: str, duration: str, end: str) -> None:
    assert CHINA.after(local(start), duration) == local(end)


@pytest.mark.parametrize("duration", ["", "2", "wd", "0wd", "-1d", "1x", "1.5h"])
def test_what_is_no_duration(duration: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        CHINA.after(local("2026-03-04 10:00"), duration)


@pytest.mark.parametrize("duration", ["1wd", "1wh"])
def test_a_calendar_without_working_days(duration: str) -> None:
    with pytest.raises(ValueError, match="no working"):
        WorkingTime(UTC, {}).after(local("2026-03-04 10:00"), duration)


@pytest.mark.parametrize(
    ("country", "day", "told"),
    [
        ("CN", date(2026, 10, 1), False),
        ("CN", date(2026, 10, 10), True),
        ("CN", date(2026, 10, 12), None),
        ("TW", date(2026, 10, 10), False),
        ("", date(2026, 10, 1), None),
        ("XX", date(2026, 10, 1), None),
    ],
)
def test_days_of_countries(country: str, day: date, told: bool | None) -> None:
    assert national.special(country, day) is told


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-18:00", 1),
        ("9:00–12:00；13:30至18:00", 2),
        ("", 0),
        ("18:00-09:00", 0),
        ("09:00-12:00,11:00-13:00", 0),
        ("25:00-26:00", 0),
    ],
)
def test_hours_as_people_write_them(text: str, spans: int) -> None:
    assert len(parse_hours(text)) == spans


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(lambda found: found.replace(tzinfo=SHANGHAI))


@given(MOMENTS, st.integers(1, 60))
def test_as_much_working_time_lies_between_as_was_asked_for(start: datetime, hours: int) -> None:
    """The end is the first moment at which it has passed; it is working time itself."""
    end = CHINA.after(start, f"{hours}wh")
    assert CHINA.between(start, end) == timedelta(hours=hours)
    assert CHINA.between(start, end - timedelta(seconds=1)) < timedelta(hours=hours)


@given(MOMENTS, st.integers(0, 40), st.integers(0, 40))
def test_working_time_adds_up(start: datetime, first: int, second: int) -> None:
    middle, end = start + timedelta(hours=first), start + timedelta(hours=first + second)
    assert CHINA.between(start, middle) + CHINA.between(middle, end) == CHINA.between(start, end)


@given(MOMENTS, st.integers(1, 20), st.integers(1, 20))
def test_working_days_add_up(start: datetime, first: int, second: int) -> None:
    assert CHINA.after(CHINA.after(start, f"{first}wd"), f"{second}wd") == CHINA.after(start, f"{first + second}wd")
