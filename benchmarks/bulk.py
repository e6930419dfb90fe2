"""Records per second of one change to 10,000 records by a job, through rights, rules and history, and of its undo."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from benchmarks import platform_site
from benchmarks.measurement import Measurement
from benchmarks.requests import database
from formline.runtime import bulk, bulk_undo, jobs
from formline.runtime.access import load_actor
from formline.runtime.site import Site

RECORDS = 10_000
HOLDER = UUID(int=1)


def measure() -> Iterator[Measurement]:
    """Yield records per second of the change and of taking it back, on both databases."""
    for kind in ("sqlite", "postgresql"):
        with database(kind, "formline_bench_bulk") as url, platform_site.site_at(url) as site:
            platform_site.fill(site, RECORDS)
            people = site.release.model("user")
            with site.writing() as connection:
                person = connection.execute(select(people.id).limit(1)).scalar_one()
                actor = load_actor(connection, site.release, person)
                change = bulk.enqueue(connection, actor, "deal", None, "", {"note": "changed by many"})
            yield Measurement(f"{kind}: {RECORDS:,} records changed by a job", _run(site, change), "records/s")
            with site.writing() as connection:
                undo = bulk_undo.enqueue(connection, actor, change, datetime.now(UTC))
            yield Measurement(f"{kind}: the same taken back", _run(site, undo), "records/s")


def _run(site: Site, key: UUID) -> float:
    with site.writing() as connection:
        claimed = jobs.claim_one(connection, key, HOLDER, datetime.now(UTC))
    if claimed is None:
        raise RuntimeError("The job could not be claimed.")
    start = time.perf_counter()
    jobs.run(site, claimed, HOLDER)
    seconds = time.perf_counter() - start
    with site.reading() as connection:
        done = jobs.get(connection, key)
    if done is None or done.state != "done" or done.result["changed"] != RECORDS:
        raise RuntimeError(f"The job did not change {RECORDS:,} records: {done}")
    return RECORDS / seconds
