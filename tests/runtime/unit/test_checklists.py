"""Checklists: ticked by who may update the record, kept in history, and waited for where the state is left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.runtime.unit.checklists import tick
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

DEAL = """
kind: object
name: deal
fields:
  name: {type: text, required: true}
  amount: {type: integer}
  partner: {type: lookup, to: deal, reverse: partners}
  paid: {type: boolean}
  stage: {type: state, machine: stages}
---
kind: state_machine
name: stages
object: deal
initial: qualify
states:
  qualify:
    label: Qualify
    checklist:
      survey: {label: Site survey, required: true}
      budget: {label: Budget confirmed, required: amount > 1000}
      partner: {label: Partner agrees, required: partner.amount > 5}
      photo: {label: Photo}
  propose: {label: Propose}
  lost: {label: Lost, final: true}
  done: {label: Done, final: true}
transitions:
  go: {label: Propose, from: qualify, to: propose}
  lose: {from: qualify, to: lost, checklist: false}
  settle: {from: qualify, to: done, automatic: true, when: paid}
---
kind: role
name: seller
objects: {deal: {create: true, read: all, update: own, actions: [go, lose]}}
"""


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with deals."""
    return make_site([*ORGANISATION.values(), DEAL], database_url)


def run(site: Site, work: Any, actor: Actor | None = None) -> Any:
    return run_unit(site, actor or Actor.system(), work, confirm=True)


def create(site: Site, object_name: str = "deal", **values: Any) -> UUID:
    return run(site, lambda unit: unit.create(object_name, [{"name": "A", **values}]))[0]


def mark(site: Site, key: UUID, item: str, *, done: bool = True, actor: Actor | None = None) -> bool:
    return run(site, lambda unit: tick(unit, "deal", key, "stage", item, done=done), actor)


def move(site: Site, key: UUID, name: str = "go") -> None:
    run(site, lambda unit: unit.transition("deal", [key], name))


def refusal(site: Site, keys: list[UUID]) -> list[tuple[int, str, str]]:
    with pytest.raises(ValidationError) as caught:
        run(site, lambda unit: unit.transition("deal", keys, "go"))
    return [(one.row, one.code, one.message) for one in caught.value.errors]


@pytest.mark.parametrize(
    ("values", "done", "missing"),
    [
        ({}, [], "Site survey"),
        ({}, ["survey"], ""),
        ({}, ["photo"], "Site survey"),
        ({"amount": 2000}, ["survey"], "Budget confirmed"),
        ({"amount": 2000}, [], "Site survey, Budget confirmed"),
        ({"amount": 2000}, ["survey", "budget"], ""),
        ({"partner": 9}, ["survey"], "Partner agrees"),
        ({"partner": 1}, ["survey"], ""),
    ],
)
def test_a_state_is_left_when_what_it_needs_is_done(
    site: Site, values: dict[str, Any], done: list[str], missing: str
) -> None:
    if "partner" in values:
        values = {**values, "partner": create(site, amount=values["partner"])}
    key = create(site, **values)
    for item in done:
        assert mark(site, key, item)
    if missing:
        assert refusal(site, [key]) == [(0, "checklist_open", f"Propose waits for the checklist: {missing}.")]
    else:
        move(site, key)


def test_a_batch_says_of_each_record_what_it_lacks(site: Site) -> None:
    keys = [create(site), create(site, amount=2000), create(site)]
    mark(site, keys[0], "survey")
    found = [(row, message.partition(": ")[2]) for row, _, message in refusal(site, keys)]
    assert found == [(1, "Site survey, Budget confirmed."), (2, "Site survey.")]


def test_ways_out_that_do_not_ask_are_open(site: Site) -> None:
    key = create(site)
    move(site, key, "lose")
    paid = create(site, paid=True)
    model = site.release.model("deal")
    with site.reading() as connection:
        assert connection.execute(select(model.column("stage")).where(model.id == paid)).scalar() == "done"


def test_an_item_can_be_opened_again_and_history_tells(site: Site) -> None:
    key = create(site)
    assert mark(site, key, "survey")
    assert not mark(site, key, "survey")
    assert mark(site, key, "survey", done=False)
    assert refusal(site, [key])
    h = tables.history.c
    with site.reading() as connection:
        told = connection.execute(select(h.action, h.note).where(h.record_id == key).order_by(h.id)).all()
    assert [tuple(row) for row in told[1:]] == [
        ("item_done", "stages.qualify.survey"),
        ("item_open", "stages.qualify.survey"),
    ]


def test_only_items_of_the_present_state_can_be_ticked(site: Site) -> None:
    key = create(site)
    for item in ("surveys", ""):
        with pytest.raises(NotFoundError):
            mark(site, key, item)
    move(site, key, "lose")
    with pytest.raises(NotFoundError):
        mark(site, key, "survey")


def test_who_may_not_update_the_record_ticks_nothing(site: Site) -> None:
    user = create(site, "user", login="li", roles=["seller"])
    mine, other = create(site, owner=user), create(site)
    with site.reading() as connection:
        actor = load_actor(connection, site.release, user)
    assert mark(site, mine, "survey", actor=actor)
    with pytest.raises(AccessDeniedError):
        mark(site, other, "survey", actor=actor)
