"""The arithmetic of a clock: laws over any course of pauses, and the cases that have to be exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.runtime.calendars.working_time import WorkingTime
from formline.workflow.sla.timing import (
    DUE,
    Facts,
    Reading,
    between,
    moment,
    next_moment,
    passed,
    status,
    step,
    used,
)

OFFICE = WorkingTime(ZoneInfo("Asia/Shanghai"))
#: Monday, 09:00 in Shanghai.
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GO = Facts(starts=True, pauses=False, stops=False, target="4wh")
PAUSE, STOP = replace(GO, pauses=True), replace(GO, stops=True)


def course(*looks: tuple[timedelta, Facts], restarts: bool = False) -> Reading:
    """Look at a record at some times after Monday 09:00."""
    found: Reading | None = None
    for after, facts in looks:
        found = step(found, facts, MONDAY + after, OFFICE, restarts=restarts)
    assert found is not None
    return found


def test_nothing_begins_before_it_starts_or_once_it_is_over() -> None:
    assert step(None, replace(GO, starts=False), MONDAY, OFFICE, restarts=True) is None
    assert step(None, STOP, MONDAY, OFFICE, restarts=True) is None


@pytest.mark.parametrize(
    ("target", "due"),
    [
        ("30m", timedelta(minutes=30)),
        ("4wh", 4 * HOUR),
        ("10wh", 25 * HOUR),
        ("2wd", 33 * HOUR),
        ("1d", 24 * HOUR),
        (7200, 2 * HOUR),
        ("1w", timedelta(days=7)),
    ],
)
def test_when_it_is_due(target: str | int, due: timedelta) -> None:
    found = course((timedelta(0), replace(GO, target=target)))
    assert moment(found, DUE, OFFICE) == MONDAY + due


def test_a_pause_over_night_and_the_weekend_costs_nothing() -> None:
    found = course((timedelta(0), GO), (HOUR, PAUSE), (timedelta(days=7), GO))
    assert moment(found, DUE, OFFICE) == MONDAY + timedelta(days=7) + 3 * HOUR
    assert course((timedelta(0), GO), (HOUR, PAUSE)).used == HOUR
    assert moment(course((timedelta(0), GO), (HOUR, PAUSE)), DUE, OFFICE) is None


def test_shares_come_one_after_the_other_and_wait_while_it_pauses() -> None:
    found = course((timedelta(0), GO))
    assert next_moment(found, (50, 80, 100), MONDAY, OFFICE) == MONDAY + 2 * HOUR
    told = replace(found, fired=(50, 80))
    assert next_moment(told, (50, 80, 100), MONDAY, OFFICE) == MONDAY + 4 * HOUR
    paused = course((timedelta(0), GO), (HOUR, PAUSE))
    assert next_moment(paused, (50, 80, 100), MONDAY + HOUR, OFFICE) is None


def test_what_passed_before_the_end_is_still_to_be_told() -> None:
    found = course((timedelta(0), GO), (3 * HOUR, STOP))
    assert next_moment(found, (50, 80, 100), MONDAY + 3 * HOUR, OFFICE) == MONDAY + 3 * HOUR
    assert next_moment(replace(found, fired=(50,)), (50, 80, 100), MONDAY + 3 * HOUR, OFFICE) is None


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        ([(timedelta(0), GO)], "running"),
        ([(timedelta(0), GO), (HOUR, PAUSE)], "paused"),
        ([(timedelta(0), GO), (3 * HOUR, STOP)], "met"),
        ([(timedelta(0), GO), (5 * HOUR, STOP)], "missed"),
        ([(timedelta(0), GO), (5 * HOUR, GO)], "overdue"),
        ([(timedelta(0), GO), (5 * HOUR, PAUSE)], "overdue"),
        ([(timedelta(0), replace(GO, target=None))], None),
    ],
)
def test_how_it_stands(looks: list[tuple[timedelta, Facts]], said: str | None) -> None:
    assert status(course(*looks), MONDAY + looks[-1][0], OFFICE) == said


def test_another_target_counts_from_the_beginning_and_is_told_of_anew() -> None:
    found = replace(course((timedelta(0), GO)), fired=(80, 100))
    longer = step(found, replace(GO, target="2wd"), MONDAY + 5 * HOUR, OFFICE, restarts=False)
    assert longer is not None
    assert (moment(longer, DUE, OFFICE), longer.fired) == (MONDAY + 33 * HOUR, ())
    shorter = step(found, replace(GO, target="1wh"), MONDAY + 5 * HOUR, OFFICE, restarts=False)
    assert shorter is not None
    assert (moment(shorter, DUE, OFFICE), shorter.fired) == (MONDAY + HOUR, (80, 100))


def test_a_reopened_record_begins_anew_where_that_is_declared() -> None:
    looks = [(timedelta(0), GO), (HOUR, STOP), (30 * HOUR, GO)]
    again = course(*looks, restarts=True)
    assert (again.run, again.started_at, again.used) == (2, MONDAY + 30 * HOUR, timedelta(0))
    assert course(*looks).stopped_at == MONDAY + HOUR


TIMES = st.lists(st.integers(0, 14 * 24 * 60), min_size=1, max_size=8, unique=True).map(sorted)
TARGETS = st.sampled_from(["30m", "4h", "4wh", "20wh", "1wd", "3wd", "2d", 5400])


@given(TIMES, TARGETS, st.booleans())
def test_the_parts_between_pauses_add_up(minutes: list[int], target: str | int, paused: bool) -> None:
    """Whatever the course: what was used is the sum of the running parts, and never what lies in pauses."""
    facts = replace(GO, target=target)
    found = step(None, facts, MONDAY, OFFICE, restarts=False)
    assert found is not None
    expected, since, running = timedelta(0), MONDAY, True
    for minute in minutes:
        now = MONDAY + timedelta(minutes=minute)
        expected += between(OFFICE, found.working, since, now) if running else timedelta(0)
        since, running = now, not running if paused else running
        found = step(found, replace(facts, pauses=not running), now, OFFICE, restarts=False)
        assert found is not None
    assert used(found, since, OFFICE) == expected


@given(st.integers(0, 14 * 24 * 60), TARGETS, st.integers(1, 300))
def test_a_share_has_passed_from_its_moment_on_and_not_before(start: int, target: str | int, share: int) -> None:
    begun = MONDAY + timedelta(minutes=start)
    found = step(None, replace(GO, target=target), begun, OFFICE, restarts=False)
    assert found is not None
    at = moment(found, share, OFFICE)
    assert at is not None
    assert passed(found, share, at, OFFICE)
    assert not passed(found, share, at - timedelta(milliseconds=1), OFFICE)


@given(TIMES, TARGETS)
def test_looking_again_changes_nothing(minutes: list[int], target: str | int) -> None:
    facts = replace(GO, target=target)
    found = step(None, facts, MONDAY, OFFICE, restarts=True)
    for minute in minutes:
        assert step(found, facts, MONDAY + timedelta(minutes=minute), OFFICE, restarts=True) == found
