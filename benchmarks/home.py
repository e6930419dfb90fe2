"""Server CPU of home pages of the shipped CRM, with its sample data many times over; the target is 15 ms.

``python -m benchmarks.home [--copies N] [--database sqlite|postgresql]`` prints a Markdown table. What is measured is
the time this process computes (``time.process_time``) for the whole page, called as WSGI.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import insert, select

from benchmarks.measurement import Measurement
from benchmarks.platform_site import KEY
from formline.cli.demo import load_demo
from formline.runtime.candidates import candidate
from formline.runtime.keys import uuid7
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from formline.settings import Settings
from formline.web import create_app

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432"
PEOPLE = {"wang": "sales", "zhao": "sales manager", "admin": "administrator"}
REQUESTS = 60
WARM = 8


@contextmanager
def site_at(url: str, data_dir: Path | None = None) -> Iterator[tuple[Site, dict[str, str]]]:
    """Yield a site with the demonstration data, and everybody's password."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=data_dir or Path(folder), secret_key=KEY)
        settings = replace(settings, database_url=url) if url else settings
        prepare(settings)
        site = Site.open(settings)
        try:
            apply(site, plan(site, candidate(settings, {})), "benchmark", Author("benchmark"))
            people = [line.split() for line in load_demo(site) if line.startswith("  ")]
            yield site, {login: password for login, password, *_ in people}
        finally:
            site.close()


def copy(site: Site, object_name: str, copies: int) -> int:
    """Put every record of an object in so many more times; return how many there are then."""
    table = site.release.model(object_name).table
    with site.writing() as connection:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        for _number in range(copies):
            connection.execute(insert(table), [{**row, "id": uuid7(), **_without_numbers(row)} for row in rows])
    return len(rows) * (copies + 1)


def _without_numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Return what must not stand twice, emptied."""
    return {name: None for name in ("number", "reference") if name in row}


def pages(site: Site, passwords: dict[str, str]) -> Iterator[tuple[str, float, int]]:
    """Yield (role, milliseconds of CPU, bytes) of each home page."""
    app = create_app(site)
    for login, role in PEOPLE.items():
        client = app.test_client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
        assert token is not None
        client.post("/login", data={"csrf_token": token[1], "login": login, "password": passwords[login]})
        size = max(len(client.get("/?team=all").data) for _number in range(WARM))
        began = time.process_time()
        for _number in range(REQUESTS):
            assert client.get("/?team=all").status_code == 200
        yield role, (time.process_time() - began) / REQUESTS * 1000, size


def measure(copies: int = 20, url: str = "") -> Iterator[Measurement]:
    """Yield the CPU of each home page."""
    with site_at(url) as (site, passwords):
        deals = copy(site, "opportunity", copies)
        for role, spent, _size in pages(site, passwords):
            yield Measurement(f"home page of {role}, {deals} deals", spent, "ms", "<= 15")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    url = ""
    if chosen.database == "postgresql":
        url = f"{POSTGRESQL}/formline_bench_home"
        with psycopg.connect(f"{POSTGRESQL}/postgres", autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS formline_bench_home")
            server.execute("CREATE DATABASE formline_bench_home")
    print("| page | ms of CPU |\n|---|---|")
    for one in measure(chosen.copies, url):
        print(f"| {one.case} | {one.value:.1f} |")


if __name__ == "__main__":
    main()
