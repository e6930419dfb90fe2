"""Schedules in five fields: what they mean, and what happens when clocks are moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formline.runtime.cron import CronError, parse

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def times(text: str, zone: str, start: str, count: int) -> list[str]:
    """Return the next times after ``start`` (wall clock there), each as wall clock with its offset."""
    there = ZoneInfo(zone)
    moment = datetime.fromisoformat(start).replace(tzinfo=there)
    found = []
    for _ in range(count):
        following = parse(text).after(moment, there)
        assert following is not None
        moment = following
        found.append(f"{moment.astimezone(there):%m-%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("0 6 * * 1", "2025-03-01 00:00", ["03-03 06:00", "03-10 06:00"]),
        ("0 6 * * mon-wed", "2025-03-03 06:00", ["03-04 06:00", "03-05 06:00", "03-10 06:00"]),
        ("*/20 9 * * *", "2025-03-01 09:10", ["03-01 09:20", "03-01 09:40", "03-02 09:00"]),
        ("30 8 1,15 * *", "2025-03-01 09:00", ["03-15 08:30", "04-01 08:30"]),
        ("0 0 29 feb *", "2025-03-01 00:00", ["02-29 00:00"]),
        ("0 0 13 * 5", "2025-06-01 00:00", ["06-06 00:00", "06-13 00:00", "06-20 00:00"]),
        ("0 12 * * 7", "2025-03-01 00:00", ["03-02 12:00"]),
        ("5/20 0 * * *", "2025-03-01 00:00", ["03-01 00:05", "03-01 00:25", "03-01 00:45"]),
    ],
)
def test_the_next_times(text: str, start: str, expected: list[str]) -> None:
    assert [found[:11] for found in times(text, "Asia/Shanghai", start, len(expected))] == expected


@pytest.mark.parametrize(
    ("text", "zone", "start", "expected"),
    [
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            "2025-03-29 00:00",
            ["03-29 02:30 +0100", "03-30 03:00 +0200", "03-31 02:30 +0200"],
            id="half past two left out: when the clocks jump",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            "2025-10-25 12:00",
            ["10-26 02:30 +0200", "10-27 02:30 +0100"],
            id="half past two twice: the first time",
        ),
        pytest.param(
            "30 * * * *",
            "Europe/Berlin",
            "2025-10-26 01:45",
            ["10-26 02:30 +0200", "10-26 02:30 +0100", "10-26 03:30 +0100"],
            id="every hour: each that passes",
        ),
        pytest.param(
            "*/30 * * * *",
            "Europe/Berlin",
            "2025-03-30 01:30",
            ["03-30 03:00 +0200", "03-30 03:30 +0200"],
            id="every half hour: nothing is doubled by the jump",
        ),
        pytest.param(
            "15 0 * * *",
            "America/Santiago",
            "2025-09-06 12:00",
            ["09-07 01:00 -0300", "09-08 00:15 -0300"],
            id="a day that begins at one",
        ),
        pytest.param(
            "45 2 * * *",
            "Australia/Lord_Howe",
            "2025-10-04 12:00",
            ["10-05 02:45 +1100", "10-06 02:45 +1100"],
            id="half an hour of summer",
        ),
    ],
)
def test_when_clocks_are_moved(text: str, zone: str, start: str, expected: list[str]) -> None:
    assert times(text, zone, start, len(expected)) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 6 * *", "five"),
        ("60 * * * *", "'60' is no minute"),
        ("* 24 * * *", "no hour"),
        ("0 0 0 * *", "no day of the month"),
        ("0 0 * 13 *", "no month"),
        ("0 0 * * fry", "no day of the week"),
        ("5-1 * * * *", "no minute"),
        ("*/0 * * * *", "no minute"),
        ("0 0 31 2 *", "never comes"),
        ("", "five"),
        ("1,, * * * *", "no minute"),
        ("٣ * * * *", "no minute"),
    ],
)
def test_what_is_no_schedule(text: str, says: str) -> None:
    with pytest.raises(CronError, match=says):
        parse(text)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["0 * * * *", "30 2 * * *", "*/15 1-4 * * *", "0 0 * * 0", "59 23 31 12 *", "10 3 1 * mon"]),
    st.sampled_from([BERLIN, SHANGHAI, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), UTC]),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),
)
def test_times_go_on_and_are_the_first(text: str, zone: ZoneInfo, start: datetime) -> None:
    """After a moment comes a later one; asking from anywhere before it gives the same one."""
    cron, moment = parse(text), start.replace(tzinfo=UTC)
    found = cron.after(moment, zone)
    assert found is not None
    assert found > moment
    assert cron.after(moment + (found - moment) / 2, zone) == found
    assert cron.after(found - timedelta(microseconds=1), zone) == found
