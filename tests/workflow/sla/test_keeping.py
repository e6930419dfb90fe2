"""Clocks of records: kept right on every path, in the same transaction; actions carried out once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from formline.workflow.sla.surveying import look_at_all
from tests.fixtures.sites import publish
from tests.workflow.sla.desk import DAY, HOUR, LEVELS, MINUTE, MONDAY, TEXTS, Desk


def test_a_clock_goes_over_several_states_and_pauses(desk: Desk) -> None:
    key = desk.open()
    assert desk.read(key, "solve_by", "solving") == (MONDAY + 9 * HOUR, "running")
    desk.move(key, "take", 1 * HOUR)
    assert desk.read(key, "solve_by") == (MONDAY + 9 * HOUR,)
    desk.move(key, "wait", 3 * HOUR)
    assert desk.read(key, "solve_by", "solving") == (None, "paused")
    desk.move(key, "resume", DAY)
    assert desk.read(key, "solve_by", "solving") == (MONDAY + DAY + 6 * HOUR, "running")
    desk.move(key, "solve", DAY + 2 * HOUR)
    assert desk.read(key, "solving") == ("met",)
    (clock,) = desk.clocks(key, "solve")
    assert (clock["used"], clock["next_at"]) == (5 * 3600, MONDAY + DAY + 2 * HOUR)


def test_a_reopened_record_gets_a_clock_of_its_own(desk: Desk) -> None:
    key = desk.open()
    desk.move(key, "solve", HOUR)
    desk.move(key, "reopen", 2 * DAY)
    first, second = desk.clocks(key, "solve")
    assert (first["stopped_at"], second["run"], second["started_at"]) == (MONDAY + HOUR, 2, MONDAY + 2 * DAY)
    assert desk.read(key, "solve_by", "solving") == (MONDAY + 2 * DAY + 9 * HOUR, "running")


@pytest.mark.parametrize(
    ("values", "due"),
    [
        ({}, 4 * HOUR),
        ({"client": "vip"}, 30 * MINUTE),
        ({"client": "usual", "priority": "high"}, 2 * HOUR),
        ({"opened_at": MONDAY - 1 * DAY}, 4 * HOUR),  # a Sunday
        ({"opened_at": MONDAY - 2 * DAY}, -2 * DAY + 4 * HOUR),  # a Saturday that is worked after the spring festival
        ({"client": "tokyo", "opened_at": MONDAY - 2 * HOUR}, 3 * HOUR),
    ],
)
def test_the_target_and_the_calendar_are_those_of_the_record(
    desk: Desk, values: dict[str, Any], due: timedelta
) -> None:
    desk.add("promise", level="high", within="2h")
    if "client" in values:
        level = "vip" if values["client"] == "vip" else "usual"
        tokyo = desk.add("calendar", name="Tokyo", hours="09:00-19:00", time_zone="Asia/Tokyo")
        calendar = tokyo if values["client"] == "tokyo" else None
        values = {**values, "client": desk.add("client", name="ACME", level=level, calendar=calendar)}
    assert desk.read(desk.open(**values), "answer_by") == (MONDAY + due,)


def test_another_priority_gives_another_time_at_once(desk: Desk) -> None:
    desk.add("promise", level="high", within="2h")
    key = desk.open()
    desk.change(key, HOUR, priority="high")
    assert desk.read(key, "answer_by") == (MONDAY + 2 * HOUR,)


def test_actions_are_carried_out_once_as_their_time_comes(desk: Desk) -> None:
    key = desk.open()
    assert desk.fire(3 * HOUR) == 0
    assert desk.read(key, "told", "escalated") == (0, 0)
    assert desk.fire(5 * HOUR) == 2  # the first answer is overdue, too
    assert desk.fire(5 * HOUR) == 0
    assert desk.read(key, "told", "escalated", "solving") == (1, 0, "running")
    assert desk.fire(9 * HOUR) == 1
    assert desk.read(key, "told", "escalated", "solving") == (1, 1, "overdue")
    assert desk.fire(9 * DAY) == 0


def test_what_passed_before_the_end_is_done_all_the_same(desk: Desk) -> None:
    key = desk.open()
    desk.move(key, "solve", 30 * HOUR)
    desk.fire(30 * HOUR)
    assert desk.read(key, "told", "escalated", "solving") == (1, 1, "missed")


def test_a_pause_holds_the_actions_back(desk: Desk) -> None:
    key = desk.open()
    desk.move(key, "take", MINUTE)
    desk.move(key, "wait", HOUR)
    desk.fire(20 * DAY)
    assert desk.read(key, "told", "escalated") == (0, 0)


def test_a_state_has_a_limit_on_the_working_calendar(desk: Desk) -> None:
    key = desk.open()
    desk.move(key, "take", HOUR)
    (clock,) = desk.clocks(key, "ticket_status/working")
    assert clock["due_at"] == MONDAY + 2 * DAY + HOUR
    desk.fire(2 * DAY + HOUR)
    assert desk.read(key, "reminded") == (1,)
    desk.move(key, "wait", 3 * DAY)
    desk.move(key, "resume", 4 * DAY)
    desk.fire(4 * DAY + HOUR)
    assert desk.read(key, "reminded") == (1,)
    desk.fire(8 * DAY)
    assert desk.read(key, "reminded") == (2,)


def test_a_deleted_record_is_left_alone_and_one_that_comes_back_goes_on(desk: Desk) -> None:
    key = desk.open()
    deletion = desk.run(lambda unit: unit.delete("ticket", [key]), HOUR)
    desk.fire(6 * HOUR)
    assert [one["next_at"] for one in desk.clocks(key, "solve")] == [None]
    desk.run(lambda unit: unit.restore(deletion.deletion_id), 7 * HOUR)
    look_at_all(desk.site, MONDAY + 7 * HOUR)
    desk.fire(9 * HOUR)
    assert desk.read(key, "told", "escalated") == (1, 1)


def test_one_record_whose_actions_fail_holds_up_no_other(desk: Desk) -> None:
    bad, good = desk.open(told=2**31 - 1), desk.open()
    stricter = TEXTS[-2].replace("told: {type: integer, default: 0}", "told: {type: integer, default: 0, max: 9}")
    publish(desk.site, [*TEXTS[:-2], stricter, LEVELS])
    desk.fire(5 * HOUR)
    assert desk.read(good, "told") == (1,)
    (clock,) = desk.clocks(bad, "solve")
    assert clock["failure"]
    assert clock["next_at"] == MONDAY + 6 * HOUR
    desk.change(bad, 5 * HOUR, told=1)
    desk.fire(6 * HOUR)
    assert (desk.read(bad, "told"), desk.clocks(bad, "solve")[0]["failure"]) == ((2,), None)


def test_records_from_before_get_their_clock_with_the_next_look(make_site: Any, database_url: str) -> None:
    desk = Desk(make_site(TEXTS[:-1], database_url))
    key = desk.open()
    desk.move(key, "take", HOUR)
    publish(desk.site, TEXTS)
    assert desk.clocks(key, "solve") == []
    look_at_all(desk.site, MONDAY + 2 * HOUR)
    assert desk.read(key, "solve_by", "solving") == (MONDAY + DAY + 2 * HOUR, "running")
    assert look_at_all(desk.site, MONDAY + 2 * HOUR) == 0


def test_a_limit_added_later_counts_from_when_the_state_was_entered(make_site: Any, database_url: str) -> None:
    limit = ", limit: {time: 2wd, actions: [{set: {reminded: reminded + 1}}]}"
    without = [*TEXTS[:-2], TEXTS[-2].replace(limit, ""), LEVELS]
    desk = Desk(make_site(without, database_url))
    key = desk.open()
    desk.move(key, "take", HOUR)
    publish(desk.site, TEXTS)
    look_at_all(desk.site, MONDAY + 3 * DAY)
    (clock,) = desk.clocks(key, "ticket_status/working")
    assert clock["started_at"] == MONDAY + HOUR


def test_other_records_and_calendars_reach_a_clock_with_the_next_look(desk: Desk) -> None:
    client = desk.add("client", name="ACME")
    key = desk.open(client=client)
    desk.change(client, HOUR, "client", level="vip")
    look_at_all(desk.site, MONDAY + HOUR)
    assert desk.read(key, "answer_by") == (MONDAY + 30 * MINUTE,)


def test_what_clocks_say_is_no_change_of_the_record(desk: Desk) -> None:
    key = desk.open()
    desk.fire(9 * HOUR + DAY)
    version, told = desk.read(key, "version", "told")
    assert (version, told) == (3, 1)  # two actions set something; the clock itself moved nothing
