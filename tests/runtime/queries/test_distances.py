"""Distances in a formula, a filter and an order: places of records near one another."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.unit import run_unit

if TYPE_CHECKING:
    from tests.fixtures.sites import MakeSite

OBJECTS = """
kind: object
name: depot
fields: {name: {type: text}, place: {type: geolocation}}
---
kind: object
name: stop
fields:
  name: {type: text}
  place: {type: geolocation}
  depot: {type: lookup, to: depot}
  from_home: {type: formula, returns: decimal, scale: 3, expression: 'distance_km(place, "22.543096,114.057865")'}
"""


def test_a_formula_keeps_it_and_a_filter_asks_over_a_lookup(make_site: MakeSite, database_url: str) -> None:
    site = make_site(OBJECTS, database_url)
    system = Actor.system()
    depot = run_unit(site, system, lambda unit: unit.create("depot", [{"name": "D", "place": "22.6, 114.0"}]))[0]
    places = {"near": "22.601, 114.001", "far": "39.9042, 116.4074", "nowhere": None}
    rows = [{"name": name, "place": place, "depot": depot} for name, place in places.items()]
    run_unit(site, system, lambda unit: unit.create("stop", rows))
    with site.reading() as connection:
        query = Query("stop", ("name", "from_home"), sort=(("from_home", False),))
        kept = [(row["name"], row["from_home"]) for row in fetch(connection, site.release, system, query).rows]
        near = Query("stop", ("name",), where="distance_km(place, depot.place) < 5")
        found = [row["name"] for row in fetch(connection, site.release, system, near).rows]
    assert [name for name, _ in kept] == ["near", "far", "nowhere"]
    assert kept[0][1] == Decimal("8.692")
    assert kept[2][1] is None
    assert found == ["near"]
