"""Times in states and cohorts: the same on both databases as counted by hand, and only of what one may read."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from formline.errors import FormlineError
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries.state_flow import Cohort, Stay, cohorts, stays
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
END = START + timedelta(days=400)
DEAL = """
kind: object
name: deal
record_types: {sale: {machines: {stage: sales}}, project: {machines: {stage: projects}}}
fields:
  name: {type: text, required: true}
  stage: {type: state}
---
kind: state_machine
name: sales
object: deal
field: stage
initial: new
states: {new: {label: New}, offered: {label: Offered}, won: {label: Won, final: true}, lost: {label: Lost, final: true}}
transitions:
  offer: {from: new, to: offered}
  back: {from: offered, to: new}
  win: {from: offered, to: won}
  lose: {from: [new, offered], to: lost}
---
kind: state_machine
name: projects
object: deal
field: stage
initial: new
states: {new: {label: New}, won: {label: Won}}
transitions: {win: {from: new, to: won}}
---
kind: role
name: seller
objects: {deal: {create: true, read: own, update: own, actions: [offer, back, win, lose]}}
---
kind: role
name: blind
objects: {deal: {read: all, fields: {stage: hidden}}}
"""


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with deals of two machines."""
    return make_site([*ORGANISATION.values(), DEAL], database_url)


def run(site: Site, at: datetime, work: Any) -> Any:
    return run_unit(site, Actor.system(), work, now=at, confirm=True)


def person(site: Site, role: str) -> Actor:
    (key,) = run(site, START, lambda unit: unit.create("user", [{"name": role, "login": role, "roles": [role]}]))
    with site.reading() as connection:
        return load_actor(connection, site.release, key)


def deal(site: Site, at: datetime, **values: Any) -> UUID:
    found: list[UUID] = run(site, at, lambda unit: unit.create("deal", [{"name": "A", **values}]))
    return found[0]


def move(site: Site, key: UUID, name: str, at: datetime) -> None:
    run(site, at, lambda unit: unit.transition("deal", [key], name))


def test_the_numbers_are_those_counted_by_hand(site: Site) -> None:
    """Deals drawn at random, over several months; every deal's way is kept beside the site."""
    seller = person(site, "seller")
    other = person(site, "blind")
    draw = Random(4)  # noqa: S311 - the same deals each time
    spent: dict[str, list[int]] = defaultdict(list)
    came: dict[date, list[set[str]]] = defaultdict(list)
    for number in range(30):
        mine = number % 3 > 0
        at = START + timedelta(days=draw.randrange(0, 90), hours=draw.randrange(0, 12))
        key = deal(site, at, record_type="sale", owner=seller.user_id if mine else other.user_id)
        state, been, first = "new", {"new"}, at
        for _ in range(draw.randrange(0, 5)):
            ways = {"new": [("offer", "offered"), ("lose", "lost")], "offered": [("win", "won"), ("back", "new")]}
            if state not in ways:
                break
            name, to = draw.choice(ways[state])
            seconds = draw.randrange(0, 20 * 86400)
            at += timedelta(seconds=seconds)
            move(site, key, name, at)
            if mine:
                spent[state].append(seconds)
            state = to
            been.add(state)
        if mine:
            came[first.date().replace(day=1)].append(been)
    run(site, START, lambda unit: unit.create("deal", [{"name": "P", "record_type": "project"}]))
    machine = site.release.catalog.get("state_machine", "sales")
    with site.reading() as connection:
        found = stays(connection, site.release, seller, machine, START, END)
        months = cohorts(connection, site.release, seller, machine, START, END)
    assert found == {state: counted(seconds) for state, seconds in spent.items()}
    assert months == [
        Cohort(first, len(deals), {s: n for s in machine.states if (n := sum(s in been for been in deals))})
        for first, deals in sorted(came.items())
    ]


def counted(seconds: list[int]) -> Stay:
    ordered, count = sorted(seconds), len(seconds)
    return Stay(count, ordered[math.ceil(count * 0.5) - 1], ordered[math.ceil(count * 0.9) - 1])


def test_each_machine_counts_its_own_records(site: Site) -> None:
    for record_type in ("sale", "project"):
        key = deal(site, START, record_type=record_type)
        move(site, key, "offer" if record_type == "sale" else "win", START + timedelta(hours=1))
    for name, reached in (("sales", {"new": 1, "offered": 1}), ("projects", {"new": 1, "won": 1})):
        machine = site.release.catalog.get("state_machine", name)
        with site.reading() as connection:
            (found,) = cohorts(connection, site.release, Actor.system(), machine, START, END, "quarter")
            times = stays(connection, site.release, Actor.system(), machine, START, END)
        assert (found.start, found.records, found.reached) == (date(2026, 1, 1), 1, reached)
        assert times == {"new": Stay(1, 3600, 3600)}


def test_only_what_happened_in_the_period_counts(site: Site) -> None:
    key = deal(site, START, record_type="sale")
    move(site, key, "offer", START + timedelta(days=10))
    machine = site.release.catalog.get("state_machine", "sales")
    later = START + timedelta(days=5)
    with site.reading() as connection:
        assert stays(connection, site.release, Actor.system(), machine, START, later) == {}
        assert list(stays(connection, site.release, Actor.system(), machine, later, END)) == ["new"]
        assert cohorts(connection, site.release, Actor.system(), machine, later, END) == []


def test_who_may_not_read_the_state_gets_no_numbers(site: Site) -> None:
    blind = person(site, "blind")
    machine = site.release.catalog.get("state_machine", "sales")
    with site.reading() as connection, pytest.raises(FormlineError):
        stays(connection, site.release, blind, machine, START, END)
