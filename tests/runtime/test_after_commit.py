"""Jobs, leases and the outbox: progress, retries, abandonment, lanes, and effects that happen exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update

from formline.runtime import jobs, leader, outbox
from formline.runtime.keys import uuid7
from formline.runtime.tables import delivery, notification
from formline.runtime.tables import job as job_table
from formline.runtime.tables import leader as leader_table
from formline.runtime.worker import Worker

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

NOTE = "kind: object\nname: note\nfields: {name: {type: text}}\n"
#: What people are, in as few words as records need.
USER = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"
LATER = timedelta(minutes=5)


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with notes."""
    return make_site([NOTE, USER], database_url)


@pytest.fixture
def handled() -> Iterator[list[Any]]:
    """Register a handler of jobs of kind ``test``; return what it was called with."""
    calls: list[Any] = []

    @jobs.handler("test")
    def handle(running: jobs.Running) -> dict[str, int]:
        calls.append(running.job.args)
        if running.job.args.get("fail", 0) > len(calls) - 1:
            raise RuntimeError("not yet")
        running.report(1, 2, "half", force=True)
        return {"calls": len(calls)}

    yield calls
    jobs._handlers.pop("test")


def enqueue(site: Site, **arguments: Any) -> UUID:
    """Add a job of kind ``test``."""
    with site.writing() as connection:
        return jobs.enqueue(connection, "test", arguments)


def found(site: Site, identifier: UUID) -> jobs.Job:
    """Return a job as it is now."""
    with site.reading() as connection:
        job = jobs.get(connection, identifier)
    assert job is not None
    return job


def make_due(site: Site, identifier: UUID) -> None:
    """Let a job's waiting time have passed."""
    with site.writing() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(job_table).where(job_table.c.id == identifier).values(run_after=past))


def test_a_job_runs_once_with_progress_and_result(site: Site, handled: list[Any]) -> None:
    """One step of a worker takes it to its end; the next step finds nothing."""
    identifier = enqueue(site, number=7)
    worker = Worker(site)
    assert worker.step() is True
    assert worker.step() is False
    done = found(site, identifier)
    assert (done.state, done.result, done.progress, done.total, done.message) == ("done", {"calls": 1}, 1, 2, "half")
    assert handled == [{"number": 7}]


