"""Import rows per second: the platform's importer with rules, rights, history and outbox, against bare inserts."""

from __future__ import annotations

import csv
import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks import platform_site
from benchmarks.limit import tables as limit_tables
from benchmarks.measurement import Measurement
from benchmarks.requests import database
from formline.cli.importing import run_import
from formline.runtime.engines import open_engines
from formline.runtime.importing import imports, job
from formline.runtime.importing.job import enqueue_import
from formline.runtime.importing.report import Report
from formline.runtime.keys import uuid7s
from formline.runtime.site import Site
from formline.settings import Settings

ROWS = 20_000
MANY = 100_000
#: Of the many rows, so many change records of the first import.
MATCHED = 50_000


def measure() -> Iterator[Measurement]:
    """Yield rows per second of both ways on both databases, and their ratio."""
    for kind in ("sqlite", "postgresql"):
        bare = _bare(kind)
        ours = _imported(kind)
        yield Measurement(f"{kind}: bare batched inserts with an audit row each", bare, "rows/s")
        yield Measurement(f"{kind}: import", ours, "rows/s")
        yield Measurement(f"{kind}: import / bare", ours / bare, "x", ">= 0.5")
        yield Measurement(f"{kind}: 100,000 rows with rules and matching", _matched(kind), "rows/s")


def _bare(kind: str) -> float:
    with database(kind, "formline_bench_bare") as url:
        engines = open_engines(Settings(database_url=url))
        limit_tables.fill(engines.write, 1)
        source = limit_tables.values(ROWS)
        start = time.perf_counter()
        while batch := list(itertools.islice(source, 250)):
            keys = uuid7s(len(batch))
            for row, key in zip(batch, keys, strict=True):
                row.update(id=key, version=1, created_at=row["last_call"], updated_at=row["last_call"])
            notes = [
                {"id": key, "deal_id": key, "at": row["last_call"], "action": "created", "changes": str(row["name"])}
                for row, key in zip(batch, keys, strict=True)
            ]
            with engines.write.begin() as connection:
                connection.execute(insert(limit_tables.deal), batch)
                connection.execute(insert(limit_tables.audit), notes)
        seconds = time.perf_counter() - start
        engines.dispose()
    return ROWS / seconds


def _imported(kind: str) -> float:
    with database(kind, "formline_bench_import") as url, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "deals.csv"
        _write(file, limit_tables.values(ROWS))
        with platform_site.site_at(url) as site:
            with site.writing() as connection:
                queued = enqueue_import(site, connection, file, "deals", None)
            start = time.perf_counter()
            report = run_import(site, queued)
            seconds = time.perf_counter() - start
        if report.created != ROWS:
            raise RuntimeError(report.summary())
    return ROWS / seconds


def _matched(kind: str) -> float:
    """Return rows per second of 100,000 rows that are matched by their name; half of them change what is there."""
    with database(kind, "formline_bench_import") as url, tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "first.csv", Path(folder) / "second.csv"
        _write(first, limit_tables.values(MATCHED))
        _write(second, ({**row, "note": "changed"} for row in limit_tables.values(MANY)))
        with platform_site.site_at(url) as site:
            _run_matching(site, first)
            start = time.perf_counter()
            report = _run_matching(site, second)
            seconds = time.perf_counter() - start
        if report.rejected or report.done != MANY:
            raise RuntimeError(report.summary())
    return MANY / seconds


def _write(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, limit_tables.FIELDS)
        writer.writeheader()
        writer.writerows(rows)


def _run_matching(site: Site, file: Path) -> Report:
    """Import through the mapping of the other measurement, with the reference as its key."""
    mapping = {**site.release.catalog.source("mapping", "deals").data, "key": ["reference"]}
    with site.writing() as connection:
        identifier = imports.create(
            connection,
            object_id=site.release.physical["deal"].id,
            name=file.name,
            file=imports.keep_file(site, file),
            mapping=mapping,
        )
        queued = job.enqueue(connection, imports.get(connection, identifier), job.KIND)
    return run_import(site, queued)
