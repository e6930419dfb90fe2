"""Rows in the form of a record are locked by its states, whichever way they are written."""

from __future__ import annotations

from uuid import UUID

import pytest

from formline.errors import ConflictError, ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import get
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.runtime.unit.restoring import restore
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

OFFER = """
kind: object
name: offer
default_access: read_write
fields:
  name: {type: text, required: true}
  stage: {type: state, machine: stages}
---
kind: object
name: line
default_access: controlled_by_parent
fields:
  offer: {type: parent, to: offer, reverse: lines, required: true}
  name: {type: text, required: true}
  price: {type: decimal}
---
kind: layout
name: offer
object: offer
form:
  - {section: offer, label: Offer, rows: [[name]]}
  - {section: lines, label: Lines, table: lines, columns: [name, price]}
---
kind: state_machine
name: stages
object: offer
initial: draft
states: {draft: {}, sent: {read_only: [lines]}, closed: {read_only: true}}
transitions: {send: {from: draft, to: sent}, close: {from: sent, to: closed}, reopen: {from: [sent, closed], to: draft}}
---
kind: role
name: seller
objects:
  offer: {create: true, read: all, update: all, delete: all, actions: [send, close, reopen]}
"""


class Desk:
    """A seller's offer with two lines."""

    def __init__(self, site: Site) -> None:
        self.site = site
        (user,) = run_unit(
            site, Actor.system(), lambda unit: unit.create("user", [{"name": "S", "login": "s", "roles": ["seller"]}])
        )
        with site.reading() as connection:
            self.actor = load_actor(connection, site.release, user)
        rows = [{"name": "A", "price": 1}, {"name": "B", "price": 2}]
        (self.offer,) = self.run(lambda unit: unit.create("offer", [{"name": "O", "lines": rows}]))
        self.first, self.second = self.run(
            lambda unit: unit.create("line", [{"offer": self.offer, "name": name} for name in "CD"])
        )

    def run(self, work: object, actor: Actor | None = None) -> list[UUID]:
        found: list[UUID] = run_unit(self.site, actor or self.actor, work)  # type: ignore[arg-type]
        return found

    def move(self, *transitions: str) -> None:
        for name in transitions:
            self.run(lambda unit, way=name: unit.transition("offer", [self.offer], way, {}))

    def price(self, value: int, actor: Actor | None = None) -> None:
        self.run(lambda unit: unit.update("line", [Change(self.first, {"price": value})]), actor)


@pytest.fixture
def desk(make_site: MakeSite, database_url: str) -> Desk:
    return Desk(make_site([*ORGANISATION.values(), OFFER], database_url))


@pytest.mark.parametrize("moves", [("send",), ("send", "close")])
def test_lines_of_a_locked_record_stay_as_they_are(desk: Desk, moves: tuple[str, ...]) -> None:
    desk.price(5)
    (gone,) = desk.run(lambda unit: [unit.delete("line", [desk.second]).deletion_id])
    desk.move(*moves)
    for work in (
        lambda unit: unit.update("line", [Change(desk.first, {"price": 1})]),
        lambda unit: unit.create("line", [{"offer": desk.offer, "name": "New"}]),
        lambda unit: unit.update("offer", [Change(desk.offer, {"lines": [{"name": "Other"}]})]),
    ):
        with pytest.raises(ValidationError):
            desk.run(work)
    for work in (lambda unit: unit.delete("line", [desk.first]), lambda unit: restore(unit, gone)):
        with pytest.raises(ConflictError):
            desk.run(work)
    desk.price(7, Actor.system())
    with desk.site.reading() as connection:
        found = get(connection, desk.site.release, Actor.system(), "line", desk.first)
    assert found is not None
    assert found["price"] == 7


def test_lines_can_be_changed_again_after_the_way_back_and_go_with_their_record(desk: Desk) -> None:
    desk.move("send", "reopen")
    desk.price(3)
    desk.move("send", "close")
    (deletion,) = desk.run(lambda unit: [unit.delete("offer", [desk.offer]).deletion_id])
    desk.run(lambda unit: restore(unit, deletion))
    with pytest.raises(ValidationError):
        desk.price(4)
