"""What time sets off: schedules, dates, waits; each moment once, also after an outage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from formline.runtime import jobs, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.calendars import national
from formline.runtime.calendars.working_time import WEEK, WorkingTime
from formline.runtime.keys import uuid7
from formline.runtime.tables import job
from formline.runtime.unit import run_unit
from formline.workflow.automation import schedules
from formline.workflow.automation.dates import bounds, moment_of, pass_time
from formline.workflow.automation.waiting import WAKE, go_on
from tests.workflow.automation.conftest import automation, change, move, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]
TASK = "[{create: task, values: {name: {expression: name}}}]"


def test_a_schedule_runs_for_the_records_of_which_the_condition_holds(firm: Firm) -> None:
    """In its time zone; a job that comes again at the same time does nothing again."""
    site = firm(
        automation("monday", "{schedule: '0 6 * * 1', zone: Asia/Shanghai}", TASK, "when: amount > 1"),
    )
    (table,) = [one for one in periodic.timetables(site.release) if one.kind == schedules.KIND]
    assert table.after(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 3, 1, 22, tzinfo=UTC)
    for name, amount in (("a", 1), ("b", 2), ("c", 3)):
        write(site, "deal", name=name, amount=amount)
    work(site)
    for at in ("2026-03-01T22:00:00+00:00", "2026-03-01T22:00:00+00:00", "2026-03-08T22:00:00+00:00"):
        with site.writing() as connection:
            jobs.enqueue(connection, schedules.KIND, {**table.args, "at": at})
        work(site)
    assert [row["name"] for row in rows(site, "task")] == ["b", "c", "b", "c"]
    assert {(run.state, run.trigger, run.run_as) for run in runs(site)} == {("done", "schedule", "system")}


def test_a_date_comes_once_for_each_offset_and_again_when_it_moves(firm: Firm) -> None:
    """The first look only notes the time; a missed day is made up; a new date is a new moment."""
    site = firm(automation("end", "{date: day, offset: [-2d, 1mo], at: '09:00'}", TASK, "when: amount != 0"))
    zone = site.release.zone
    nine = datetime(2026, 3, 29, 9, tzinfo=zone)
    key = write(site, "deal", name="x", day=date(2026, 3, 31))
    write(site, "deal", name="closed", day=date(2026, 3, 31), amount=0)
    assert pass_time(site, nine - timedelta(minutes=1)) == 0
    assert pass_time(site, nine) == 2  # for one of them the condition does not hold
    assert pass_time(site, nine) == 0
    assert pass_time(site, nine + timedelta(days=3)) == 0
    assert [row["name"] for row in rows(site, "task")] == ["x"]
    change(site, "deal", key, day=date(2026, 4, 5))
    assert pass_time(site, nine + timedelta(days=6)) == 1  # 3 April at nine, two days late
    assert pass_time(site, datetime(2026, 5, 5, 8, 59, tzinfo=zone)) == 1  # the other one's month, to 30 April
    assert pass_time(site, datetime(2026, 5, 5, 9, tzinfo=zone)) == 1
    assert [row["name"] for row in rows(site, "task")] == ["x", "x", "x"]


def test_a_moment_has_its_own_time_of_day(firm: Firm) -> None:
    site = firm(automation("before", "{date: moment, offset: -30m}", TASK))
    start = datetime(2026, 3, 29, 12, tzinfo=UTC)
    write(site, "deal", name="x", moment=start)
    pass_time(site, start - timedelta(hours=1))
    assert pass_time(site, start - timedelta(minutes=31)) == 0
    assert pass_time(site, start - timedelta(minutes=30)) == 1


def test_no_date_is_overlooked(firm: Firm) -> None:
    """Whatever the offset and however the looks are spaced: the rows looked at have the dates that are due."""
    offsets = ["", "-1d", "3w", "-1mo", "1mo", "1y", "-5h", "90m", "-3wd", "5wd"]
    site = firm(*(automation(f"a{n}", f"{{date: day, offset: {one or '1d'}}}", TASK) for n, one in enumerate(offsets)))
    release = site.release
    calendar = WorkingTime(release.zone, WEEK, lambda day: national.special("CN", day))

    @settings(max_examples=200, deadline=None)
    @given(
        st.integers(0, len(offsets) - 1),
        st.dates(date(2024, 1, 1), date(2028, 12, 31)),
        st.integers(1, 5000),
        st.data(),
    )
    def check(number: int, day: date, minutes: int, data: st.DataObject) -> None:
        one = release.catalog.get("automation", f"a{number}")
        offset = offsets[number]
        moment = moment_of(one, day, offset, site, calendar)
        until = moment + timedelta(minutes=data.draw(st.integers(0, minutes - 1)))
        low, high = bounds(one, offset, until - timedelta(minutes=minutes), until, site, calendar)
        assert low <= day <= high

    check()


def test_a_run_waits_and_goes_on_with_what_is_left(firm: Firm) -> None:
    """Also out of a branch, also twice; a record that is gone ends it."""
    site = firm(
        automation(
            "nurse",
            "created",
            "[{if: amount > 1, then: [{set: {note: a}}, {wait: 2d}, {set: {note: '{note}b'}}]},"
            " {set: {note: '{note}c'}}, {wait: 1wd}, {set: {note: '{note}d'}}]",
            "run_as: system",
        )
    )
    write(site, "deal", name="x", amount=2)
    work(site)
    (run,) = runs(site)
    assert (run.state, rows(site, "deal")[0]["note"]) == ("waiting", "a")
    assert abs(run.wake_at - run.at - timedelta(days=2)) < timedelta(minutes=1)
    for notes in ("abc", "abcd"):
        come(site)
        work(site)
        assert rows(site, "deal")[0]["note"] == notes
    (run,) = runs(site)
    assert (run.state, run.rest, run.wake_at) == ("done", None, None)
    assert [step["do"] for step in run.trace] == ["if", "set", "wait", "set", "set", "wait", "set"]


LINES = [{"name": "a", "amount": 1}, {"name": "b", "amount": 2}, {"name": "c", "amount": 3}]


def notes(site: Site) -> list[str]:
    return sorted(row["name"] for row in rows(site, "task"))


def test_items_of_a_loop_wait_and_what_follows_waits_for_them(firm: Firm) -> None:
    """Only those of which the condition holds; the others go on at once, and nothing is done twice."""
    say = "{create: task, values: {name: '{one.name}%s'}}"
    loop = f"[{say % 1}, {{wait: 2d, when: one.amount > 1}}, {say % 2}, {{wait: 1d, when: one.amount > 2}}, {say % 3}]"
    site = firm(
        automation(
            "visit",
            "created",
            f"[{{for_each: lines, as: one, do: {loop}}}, {{create: task, values: {{name: end}}}}]",
            "run_as: system",
        )
    )
    run_unit(site, Actor.system(), lambda unit: unit.create("deal", [{"name": "x", "lines": LINES}]))
    work(site)
    assert notes(site) == ["a1", "a2", "a3", "b1", "c1"]
    (run,) = runs(site)
    assert run.state == "waiting"
    come(site)
    work(site)
    assert notes(site) == ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2"]
    come(site)
    work(site)
    assert notes(site)[-2:] == ["c3", "end"]
    (run,) = runs(site)
    assert (run.state, run.rest) == ("done", None)
    assert [step.get("item") for step in run.trace if step["do"] == "wait"] == [[1], [2], [3], [1], [2], [3]]


def test_loops_in_loops_wait_and_an_item_that_is_gone_holds_up_nothing(firm: Firm) -> None:
    site = firm(
        automation(
            "rounds",
            "created",
            "[{for_each: lines, as: one, do: [{for_each: lines, as: two, do: [{wait: 1d, when: two.amount == 3},"
            " {create: task, values: {name: '{one.name}{two.name}'}}]},"
            " {create: task, values: {name: '{one.name}.'}}]},"
            " {create: task, values: {name: end}}]",
            "run_as: system",
        )
    )
    run_unit(site, Actor.system(), lambda unit: unit.create("deal", [{"name": "x", "lines": LINES}]))
    work(site)
    assert notes(site) == ["aa", "ab", "ba", "bb", "ca", "cb"]
    gone = next(row["id"] for row in rows(site, "line") if row["name"] == "b")
    run_unit(site, Actor.system(), lambda unit: unit.delete("line", [gone]))
    come(site)
    work(site)
    assert set(notes(site)) - {"aa", "ab", "ba", "bb", "ca", "cb"} == {"ac", "cc", "a.", "c.", "end"}
    assert runs(site)[0].state == "done"


def test_a_wait_at_the_end_of_a_loop_holds_what_follows_and_a_stop_ends_it(firm: Firm) -> None:
    site = firm(
        automation(
            "pause",
            "created",
            "[{for_each: lines, as: one, do: [{wait: 1d}]}, {stop: enough, when: amount > 5}, {set: {note: later}}]",
            "run_as: system",
        )
    )
    for amount in (1, 9):
        values = {"name": "x", "amount": amount, "lines": LINES}
        run_unit(site, Actor.system(), lambda unit, values=values: unit.create("deal", [values]))
    work(site)
    assert [run.state for run in runs(site)] == ["waiting", "waiting"]
    come(site)
    work(site)
    assert [run.state for run in runs(site)] == ["done", "stopped"]
    assert [row["note"] for row in rows(site, "deal")] == ["later", None]


WORKING: list[tuple[str, str, str]] = [
    ("2026-03-31", "-3wd", "2026-03-26"),  # a Tuesday; over a weekend
    ("2026-03-28", "-1wd", "2026-03-27"),  # a Saturday
    ("2026-03-28", "1wd", "2026-03-30"),
    ("2026-03-27", "2wd", "2026-03-31"),
]


@pytest.mark.parametrize(("day", "offset", "comes"), WORKING)
def test_an_offset_counts_working_days(firm: Firm, day: str, offset: str, comes: str) -> None:
    """Each record once, also those whose days off have the same working day before them."""
    site = firm(automation("end", f"{{date: day, offset: {offset}, at: '09:00'}}", TASK))
    nine = datetime.combine(date.fromisoformat(comes), time(9), site.release.zone)
    write(site, "deal", name="x", day=date.fromisoformat(day))
    write(site, "deal", name="far", day=date.fromisoformat(day) + timedelta(days=30))
    assert pass_time(site, nine - timedelta(minutes=1)) == 0
    assert pass_time(site, nine) == 1
    assert pass_time(site, nine + timedelta(days=1)) == 0
    assert [row["name"] for row in rows(site, "task")] == ["x"]


def come(site: Site) -> None:
    """Let the time of what waits come."""
    with site.writing() as connection:
        waiting = update(job).where(job.c.kind == WAKE, job.c.state == "waiting")
        connection.execute(waiting.values(run_after=datetime.now(UTC)))


def test_a_wait_after_a_transition_goes_on_too(firm: Firm) -> None:
    machine_with = (
        "\n---\nkind: state_machine\nname: stages\nobject: deal\ninitial: open\n"
        "states: {open: {}, proposed: {}, won: {}, lost: {}}\n"
        "transitions:\n  propose: {from: open, to: proposed, after: [{wait: 3d}, {transition: win}]}\n"
        "  win: {from: proposed, to: won}\n  lose: {from: [open, proposed], to: lost}\n"
    )
    site = firm(machine=machine_with)
    key = write(site, "deal", name="x")
    move(site, key, "propose")
    assert runs(site)[0].state == "waiting"
    come(site)
    work(site)
    assert rows(site, "deal")[0]["stage"] == "won"
    move(site, write(site, "deal", name="y"), "propose")
    second = rows(site, "deal")[1]["id"]
    move(site, second, "lose")
    come(site)
    work(site)
    failed = runs(site)[-1]
    assert (failed.state, "win" in failed.error) == ("failed", True)


def test_a_worker_that_dies_while_a_run_goes_on_loses_and_doubles_nothing(firm: Firm) -> None:
    """The row changes in the transaction of what is left: it is done with it, or waits without it."""
    site = firm(automation("later", "created", "[{wait: 1d}, {create: task, values: {name: later}}]", "run_as: system"))
    write(site, "deal", name="x")
    work(site)
    come(site)
    claimed = claim(site)
    assert go_on(site, runs(site)[0].id, ("waiting",)) == "done"  # and the process dies before its job is marked
    with site.writing() as connection:
        connection.execute(update(job).where(job.c.id == claimed).values(state="waiting", leased_by=None))
    work(site)
    assert [row["name"] for row in rows(site, "task")] == ["later"]


def claim(site: Site) -> UUID:
    """Take the job that wakes the run, as a worker does."""
    with site.writing() as connection:
        jobs.claim(connection, uuid7(), datetime.now(UTC))
        found: UUID = connection.execute(select(job.c.id).where(job.c.kind == WAKE)).scalar_one()
        return found
