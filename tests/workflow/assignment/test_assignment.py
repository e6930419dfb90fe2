"""Assignment rules: the first row that applies decides, turns are fair, and the reasons are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.workflow.assignment.assigning import Outcome, assign
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.databases import Databases, kept
from tests.fixtures.sites import published_at

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LEAD = """
kind: object
name: lead
fields:
  name: {type: text, required: true}
  amount: {type: integer}
  region: {type: text}
  closed: {type: boolean}
---
kind: object
name: territory
fields: {region: {type: text}, holder: {type: user}}
---
kind: role
name: caller
label: Caller
---
kind: role
name: closer
label: Closer
---
kind: assignment_rule
name: lead_owner
object: lead
on_create: true
when: name != "mine"
rules:
  key: {when: amount > 1000, assign: {user: zoe}}
  by_area: {assign: {find: territory, where: region == this.region, value: holder}}
  northern: {when: region == "north", assign: {round_robin: {role: closer, where: candidate.login != "cal"}}}
  others: {assign: {round_robin: {role: caller, capacity: 2, while: not closed}}}
"""
TEXTS = [*ORGANISATION.values(), LEAD]
PEOPLE = {"ann": "caller", "ben": "caller", "cal": "closer", "dan": "closer", "zoe": ""}


class Desk:
    """A site with five people, and leads that rules assign."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ids: dict[str, UUID] = {}
        for name, role in PEOPLE.items():
            values = {"name": name, "login": name, "roles": [role] if role else [], "active": True}
            self.ids[name] = self.run(lambda unit, v=values: unit.create("user", [v]))[0]

    def run(self, work: Callable[[Any], Any], **more: Any) -> Any:
        return run_unit(self.site, Actor.system(), work, now=NOW, **more)

    def leads(self, count: int = 1, **values: Any) -> list[str]:
        """Create leads and return their owners' names."""
        rows = [{"name": uuid4().hex, "region": "south", **values} for _ in range(count)]
        return [self.owner(key) for key in self.run(lambda unit: unit.create("lead", rows))]

    def owner(self, key: UUID) -> str:
        model = self.site.release.model("lead")
        with self.site.reading() as connection:
            found = connection.execute(select(model.column("owner")).where(model.id == key)).scalar_one()
        return next((name for name, identifier in self.ids.items() if identifier == found), "")

    def steps(self) -> list[dict[str, Any]]:
        """Return the reasons of the last record."""
        log = tables.assignment_log
        with self.site.reading() as connection:
            found: list[dict[str, Any]] = connection.execute(
                select(log.c.steps).order_by(log.c.id.desc()).limit(1)
            ).scalar_one()
        return found


_desks: dict[str, Desk] = {}


@pytest.fixture
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return the desk of this worker and database, without leads and turns."""

    def make(url: str) -> Desk:
        site = published_at(url, TEXTS, tmp_path_factory.getbasetemp())
        return Desk(site)

    found = kept(databases, "assignment", _desks, make)
    with found.site.writing() as connection:
        for name in ("lead", "territory"):
            connection.execute(delete(found.site.release.model(name).table))
        for table in (
            tables.assignment_log,
            tables.assignment_round,
            tables.assignment_turn,
            tables.approval_substitute,
        ):
            connection.execute(delete(table))
    return found


def test_the_first_row_that_applies_and_finds_somebody_decides(desk: Desk) -> None:
    desk.run(lambda unit: unit.create("territory", [{"region": "west", "holder": desk.ids["ben"]}]))
    assert desk.leads(amount=5000) == ["zoe"]
    assert desk.leads(amount=5, region="west") == ["ben"]
    assert desk.leads(region="north") == ["dan"]
    assert desk.leads() == ["ann"]
    assert [(step["row"], step["outcome"]) for step in desk.steps()] == [
        ("key", "condition"),
        ("by_area", "nobody"),
        ("northern", "condition"),
        ("others", "assigned"),
    ]


def test_who_names_an_owner_is_not_overruled_and_other_records_are_left_alone(desk: Desk) -> None:
    assert desk.leads(owner=desk.ids["dan"]) == ["dan"]
    assert desk.leads(name="mine") == [""]


def test_people_take_turns_within_a_batch_and_between_batches(desk: Desk) -> None:
    assert desk.leads(3, closed=True) == ["ann", "ben", "ann"]
    assert desk.leads(2, closed=True) == ["ben", "ann"]


def test_who_is_full_is_passed_over_until_something_is_closed(desk: Desk) -> None:
    assert Counter(desk.leads(5)) == {"ann": 2, "ben": 2, "": 1}
    assert [why for _, why in desk.steps()[-1]["passed"]] == ["full", "full"]
    model = desk.site.release.model("lead")
    with desk.site.reading() as connection:
        key = connection.execute(select(model.id).where(model.column("owner") == desk.ids["ben"]).limit(1)).scalar_one()
    desk.run(lambda unit: unit.update("lead", [Change(key, {"closed": True})]))
    assert desk.leads() == ["ben"]


def test_who_is_absent_is_passed_over_and_keeps_their_place(desk: Desk) -> None:
    assert desk.leads(closed=True) == ["ann"]
    row = {
        "id": uuid4(),
        "user_id": desk.ids["ben"],
        "substitute_id": desk.ids["ann"],
        "starts_at": NOW - timedelta(1),
        "ends_at": NOW + timedelta(1),
        "created_at": NOW,
    }
    with desk.site.writing() as connection:
        connection.execute(tables.approval_substitute.insert().values(row))
    assert desk.leads(2, closed=True) == ["ann", "ann"]
    with desk.site.writing() as connection:
        connection.execute(delete(tables.approval_substitute))
    assert desk.leads(2, closed=True) == ["ben", "ann"]


def test_an_inactive_person_gets_nothing(desk: Desk) -> None:
    key = desk.ids["ben"]
    desk.run(lambda unit: unit.update("user", [Change(key, {"active": False})]))
    try:
        assert desk.leads(2, closed=True) == ["ann", "ann"]
    finally:
        desk.run(lambda unit: unit.update("user", [Change(key, {"active": True})]))


def test_no_turn_is_lost_where_many_choose_at_once(desk: Desk) -> None:
    """Eight units in threads: everybody gets the same number, give or take none."""
    with ThreadPoolExecutor(4) as pool:
        found = [name for names in pool.map(lambda _: desk.leads(closed=True), range(8)) for name in names]
    assert Counter(found) == {"ann": 4, "ben": 4}
    turn = tables.assignment_round
    with desk.site.reading() as connection:
        assert connection.execute(select(turn.c.turn).where(turn.c.row == "others")).scalar_one() == 8


def test_a_rule_runs_again_when_asked(desk: Desk) -> None:
    key: UUID = desk.run(lambda unit: unit.create("lead", [{"name": "again", "owner": desk.ids["zoe"]}]))[0]
    rule = desk.site.release.catalog.get("assignment_rule", "lead_owner")
    found: list[Outcome] = desk.run(lambda unit: assign(unit, rule, [key]))
    assert (found[0].user, desk.owner(key)) == (desk.ids["ann"], "ann")
