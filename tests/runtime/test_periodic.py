"""Regular work: enqueued once per time, whoever leads."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from formline.runtime import jobs, periodic
from formline.runtime.keys import uuid7
from formline.runtime.periodic import Timetable
from formline.runtime.site import Site
from formline.runtime.tables import job, schedule
from tests.fixtures.sites import settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.sites import MakeSite

NOW = datetime(2025, 3, 1, tzinfo=UTC)
NOTE = "kind: object\nname: note\nfields: {name: {type: text}}\n"
USER = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with notes."""
    return make_site([NOTE, USER], database_url)


@pytest.fixture
def sweeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be one kind of regular work, every hour."""
    monkeypatch.setattr(periodic, "_intervals", {})
    periodic.every("sweep", timedelta(hours=1))(lambda running: None)


@pytest.mark.parametrize(
    ("minutes", "enqueued"),
    [((0,), 0), ((0, 30), 0), ((0, 30, 60), 1), ((0, 60, 120), 1), ((0, 600), 1)],
    ids=["new", "too early", "an hour later", "the first still waits", "missed times are one run"],
)
@pytest.mark.usefixtures("sweeping")
def test_enqueued_when_due(site: Site, minutes: tuple[int, ...], enqueued: int) -> None:
    """Looking at any minute enqueues at most one job that waits."""
    for minute in minutes:
        with site.writing() as connection:
            periodic.enqueue_due(connection, NOW + timedelta(minutes=minute))
    with site.reading() as connection:
        assert len(connection.execute(select(job.c.id).where(job.c.kind == "sweep")).all()) == enqueued


@pytest.mark.usefixtures("sweeping")
def test_due_again_after_its_interval(site: Site) -> None:
    """The next time is an interval after the last run, and the job is there to be claimed."""
    with site.writing() as connection:
        assert periodic.enqueue_due(connection, NOW) == []
        assert periodic.enqueue_due(connection, NOW + timedelta(hours=1)) == ["sweep"]
    with site.reading() as connection:
        assert not periodic.any_due(connection, NOW + timedelta(minutes=119))
        assert periodic.any_due(connection, NOW + timedelta(minutes=120))
        assert jobs.any_due(connection, datetime.now(UTC))


@pytest.mark.usefixtures("sweeping")
def test_no_second_run_beside_one_that_takes_longer_than_its_interval(site: Site) -> None:
    """While a run goes on its times pass; the next one after its end comes again."""
    with site.writing() as connection:
        periodic.enqueue_due(connection, NOW)
        periodic.enqueue_due(connection, NOW + timedelta(hours=1))
        (running,) = jobs.claim(connection, holder := uuid7(), datetime.now(UTC))
        periodic.enqueue_due(connection, NOW + timedelta(hours=2))
    assert enqueued(site) == 1
    jobs.run(site, running, holder)
    with site.writing() as connection:
        periodic.enqueue_due(connection, NOW + timedelta(hours=3))
    assert enqueued(site) == 2


BERLIN = ZoneInfo("Europe/Berlin")
MONDAYS = Timetable("mondays", "0 6 * * 1", BERLIN, "tell", {"of": "rule"})


def enqueued(site: Site) -> int:
    """Return how many jobs of the kind there ever were."""
    with site.reading() as connection:
        return len(connection.execute(select(job.c.id).where(job.c.kind == "sweep")).all())


def run_at(site: Site, *moments: datetime, tables: tuple[Timetable, ...]) -> list[str]:
    """Look at each moment, end what was enqueued, and return for which times there were jobs."""
    for moment in moments:
        with site.writing() as connection:
            periodic.enqueue_due(connection, moment, tables)
            connection.execute(job.update().values(state="done"))
    with site.reading() as connection:
        found = connection.execute(select(job.c.args).where(job.c.kind == "tell").order_by(job.c.id)).scalars()
        return [args["at"] for args in found]


@pytest.mark.usefixtures("sweeping")
def test_a_timetable_follows_the_wall_clock(site: Site) -> None:
    """Six in the morning is another moment in summer; the job knows for which time it is."""
    at = run_at(site, *(NOW + timedelta(days=number) for number in range(39)), tables=(MONDAYS,))
    assert at == [
        "2025-03-03T05:00:00+00:00",
        "2025-03-10T05:00:00+00:00",
        "2025-03-17T05:00:00+00:00",
        "2025-03-24T05:00:00+00:00",
        "2025-03-31T04:00:00+00:00",
        "2025-04-07T04:00:00+00:00",
    ]


@pytest.mark.usefixtures("sweeping")
def test_missed_times_of_a_timetable_are_one_run(site: Site) -> None:
    """After a pause of a month there is one job, for the first time that was missed, and then the next Monday."""
    at = run_at(site, NOW, NOW + timedelta(days=30), NOW + timedelta(days=30, hours=1), tables=(MONDAYS,))
    assert at == ["2025-03-03T05:00:00+00:00"]
    with site.reading() as connection:
        following = connection.execute(select(schedule.c.next_at).where(schedule.c.name == MONDAYS.key)).scalar_one()
    assert following.isoformat() == "2025-03-31T04:00:00+00:00"


@pytest.mark.usefixtures("sweeping")
def test_another_rhythm_begins_anew_and_what_no_definition_names_is_forgotten(site: Site) -> None:
    daily = Timetable("mondays", "0 6 * * *", BERLIN, "tell")
    assert run_at(site, NOW, tables=(MONDAYS,)) == []
    assert run_at(site, NOW + timedelta(days=30), tables=(daily,)) == []
    assert run_at(site, NOW + timedelta(days=31), tables=(daily,)) == ["2025-03-31T04:00:00+00:00"]
    assert run_at(site, NOW + timedelta(days=60), tables=()) == ["2025-03-31T04:00:00+00:00"]
    with site.reading() as connection:
        names = set(connection.execute(select(schedule.c.name)).scalars())
    assert names == {"sweep"}


def look_often(url: str, folder: Path, start: Any) -> None:
    """Look at every quarter of an hour of a week, and end each job at once."""
    periodic._intervals.clear()
    opened = Site.open(settings_for(url, folder))
    start.wait()
    for number in range(4 * 24 * 7):
        with opened.writing() as connection:
            periodic.enqueue_due(connection, NOW + timedelta(minutes=15 * number), (HOURLY,))
            connection.execute(job.update().where(job.c.state == "waiting").values(state="done"))
    opened.close()


HOURLY = Timetable("hourly", "30 */6 * * *", BERLIN, "tell")


@pytest.mark.slow
def test_two_processes_that_both_believe_to_lead_enqueue_each_time_once(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    with site.writing() as connection:
        periodic.enqueue_due(connection, NOW, (HOURLY,))
    context = multiprocessing.get_context("spawn")
    start = context.Event()
    both = [context.Process(target=look_often, args=(database_url, tmp_path, start)) for _ in range(2)]
    for process in both:
        process.start()
    start.set()
    for process in both:
        process.join(120)
        assert process.exitcode == 0
    with site.reading() as connection:
        at = [args["at"] for args in connection.execute(select(job.c.args).where(job.c.kind == "tell")).scalars()]
    assert len(at) == len(set(at))
    assert len(at) >= 4 * 7 - 2
