"""What gave up: listed with its error, tried again with all attempts, discarded; each with a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update

from formline.runtime import given_up, jobs, outbox, tidying
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.tables import delivery, security_event
from formline.runtime.tables import job as job_table
from formline.runtime.tables import outbox as events
from formline.runtime.unit import run_unit
from formline.runtime.worker import Worker

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

NOTE = "kind: object\nname: note\nfields: {name: {type: text}}\n"
USER = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with notes."""
    return make_site([NOTE, USER], database_url)


class Other:
    """Another system: it takes what it is sent only while it is up."""

    def __init__(self, site: Site) -> None:
        self.up = False
        self.got: list[UUID] = []
        self.worker = Worker(site, [outbox.Consumer("other", self.take, ordered=True)])

    def take(self, _site: Site, _connection: Connection | None, event: outbox.Event) -> None:
        """Take an event, or fail."""
        if not self.up:
            raise RuntimeError("down")
        self.got.append(event.delivery)

    def work_off(self, site: Site) -> None:
        """Let the worker try until nothing is left to do."""
        while True:
            with site.writing() as connection:
                past = datetime.now(UTC) - timedelta(seconds=1)
                connection.execute(update(delivery).where(delivery.c.state == "failed").values(run_after=past))
            if not self.worker.step():
                return


def write_note(site: Site) -> UUID:
    """Create a note; return its id."""
    found: list[UUID] = run_unit(site, Actor.system(), lambda unit: unit.create("note", [{"name": "a"}]))
    return found[0]


def failed_jobs(site: Site, count: int) -> list[UUID]:
    """Return jobs of a kind nobody knows, after a worker gave them up."""
    with site.writing() as connection:
        ids = [jobs.enqueue(connection, "of_another_version", {"name": f"Job {n}"}) for n in range(count)]
    worker = Worker(site)
    while worker.step():
        pass
    return ids


def trace(site: Site) -> list[tuple[str, UUID | None, int]]:
    """Return what was noted: event, who, how many."""
    with site.reading() as connection:
        rows = connection.execute(select(security_event).order_by(security_event.c.id)).all()
    return [(row.event, row.actor_id, row.detail["count"]) for row in rows]


def test_a_dead_delivery_is_tried_again_with_its_id(site: Site) -> None:
    """The other side gets it once it is up; the lane went on meanwhile."""
    other, me = Other(site), uuid7()
    write_note(site)
    other.work_off(site)
    with site.reading() as connection:
        (dead,) = given_up.deliveries(connection, 10)
        assert given_up.counts(connection) == {"job": 0, "delivery": 1}
    assert (dead.what, dead.about, dead.error, dead.attempts) == ("other", "created", "RuntimeError: down", 8)
    other.up = True
    with site.writing() as connection:
        assert given_up.retry(connection, "delivery", [dead.id], me, datetime.now(UTC)) == [dead.id]
        assert given_up.retry(connection, "delivery", [dead.id], me, datetime.now(UTC)) == []
    other.work_off(site)
    assert other.got == [dead.id]
    assert trace(site) == [("delivery_retried", me, 1)]


def test_retrying_has_all_attempts_again(site: Site) -> None:
    other = Other(site)
    write_note(site)
    other.work_off(site)
    with site.writing() as connection:
        assert len(given_up.retry(connection, "delivery", None, None, datetime.now(UTC))) == 1
    other.work_off(site)
    with site.reading() as connection:
        assert [one.attempts for one in given_up.deliveries(connection, 10)] == [outbox.ATTEMPTS]


def test_failed_jobs_one_and_all(site: Site) -> None:
    """One is tried again, one discarded, the rest tried again together; what was discarded stays so."""
    ids = failed_jobs(site, 4)
    with site.reading() as connection:
        found = given_up.jobs(connection, 10)
        assert given_up.jobs(connection, 2, 3) == found[3:]
    assert {one.id for one in found} == set(ids)
    assert "of_another_version" in found[0].error
    ran: list[str] = []
    jobs.handler("of_another_version")(lambda running: ran.append(running.job.args["name"]))
    now = datetime.now(UTC)
    with site.writing() as connection:
        assert given_up.retry(connection, "job", [ids[0]], None, now) == [ids[0]]
        assert given_up.discard(connection, "job", [ids[1]], None, now) == [ids[1]]
        assert set(given_up.retry(connection, "job", None, None, now)) == {ids[2], ids[3]}
    worker = Worker(site)
    while worker.step():
        pass
    jobs._handlers.pop("of_another_version")
    assert sorted(ran) == ["Job 0", "Job 2", "Job 3"]
    with site.reading() as connection:
        states = {row.id: row.state for row in connection.execute(select(job_table.c.id, job_table.c.state))}
        assert given_up.counts(connection) == {"job": 0, "delivery": 0}
    assert states == {ids[0]: "done", ids[1]: "discarded", ids[2]: "done", ids[3]: "done"}
    assert [(event, count) for event, _who, count in trace(site)] == [
        ("job_retried", 1),
        ("job_discarded", 1),
        ("job_retried", 2),
    ]


def test_what_is_over_goes_away_and_what_gave_up_stays(site: Site) -> None:
    """Events that all took, deliveries that are over, jobs of regular work; a dead delivery keeps its event."""
    other = Other(site)
    write_note(site)
    other.work_off(site)
    other.up = True
    write_note(site)
    other.work_off(site)
    old = datetime.now(UTC) - tidying.EVENTS - timedelta(days=1)
    with site.writing() as connection:
        connection.execute(update(delivery).where(delivery.c.state == "done").values(finished_at=old))
        connection.execute(update(events).values(dispatched_at=old))
        regular = {"id": uuid7(), "kind": "k", "args": {}, "state": "done", "run_after": old, "created_at": old}
        connection.execute(insert(job_table).values(**regular, finished_at=old, unique_key="periodic:k"))
        job = jobs.enqueue(connection, "forget_events", {})
    Worker(site).step()
    with site.reading() as connection:
        ended = jobs.get(connection, job)
        left = connection.execute(select(delivery.c.state)).scalars().all()
        assert connection.execute(select(func.count()).select_from(events)).scalar() == 1
    assert ended is not None
    assert (ended.state, ended.result, left) == ("done", 3, ["dead"])
