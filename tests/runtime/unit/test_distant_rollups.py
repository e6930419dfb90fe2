"""Rollups whose ``where`` reads other records stay right whichever of the records is written, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formline.runtime.site import Site
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.databases import Databases
from tests.fixtures.sites import publish, settings_for
from tests.runtime.unit.shop import add, change, stored

TEXT = """
kind: object
name: zone
fields: {name: {type: text, required: true}}
---
kind: object
name: place
fields:
  zone: {type: lookup, to: zone}
  open: {type: boolean}
---
kind: object
name: partner
fields:
  region: {type: text}
  place: {type: lookup, to: place}
  east: {type: rollup, of: sales.total, aggregate: sum, where: place.zone.name == "east"}
  near: {type: rollup, of: sales.total, aggregate: sum, where: region == this.region}
  beside: {type: rollup, of: sales.id, aggregate: count, where: place.zone == this.place.zone}
  running: {type: rollup, of: sales.total, aggregate: max, where: is_open}
  large: {type: rollup, of: sales.total, aggregate: sum, where: place.zone.name == "east" and this.running > 5}
---
kind: object
name: sale
fields:
  partner: {type: lookup, to: partner, reverse: sales}
  place: {type: lookup, to: place}
  region: {type: text}
  total: {type: decimal, scale: 2}
  is_open: {type: formula, returns: boolean, expression: place.open}
"""
REGIONS = st.sampled_from(["east", "west"])
PICK = st.integers(0, 1)
STEPS = st.one_of(
    st.tuples(st.just("zone"), PICK, st.just("name"), REGIONS),
    st.tuples(st.just("place"), PICK, st.just("zone"), PICK),
    st.tuples(st.just("place"), PICK, st.just("open"), st.booleans()),
    st.tuples(st.just("partner"), PICK, st.just("region"), REGIONS),
    st.tuples(st.just("partner"), PICK, st.just("place"), PICK),
    st.tuples(st.just("sale"), st.integers(0, 2), st.just("place"), PICK),
    st.tuples(st.just("sale"), st.integers(0, 2), st.just("partner"), PICK),
    st.tuples(st.just("sale"), st.integers(0, 2), st.just("region"), REGIONS),
    st.tuples(st.just("sale"), st.integers(0, 2), st.just("total"), st.integers(0, 9)),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def far(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site whose rollups read two lookups away."""
    from formline.runtime.preparing import prepare

    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    chosen = settings_for(url, tmp_path_factory.mktemp("far"))
    prepare(chosen)
    site = Site.open(chosen)
    publish(site, [*ORGANISATION.values(), TEXT])
    yield site
    site.close()
    databases.drop(url)


def start(site: Site) -> dict[str, list[UUID]]:
    zones = [add(site, "zone", name=name) for name in ("east", "west")]
    places = [add(site, "place", zone=zone, open=zone == zones[0]) for zone in zones]
    partners = [add(site, "partner", region="east", place=place) for place in places]
    sales = [add(site, "sale", partner=partners[n % 2], place=places[n // 2], region="east", total=n) for n in range(3)]
    return {"zone": zones, "place": places, "partner": partners, "sale": sales}


def expected(site: Site, keys: dict[str, list[UUID]], partner: UUID) -> dict[str, Any]:
    """Work the rollups of a partner out from all rows."""
    place = {key: stored(site, "place", key) for key in keys["place"]}
    zone = {key: stored(site, "zone", key)["name"] for key in keys["zone"]}
    own = stored(site, "partner", partner)
    sales = [row for row in (stored(site, "sale", key) for key in keys["sale"]) if row["partner"] == partner]
    running = max((row["total"] for row in sales if place[row["place"]]["open"]), default=None)
    east = sum((row["total"] for row in sales if zone[place[row["place"]]["zone"]] == "east"), Decimal(0))
    return {
        "east": east,
        "near": sum((row["total"] for row in sales if row["region"] == own["region"]), Decimal(0)),
        "beside": sum(place[row["place"]]["zone"] == place[own["place"]]["zone"] for row in sales),
        "running": running,
        "large": east if running is not None and running > 5 else Decimal(0),
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_rollups_follow_every_record_they_read(far: Site, steps: list[tuple[str, int, str, Any]]) -> None:
    keys = start(far)
    for name, which, field, value in steps:
        target = {"zone": "zone", "place": "place", "partner": "partner"}.get(field)
        change(far, name, keys[name][which], **{field: keys[target][value] if target else value})
    for partner in keys["partner"]:
        row, wanted = stored(far, "partner", partner), expected(far, keys, partner)
        assert {name: row[name] for name in wanted} == wanted
