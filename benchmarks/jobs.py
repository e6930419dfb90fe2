"""Jobs and events: jobs a second with 1, 2 and 4 workers, how soon one begins, deliveries a second, an idle worker.

``FORMLINE_BENCH_POSTGRESQL`` names the server (empty: SQLite only), ``FORMLINE_BENCH_JOBS`` how many jobs there are.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from benchmarks.measurement import Measurement
from formline.runtime import jobs, outbox
from formline.runtime.access.actor import Actor
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from formline.runtime.tables import job
from formline.runtime.unit import run_unit
from formline.runtime.worker import Worker
from formline.settings import Settings

POSTGRESQL = os.environ.get("FORMLINE_BENCH_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
DATABASE = "formline_bench_jobs"
JOBS = int(os.environ.get("FORMLINE_BENCH_JOBS", "1000"))
EVENTS = 500
KEY = "the key of a measurement, gone with it"
NOTE = """
kind: object
name: note
fields: {name: {type: text}}
---
kind: object
name: user
fields: {name: {type: text}, login: {type: text}, active: {type: boolean}}
"""


@jobs.handler("nothing")
def nothing(running: jobs.Running) -> None:
    """Do nothing: what is measured is the engine."""


def measure() -> Iterator[Measurement]:
    """Measure on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _on(f"sqlite:///{folder}/jobs.db", Path(folder), "SQLite")
        if POSTGRESQL:
            with _database() as url:
                yield from _on(url, Path(folder), "PostgreSQL")


@contextmanager
def _database() -> Iterator[str]:
    url = make_url(POSTGRESQL)
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
        yield url.set(database=DATABASE).render_as_string(False)
        server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _open(url: str, folder: str) -> Site:
    return Site.open(Settings(database_url=url, data_dir=Path(folder), secret_key=KEY))


def _on(url: str, folder: Path, name: str) -> Iterator[Measurement]:
    settings = Settings(database_url=url, data_dir=folder, secret_key=KEY)
    prepare(settings)
    site = Site.open(settings)
    apply(site, plan(site, candidate_of_texts(settings, [NOTE])), "benchmark", Author("benchmark"))
    for workers in (1, 2, 4):
        yield Measurement(f"{name}: {JOBS} jobs, {workers} workers", _rate(site, url, str(folder), workers), "jobs/s")
    yield from _one_worker(site, name)
    site.close()


def _rate(site: Site, url: str, folder: str, workers: int) -> float:
    """Return jobs a second, from when the workers are let loose to the last end."""
    with site.writing() as connection:
        for _ in range(JOBS):
            jobs.enqueue(connection, "nothing", {})
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    processes = [context.Process(target=_work_off, args=(url, folder, ready, go)) for _ in range(workers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    with site.reading() as connection:
        left = connection.execute(select(func.count()).where(job.c.state != "done")).scalar_one()
        last = connection.execute(select(func.max(job.c.finished_at))).scalar_one()
        newest = select(job.c.id).order_by(job.c.id.desc()).limit(JOBS)
        first = connection.execute(select(func.min(job.c.started_at)).where(job.c.id.in_(newest))).scalar_one()
    assert not left, f"{left} jobs are left after {time.perf_counter() - began:.0f} s"
    return JOBS / float((last - first).total_seconds())


def _work_off(url: str, folder: str, ready: Any, go: Any) -> None:
    site = _open(url, folder)
    worker = Worker(site)
    ready.release()
    go.wait()
    while worker.step():
        pass
    site.close()


def _one_worker(site: Site, name: str) -> Iterator[Measurement]:
    """Yield what one running worker does: begin a job, deliver events, wait."""
    got: list[int] = []
    consumer = outbox.Consumer("all", lambda _site, _connection, event: got.append(event.outbox), ordered=True)
    worker = Worker(site, [consumer])
    with _running(worker):
        waits = [_wait(site) for _ in range(20)]
        yield Measurement(f"{name}: a job begins after (median)", statistics.median(waits) * 1000, "ms")
        yield Measurement(f"{name}: a job begins after (longest of 20)", max(waits) * 1000, "ms")
        spent, began = time.process_time(), time.perf_counter()
        threading.Event().wait(5)
        idle = (time.process_time() - spent) / (time.perf_counter() - began)
        yield Measurement(f"{name}: an idle worker", idle * 100, "% of a core")
    for number in range(EVENTS):
        run_unit(site, Actor.system(), lambda unit, n=number: unit.create("note", [{"name": str(n)}]))
    got.clear()
    worker = Worker(site, [consumer])
    began = time.perf_counter()
    while worker.step():
        pass
    yield Measurement(f"{name}: events drained", len(got) / (time.perf_counter() - began), "deliveries/s")


@contextmanager
def _running(worker: Worker) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()


def _wait(site: Site) -> float:
    """Return the seconds from the commit that asks for a job to its beginning."""
    with site.writing() as connection:
        identifier = jobs.enqueue(connection, "nothing", {})
    asked = datetime.now(UTC)
    while (at := _started(site, identifier)) is None:
        time.sleep(0.005)
    return max(0.0, (at - asked).total_seconds())


def _started(site: Site, identifier: Any) -> datetime | None:
    with site.reading() as connection:
        found = jobs.get(connection, identifier)
    return found.started_at if found else None
