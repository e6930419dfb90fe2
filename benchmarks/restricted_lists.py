"""List pages of 20 of a million records for people who may see few of them: good and bad distributions.

``FORMLINE_BENCH_ROWS`` sets how many records, ``FORMLINE_BENCH_POSTGRESQL`` the server (empty: SQLite only).
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from benchmarks.measurement import Measurement
from formline.runtime.access import load_actor
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.keys import uuid7s
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.settings import Settings

ROWS = int(os.environ.get("FORMLINE_BENCH_ROWS", "1000000"))
POSTGRESQL = os.environ.get("FORMLINE_BENCH_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
USERS = 1000
TARGET = "p95 <= 50 ms"

DEFINITIONS = """
kind: object
name: user
title: name
tree: manager
fields:
  name: {type: text}
  department: {type: department}
  manager: {type: lookup, to: user, reverse: reports}
  roles: {type: multi_choice, choice_list: roles}
  active: {type: boolean}
---
kind: object
name: department
title: name
tree: parent
fields:
  name: {type: text}
  parent: {type: lookup, to: department}
---
kind: object
name: deal
title: name
fields:
  name: {type: text}
  stage: {type: choice, choices: {open: {label: Open}, won: {label: Won}}}
  amount: {type: decimal, scale: 2}
  rank: {type: integer}
---
kind: list_view
name: deals_by_rank
label: By rank
object: deal
columns: [name, stage, amount, owner, rank]
sort: [-rank]
---
kind: role
name: clerk
label: Clerk
objects: {deal: {read: own_and_reports}}
---
kind: role
name: chief
label: Chief
objects: {deal: {read: department_and_below}}
---
kind: role
name: shared
label: Shared
objects: {deal: {read: own}}
"""
FIELDS = ("name", "stage", "amount", "owner", "rank")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def measure() -> Iterator[Measurement]:
    """Yield the pages' 95th percentiles on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(f"sqlite:///{folder}/bench.db", Path(folder), "SQLite")
        if POSTGRESQL:
            url = make_url(POSTGRESQL).set(database="formline_bench_lists")
            server = make_url(POSTGRESQL).set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute("DROP DATABASE IF EXISTS formline_bench_lists WITH (FORCE)")
                connection.execute("CREATE DATABASE formline_bench_lists TEMPLATE template0 ENCODING 'UTF8'")
                try:
                    yield from _measured(url.render_as_string(hide_password=False), Path(folder), "PostgreSQL")
                finally:
                    connection.execute("DROP DATABASE formline_bench_lists WITH (FORCE)")


def _measured(url: str, folder: Path, label: str) -> Iterator[Measurement]:
    settings = Settings(database_url=url, data_dir=folder, secret_key=uuid4().hex)
    prepare(settings)
    site = Site.open(settings)
    try:
        apply(site, plan(site, candidate_of_texts(settings, [DEFINITIONS])), "bench", Author("bench"))
        site.refresh()
        start = time.perf_counter()
        people = _fill(site)
        yield Measurement(f"{label}: {ROWS:,} records written", time.perf_counter() - start, "s")
        for name, user_id in people.items():
            yield from _pages(site, label, name, user_id)
    finally:
        site.close()


def _pages(site: Site, label: str, name: str, user_id: UUID) -> Iterator[Measurement]:
    with site.reading() as connection:
        actor = load_actor(connection, site.release, user_id)

        def page(cursor: str | None, where: str | None = None) -> Callable[[], str | None]:
            query = Query("deal", FIELDS, where=where, sort=(("rank", True),), limit=20, cursor=cursor)
            return lambda: fetch(connection, site.release, actor, query).next_cursor

        second = page(None)()
        yield Measurement(f"{label}: {name}, first page", _p95(page(None)), "ms", TARGET)
        if second:
            yield Measurement(f"{label}: {name}, next page", _p95(page(second)), "ms", TARGET)
        filtered = page(None, where='stage == "won"')
        yield Measurement(f"{label}: {name}, filtered", _p95(filtered), "ms")


def _p95(call: Callable[[], object]) -> float:
    times = []
    for _ in range(25):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.quantiles(times, n=20)[18] * 1000


def _fill(site: Site) -> dict[str, UUID]:
    """Write users and deals; return the people whose pages are measured.

    The lowest ranks, which come last, belong to ``old``; ``small_team`` leads 40 people, ``division`` has a third of
    all, ``nothing`` owns none, ``shares`` owns none and has 5,000 shared with them.
    """
    dice = random.Random(1)
    users, departments = uuid7s(USERS), uuid7s(3)
    old, small_team, division, nothing, shares = users[:5]
    model = site.release.model("user")
    rows = [
        {
            "id": key,
            "name": f"user {number}",
            "department": departments[number % 3],
            "manager": small_team if 100 <= number < 140 else None,
            "roles": (("shared",) if key == shares else ("chief",) if key == division else ("clerk",)),
            "active": True,
        }
        for number, key in enumerate(users)
    ]
    with site.writing(site.release) as connection:
        connection.execute(insert(model.table), [_stamped(row) for row in rows])
    deals = [(key, dice.choice(users[10:]) if number > 200 else old, number) for number, key in enumerate(uuid7s(ROWS))]
    _write(site, deals, users, departments)
    _share(site, [key for key, _, _ in deals[:: max(1, ROWS // 5000)]], shares)
    with site.writing() as connection:
        connection.execute(text("ANALYZE"))
    return {
        "few old records": old,
        "40 reports": small_team,
        "a third": division,
        "none": nothing,
        "5,000 shares": shares,
    }


def _stamped(row: dict[str, object]) -> dict[str, object]:
    return {**row, "created_at": NOW, "updated_at": NOW, "version": 1}


def _write(site: Site, deals: list[tuple[UUID, UUID, int]], users: list[UUID], departments: list[UUID]) -> None:
    table = site.release.model("deal").table
    place = {key: departments[number % 3] for number, key in enumerate(users)}
    for begin in range(0, len(deals), 20_000):
        rows = [
            _stamped(
                {
                    "id": key,
                    "owner": owner,
                    "department": place[owner],
                    "name": f"deal {number}",
                    "stage": "won" if number % 7 == 0 else "open",
                    "amount": number % 1000,
                    "rank": number,
                }
            )
            for key, owner, number in deals[begin : begin + 20_000]
        ]
        with site.writing(site.release) as connection:
            connection.execute(insert(table), rows)


def _share(site: Site, keys: list[UUID], user_id: UUID) -> None:
    from formline.runtime.access.shares import Share, add

    number = site.release.model("deal").object_id
    with site.writing() as connection:
        add(connection, number, [Share(key, "user", str(user_id)) for key in keys], at=NOW, by=None)
