"""Scores: the arithmetic by cases, kept in the unit and by the job, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.workflow.scores.keeping import rate_everything, read
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = """
kind: object
name: client
fields:
  name: {type: text, required: true}
  industry: {type: text}
  staff: {type: integer}
  blocked: {type: boolean}
  seen: {type: datetime}
  bought: {type: date}
  points: {type: integer, read_only: true}
  grade: {type: choice, choices: [hot, warm, cold], read_only: true}
  visited: {type: rollup, of: visits.id, aggregate: count}
---
kind: object
name: visit
fields:
  name: {type: text}
  client: {type: parent, to: client, reverse: visits}
---
kind: score
name: liking
object: client
where: not blocked
field: points
grade: grade
min: 0
max: 100
grades: {hot: 60, warm: 20, cold: 0}
criteria:
  industry: {label: Industry fits, when: industry == "energy", points: 20}
  size: {points: staff / 10, at_most: 25}
  lately: {points: 40, decay: {since: seen, half_life: 10d}}
  bought: {points: 30, decay: {since: bought, gone_after: 30d}}
  unknown: {when: industry == null, points: -15}
  visited: {points: visited * 10, at_most: 20}
"""
CASES: list[tuple[dict[str, Any], int, str]] = [
    ({"industry": "energy"}, 20, "warm"),
    ({"industry": "energy", "staff": 120}, 32, "warm"),
    ({"industry": "energy", "staff": 9999}, 45, "warm"),
    ({}, 0, "cold"),
    ({"industry": "x", "seen": NOW}, 40, "warm"),
    ({"industry": "x", "seen": NOW - 10 * DAY}, 20, "warm"),
    ({"industry": "x", "seen": NOW - 20 * DAY}, 10, "cold"),
    ({"industry": "x", "seen": NOW + 5 * DAY}, 40, "warm"),
    ({"industry": "x", "bought": (NOW - 45 * DAY).date()}, 0, "cold"),
    ({"industry": "energy", "staff": 9999, "seen": NOW, "bought": NOW.date()}, 100, "hot"),
]


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with clients that are rated."""
    return make_site([*ORGANISATION.values(), TEXT], database_url)


def run(site: Site, work: Any, at: datetime = NOW) -> Any:
    return run_unit(site, Actor.system(), work, now=at)


def kept(site: Site, key: UUID) -> tuple[Any, ...]:
    model = site.release.model("client")
    columns = [model.column(name) for name in ("points", "grade", "version")]
    with site.reading() as connection:
        return tuple(connection.execute(select(*columns).where(model.id == key)).one())


def test_points_and_grades(site: Site) -> None:
    rows = [{"name": str(number), **values} for number, (values, _, _) in enumerate(CASES)]
    keys = run(site, lambda unit: unit.create("client", rows))
    assert [kept(site, key)[:2] for key in keys] == [(points, grade) for _, points, grade in CASES]


def test_a_change_is_rated_at_once_and_no_version_is_spent_on_it(site: Site) -> None:
    (key,) = run(site, lambda unit: unit.create("client", [{"name": "a", "industry": "energy"}]))
    assert kept(site, key) == (20, "warm", 1)
    run(site, lambda unit: unit.update("client", [Change(key, {"industry": "retail"})]))
    assert kept(site, key) == (0, "cold", 2)
    run(site, lambda unit: unit.update("client", [Change(key, {"blocked": True})]))
    assert kept(site, key) == (None, None, 3)


def test_the_job_follows_time_and_children(site: Site) -> None:
    (key,) = run(site, lambda unit: unit.create("client", [{"name": "a", "industry": "x", "seen": NOW}]))
    run(site, lambda unit: unit.create("visit", [{"name": "v", "client": key}]))
    assert rate_everything(site, NOW + 10 * DAY) == 1
    assert kept(site, key) == (30, "warm", 1)
    assert rate_everything(site, NOW + 10 * DAY) == 0


def test_the_factors_say_what_gave_the_points(site: Site) -> None:
    values = {"name": "a", "industry": "energy", "seen": NOW - 5 * DAY}
    (key,) = run(site, lambda unit: unit.create("client", [values]))
    score = site.release.catalog.get("score", "liking")
    with site.reading() as connection:
        found = read(connection, site.release, score, [key], NOW)[key]
    assert [(one.criterion.label, one.points) for one in found] == [
        ("Industry fits", Decimal("20.00")),
        ("Lately", Decimal("28.28")),
    ]
