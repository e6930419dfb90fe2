"""What time sets off: schedules, dates, waits; each moment once, also after an outage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from formline.runtime import jobs, periodic
from formline.runtime.keys import uuid7
from formline.runtime.tables import job
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
    offsets = ["", "-1d", "3w", "-1mo", "1mo", "1y", "-5h", "90m"]
    site = firm(*(automation(f"a{n}", f"{{date: day, offset: {one or '1d'}}}", TASK) for n, one in enumerate(offsets)))
    release = site.release

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
        moment = moment_of(one, day, offset, site)
        until = moment + timedelta(minutes=data.draw(st.integers(0, minutes - 1)))
        low, high = bounds(one, offset, until - timedelta(minutes=minutes), until, site)
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
