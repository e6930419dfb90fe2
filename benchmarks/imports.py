"""Import rows per second: the platform's importer with rules, rights, history and outbox, against bare inserts."""

from __future__ import annotations

import csv
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert

from benchmarks import platform_site
from benchmarks.limit import tables as limit_tables
from benchmarks.measurement import Measurement
from benchmarks.requests import database
from formline.cli.importing import run_import
from formline.runtime.engines import open_engines
from formline.runtime.importing.job import enqueue_import
from formline.runtime.keys import uuid7s
from formline.settings import Settings

ROWS = 20_000


def measure() -> Iterator[Measurement]:
    """Yield rows per second of both ways on both databases, and their ratio."""
    for kind in ("sqlite", "postgresql"):
        bare = _bare(kind)
        ours = _imported(kind)
        yield Measurement(f"{kind}: bare batched inserts with an audit row each", bare, "rows/s")
        yield Measurement(f"{kind}: import", ours, "rows/s")
        yield Measurement(f"{kind}: import / bare", ours / bare, "x", ">= 0.5")


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
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, limit_tables.FIELDS)
            writer.writeheader()
            writer.writerows(limit_tables.values(ROWS))
        with platform_site.site_at(url) as site:
            with site.writing() as connection:
                job = enqueue_import(site, connection, file, "deals", None)
            start = time.perf_counter()
            report = run_import(site, job)
            seconds = time.perf_counter() - start
        if report.created != ROWS:
            raise RuntimeError(report.summary())
    return ROWS / seconds
