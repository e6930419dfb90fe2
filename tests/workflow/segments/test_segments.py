"""Segments: kept by the unit and by the job, usable in filters; ranks against a plain retelling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.workflow.segments.keeping import refresh
from formline.workflow.segments.profile import Average, Part, counts, profile
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = """
kind: object
name: client
fields:
  name: {type: text, required: true}
  spent: {type: integer}
  bought: {type: date}
  inside: {type: multi_choice, choices: [large, sleeping, weak], read_only: true}
  r: {type: integer, read_only: true}
  f: {type: integer, read_only: true}
  m: {type: integer, read_only: true}
  kind: {type: choice, choices: [shop, works]}
  lists: {type: multi_choice, choices: [gifts]}
  deal_count: {type: rollup, of: deals.id, aggregate: count}
---
kind: object
name: deal
fields: {name: {type: text}, client: {type: parent, to: client, reverse: deals}}
---
kind: segment
name: large
object: client
field: inside
where: spent >= 100 or deal_count > 1
profile: [kind, spent]
---
kind: segment
name: gifts
object: client
static: true
field: lists
profile: [kind]
---
kind: segment
name: sleeping
object: client
field: inside
where: bought < today() - days(90)
refresh: hourly
---
kind: segment
name: weak
object: client
field: inside
where: m == 1
---
kind: segment
name: rfm
object: client
rfm:
  {recency: bought, frequency: deal_count, monetary: spent, window: 100d, store: {recency: r, frequency: f, monetary: m}
  }
"""


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with clients in segments."""
    return make_site([*ORGANISATION.values(), TEXT], database_url)


def run(site: Site, work: Any, at: datetime = NOW) -> Any:
    return run_unit(site, Actor.system(), work, now=at)


def kept(site: Site, key: UUID, *names: str) -> tuple[Any, ...]:
    model = site.release.model("client")
    with site.reading() as connection:
        return tuple(connection.execute(select(*map(model.column, names)).where(model.id == key)).one())


def test_a_change_moves_a_record_at_once_and_time_by_the_job(site: Site) -> None:
    values = {"name": "a", "spent": 5, "bought": (NOW - 89 * DAY).date()}
    (key,) = run(site, lambda unit: unit.create("client", [values]))
    assert kept(site, key, "inside", "version") == (None, 1)
    run(site, lambda unit: unit.update("client", [Change(key, {"spent": 100})]))
    assert kept(site, key, "inside", "version") == (("large",), 2)
    assert refresh(site, NOW + 2 * DAY, hourly=True) >= 1
    # Alone it is the weakest of one, too.
    assert kept(site, key, "inside", "version") == (("large", "sleeping", "weak"), 2)


def test_a_segment_is_filtered_by_as_any_field(site: Site) -> None:
    rows = [{"name": "a", "spent": 500}, {"name": "b", "spent": 1}]
    large, _small = run(site, lambda unit: unit.create("client", rows))
    with site.reading() as connection:
        found = fetch(connection, site.release, Actor.system(), Query("client", ("name",), '"large" in inside'))
    assert [row["id"] for row in found.rows] == [large]


def test_into_a_static_segment_people_put_records_and_nothing_takes_them_out(site: Site) -> None:
    (key,) = run(site, lambda unit: unit.create("client", [{"name": "a", "spent": 500, "lists": ["gifts"]}]))
    refresh(site, NOW)
    assert kept(site, key, "inside", "lists") == (("large",), ("gifts",))
    run(site, lambda unit: unit.update("client", [Change(key, {"lists": []})]))
    assert kept(site, key, "inside", "lists") == (("large",), None)


def test_a_profile_compares_with_all_records_of_the_reader(site: Site) -> None:
    rows = [
        {"name": "a", "spent": 500, "kind": "shop"},
        {"name": "b", "spent": 100, "kind": "works"},
        {"name": "c", "spent": 300, "kind": "shop"},
        {"name": "d", "spent": 2, "kind": "works"},
        {"name": "e"},
    ]
    run(site, lambda unit: unit.create("client", rows))
    large, gifts = (site.release.catalog.get("segment", name) for name in ("large", "gifts"))
    with site.reading() as connection:
        found = profile(connection, site.release, Actor.system(), large)
        assert counts(connection, site.release, Actor.system(), [gifts, large]) == [0, 3]
        empty = profile(connection, site.release, Actor.system(), gifts)
    assert (found.inside, found.everybody) == (3, 5)
    assert found.averages == (Average("spent", Decimal(300), Decimal("225.5")),)
    assert found.groups == (("kind", (Part("shop", 2, 2), Part("works", 1, 2), Part(None, 0, 1))),)
    assert (empty.inside, empty.everybody, empty.averages) == (0, 5, ())


def test_children_count_when_the_job_comes(site: Site) -> None:
    (key,) = run(site, lambda unit: unit.create("client", [{"name": "a"}]))
    run(site, lambda unit: unit.create("deal", [{"name": str(n), "client": key} for n in range(2)]))
    assert refresh(site, NOW) >= 1
    assert kept(site, key, "inside") == (("large",),)


def test_ranks_are_groups_of_equal_size_with_equal_values_together(site: Site) -> None:
    chance = Random(7)  # noqa: S311 - work to do again, no secret
    rows = [
        {
            "name": str(n),
            "spent": chance.choice([None, 1, 5, 5, 9, 20, 50]),
            "bought": chance.choice([None, (NOW - chance.randrange(120) * DAY).date()]),
        }
        for n in range(40)
    ]
    keys = run(site, lambda unit: unit.create("client", rows))
    refresh(site, NOW)
    since = (NOW - 100 * DAY).astimezone(site.release.zone).date()
    ranked = {key: row for key, row in zip(keys, rows, strict=True) if row["bought"] and row["bought"] >= since}
    for key, row in zip(keys, rows, strict=True):
        expected: tuple[Any, ...] = (None, None, None)
        if key in ranked:
            earlier = sum(other["bought"] < row["bought"] for other in ranked.values())
            less = sum((other["spent"] or 0) < (row["spent"] or 0) for other in ranked.values())
            expected = (1 + earlier * 5 // len(ranked), 1, 1 + less * 5 // len(ranked))
        assert kept(site, key, "r", "f", "m") == expected
        assert ("weak" in (kept(site, key, "inside")[0] or ())) == (expected[2] == 1)
    assert refresh(site, NOW) == 0