def test_a_job_of_an_undone_transaction_never_was(site: Site, handled: list[Any]) -> None:
    """It is enqueued with what asks for it, or not at all."""

    def undone() -> None:
        with site.writing() as connection:
            jobs.enqueue(connection, "test", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert Worker(site).step() is False


def test_a_failing_job_is_tried_again_and_then_fails(site: Site, handled: list[Any]) -> None:
    """Later each time, with the error kept; after the last attempt it stays failed."""
    again = enqueue(site, fail=2)
    worker = Worker(site)
    for attempt in (1, 2):
        worker.step()
        waiting = found(site, again)
        assert (waiting.state, waiting.attempts, waiting.error) == ("waiting", attempt, "RuntimeError: not yet")
        assert worker.step() is False
        make_due(site, again)
    worker.step()
    assert found(site, again).state == "done"
    hopeless = enqueue(site, fail=99)
    for _attempt in range(5):
        make_due(site, hopeless)
        worker.step()
    assert found(site, hopeless).state == "failed"


def test_a_job_whose_process_died_is_taken_over(site: Site, handled: list[Any]) -> None:
    """Once its lease has ended another worker claims it; the dead one's report is refused."""
    identifier = enqueue(site)
    now = datetime.now(UTC)
    dead = uuid7()
    with site.writing() as connection:
        (claimed,) = jobs.claim(connection, dead, now)
    assert Worker(site).step() is False
    with site.writing() as connection:
        (again,) = jobs.claim(connection, uuid7(), now + LATER)
    assert (again.id, again.attempts) == (identifier, 2)
    with pytest.raises(jobs.JobCancelled):
        jobs.Running(site, claimed, dead).report(1, force=True)


def test_two_workers_never_get_the_same_job(site: Site, handled: list[Any]) -> None:
    """Twenty jobs claimed by four threads at once: each exactly once."""
    wanted = {enqueue(site, number=number) for number in range(20)}
    claimed: list[UUID] = []

    def claim() -> None:
        for _round in range(20):
            with site.writing() as connection:
                claimed.extend(job.id for job in jobs.claim(connection, uuid7(), datetime.now(UTC)))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(wanted)
    assert set(claimed) == wanted


def test_cancelling_stops_a_waiting_job_at_once_and_a_running_one_at_its_next_report(
    site: Site, handled: list[Any]
) -> None:
    """The handler is told by an exception from its own report."""
    waiting = enqueue(site)
    with site.writing() as connection:
        assert jobs.cancel(connection, waiting) is True
    assert (found(site, waiting).state, Worker(site).step()) == ("cancelled", False)
    running = enqueue(site)
    holder = uuid7()
    with site.writing() as connection:
        (claimed,) = jobs.claim(connection, holder, datetime.now(UTC))
        jobs.cancel(connection, running)
    jobs.run(site, claimed, holder)
    assert found(site, running).state == "cancelled"


def test_a_unique_key_keeps_one_waiting_job(site: Site, handled: list[Any]) -> None:
    """Asking twice is asking once, until it runs."""
    with site.writing() as connection:
        first = jobs.enqueue(connection, "test", {}, unique_key="nightly")
        assert jobs.enqueue(connection, "test", {}, unique_key="nightly") == first
    Worker(site).step()
    with site.writing() as connection:
        assert jobs.enqueue(connection, "test", {}, unique_key="nightly") != first


def test_one_leads_and_is_replaced_when_it_falls_silent(site: Site) -> None:
    """The lease is renewed by its holder, refused to others, free after its end or when given back."""
    now = datetime.now(UTC)
    one, other = uuid7(), uuid7()
    with site.writing() as connection:
        assert leader.acquire(connection, "w", one, now)
        assert not leader.acquire(connection, "w", other, now + leader.LEASE / 2)
        assert leader.acquire(connection, "w", one, now + leader.LEASE / 2)
        assert leader.holder_of(connection, "w", now + leader.LEASE) == one
        assert leader.acquire(connection, "w", other, now + 2 * leader.LEASE)
        assert not leader.acquire(connection, "w", one, now + 2 * leader.LEASE)
        leader.release(connection, "w", other)
        assert leader.acquire(connection, "w", one, now)
    assert timedelta(seconds=15) > leader.LEASE


def write_notes(site: Site, *names: str) -> list[UUID]:
    """Create notes in one unit."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.unit import run_unit

    return run_unit(site, Actor.system(), lambda unit: unit.create("note", [{"name": name} for name in names]))


def rename(site: Site, identifier: UUID, name: str) -> None:
    """Change a note."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.unit import Change, run_unit

    run_unit(site, Actor.system(), lambda unit: unit.update("note", [Change(identifier, {"name": name})]))


def test_every_consumer_gets_every_event_of_a_committed_unit(site: Site) -> None:
    """One event per unit and object, with all ids; a consumer may want only some."""
    got: dict[str, list[tuple[str, int]]] = {"all": [], "updates": []}
    consumers = (
        outbox.Consumer("all", lambda _site, _c, event: got["all"].append((event.event, len(event.record_ids)))),
        outbox.Consumer(
            "updates",
            lambda _site, _c, event: got["updates"].append((event.event, len(event.record_ids))),
            wants=lambda event, _object: event == "updated",
        ),
    )
    first, _second = write_notes(site, "a", "b")
    rename(site, first, "c")
    worker = Worker(site, consumers)
    assert worker.step() is True
    assert worker.step() is False
    assert got == {"all": [("created", 2), ("updated", 1)], "updates": [("updated", 1)]}


def test_a_database_effect_happens_exactly_once(site: Site) -> None:
    """A consumer that fails after writing leaves nothing; tried again it writes once, with its delivery's end."""
    attempts: list[int] = []

    def note(_site: Site, connection: Connection | None, event: outbox.Event) -> None:
        assert connection is not None
        values = {"id": uuid7(), "user_id": uuid7(), "kind": "test", "title": "t", "created_at": event.created_at}
        connection.execute(insert(notification).values(values))
        attempts.append(1)
        if len(attempts) < 3:
            raise RuntimeError("after writing")

    consumer = outbox.Consumer("notes", note, transactional=True)
    write_notes(site, "a")
    worker = Worker(site, (consumer,))
    for _attempt in range(4):
        worker.step()
        with site.writing() as connection:
            past = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(update(delivery).where(delivery.c.state == "failed").values(run_after=past))
    with site.reading() as connection:
        assert connection.execute(select(func.count()).select_from(notification)).scalar() == 1
        assert outbox.waiting(connection) == {"new": 0}
    assert len(attempts) == 3


def test_a_process_that_lost_its_lease_does_not_act_again(site: Site) -> None:
    """Its transactional consumer is not called: somebody else has the delivery."""
    called: list[int] = []
    consumer = outbox.Consumer("c", lambda _s, _c, _e: called.append(1), transactional=True)
    write_notes(site, "a")
    now = datetime.now(UTC)
    slow = uuid7()
    with site.writing() as connection:
        outbox.dispatch(connection, (consumer,), now)
        ((_consumer, event),) = outbox.claim(connection, (consumer,), slow, now)
        assert outbox.claim(connection, (consumer,), uuid7(), now) == []
        ((_again, taken),) = outbox.claim(connection, (consumer,), uuid7(), now + LATER)
    assert taken.delivery == event.delivery
    outbox.deliver(site, consumer, event, slow)
    assert called == []


def test_an_ordered_consumer_gets_the_events_of_a_record_in_their_order(site: Site) -> None:
    """A failure holds back what comes later for the same record, and for nobody else."""
    seen: list[tuple[UUID, str]] = []
    failures = {"left": 2}

    def see(_site: Site, _connection: Connection | None, event: outbox.Event) -> None:
        if blocked in event.record_ids and failures["left"]:
            failures["left"] -= 1
            raise RuntimeError("not now")
        seen.extend((record, event.event) for record in event.record_ids)

    notes = write_notes(site, *"abcdefgh")
    blocked = notes[0]
    free = next(note for note in notes if outbox.lane_of(note) != outbox.lane_of(blocked))
    for number in range(3):
        rename(site, blocked, f"x{number}")
        rename(site, free, f"y{number}")
    worker = Worker(site, (outbox.Consumer("ordered", see, ordered=True),))
    worker.step()
    assert all(record != blocked for record, _event in seen)
    for _round in range(20):
        with site.writing() as connection:
            past = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(update(delivery).where(delivery.c.state == "failed").values(run_after=past))
        worker.step()
    for note in (blocked, free):
        assert [event for record, event in seen if record == note] == ["created", "updated", "updated", "updated"]


def test_a_delivery_that_never_succeeds_is_dead_and_told(site: Site) -> None:
    """After the last attempt it waits for a person, with the error."""

    def fail(_site: Site, _connection: Connection | None, _event: outbox.Event) -> None:
        raise RuntimeError("the other side is gone")

    write_notes(site, "a")
    worker = Worker(site, (outbox.Consumer("gone", fail),))
    for _attempt in range(outbox.ATTEMPTS + 1):
        worker.step()
        with site.writing() as connection:
            past = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(update(delivery).where(delivery.c.state == "failed").values(run_after=past))
    with site.reading() as connection:
        row = connection.execute(select(delivery.c.state, delivery.c.attempts, delivery.c.error)).one()
    assert tuple(row) == ("dead", outbox.ATTEMPTS, "RuntimeError: the other side is gone")


@pytest.fixture
def import_going_on() -> Iterator[threading.Event]:
    """Register a long kind of job that goes on until the event is set, or for a minute."""
    end = threading.Event()

    @jobs.handler("endless", long=True)
    def go_on(running: jobs.Running) -> bool:
        return end.wait(60)

    yield end
    end.set()
    jobs._handlers.pop("endless")
    jobs._long.discard("endless")


def test_a_long_job_holds_up_neither_mails_nor_events(
    site: Site, handled: list[Any], import_going_on: threading.Event
) -> None:
    """One worker runs the long one and, beside it, what is short; a second long one waits."""
    delivered = threading.Event()

    def end_all(_site: Site, _connection: Connection | None, _event: outbox.Event) -> None:
        delivered.set()

    @jobs.handler("last")
    def last(running: jobs.Running) -> bool:
        """Let the long one end when the event came, too."""
        came = delivered.wait(30)
        import_going_on.set()
        return came

    with site.writing() as connection:
        long = [jobs.enqueue(connection, "endless", {}) for _ in range(2)]
    worker = Worker(site, (outbox.Consumer("c", end_all),))
    started = threading.Thread(target=worker.step)
    started.start()
    wait_for(lambda: found(site, long[0]).state == "running")
    mail = enqueue(site)
    write_notes(site, "a")
    wait_for(lambda: found(site, mail).state == "done" and delivered.is_set())
    assert found(site, long[0]).state == "running"
    assert found(site, long[1]).state == "waiting"
    with site.writing() as connection:
        final = jobs.enqueue(connection, "last", {})
    started.join(30)
    jobs._handlers.pop("last")
    assert (found(site, long[0]).result, found(site, final).result) == (True, True)


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until something holds, a minute at most."""
    end = datetime.now(UTC) + timedelta(seconds=60)
    while not holds():
        assert datetime.now(UTC) < end
        threading.Event().wait(0.01)


def test_urgent_jobs_come_first(site: Site, handled: list[Any]) -> None:
    """By priority, then by age."""
    with site.writing() as connection:
        for number, priority in ((1, 0), (2, 5), (3, -1), (4, 5)):
            jobs.enqueue(connection, "test", {"number": number}, priority=priority)
    worker = Worker(site)
    while worker.step():
        pass
    assert [args["number"] for args in handled] == [2, 4, 1, 3]


def test_who_slept_through_the_lease_does_not_dispatch(site: Site) -> None:
    """A process stopped after it had looked at its lease finds another leading, and leaves the events alone."""
    called: list[int] = []
    sleeper = Worker(site, (outbox.Consumer("c", lambda _s, _c, _e: called.append(1)),))
    assert sleeper.lead()
    with site.writing() as connection:
        connection.execute(update(leader_table).values(lease_until=datetime.now(UTC) - LATER))
        assert leader.acquire(connection, "worker", uuid7(), datetime.now(UTC))
    write_notes(site, "a")
    assert sleeper.step() is False
    assert called == []
    with site.reading() as connection:
        assert outbox.waiting(connection)["new"] == 1


def test_a_job_that_kills_its_processes_is_given_up(site: Site, handled: list[Any]) -> None:
    """Claimed and never ended, as by processes that die; one that wrote a checkpoint meanwhile goes on."""
    deadly, moving = enqueue(site), enqueue(site)
    now = datetime.now(UTC)
    for _attempt in range(5):
        now += LATER
        with site.writing() as connection:
            claimed = jobs.claim(connection, holder := uuid7(), now, 2)
            (one,) = [job for job in claimed if job.id == moving]
            jobs.Running(site, one, holder).checkpoint(connection, progress=1, state={"at": 1})
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder, now + LATER, 2)
    for job in claimed:
        jobs.run(site, job, holder)
    assert len(handled) == 1
    assert found(site, moving).state == "done"
    assert (found(site, deadly).state, found(site, deadly).attempts) == ("failed", 6)
    assert "ended 5 times" in str(found(site, deadly).error)
