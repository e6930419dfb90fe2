"""What a state locks stays as it is on every path: a table of the ways to change a value, each tried for each lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.errors import FormlineError, ValidationError
from formline.runtime import bulk
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.merging.merging import Merge, merge
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.workflow.actions.compiling import compile_actions
from formline.workflow.actions.performing import perform
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope, Story
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

PAPER = """
kind: object
name: folder
fields: {name: {type: text}}
---
kind: object
name: paper
fields:
  name: {type: text, required: true}
  folder: {type: parent, to: folder, reverse: papers}
  amount: {type: integer}
  empty: {type: text}
  note: {type: text}
  status: {type: state, machine: paper_status}
  shipping: {type: state, machine: paper_shipping}
---
kind: state_machine
name: paper_status
object: paper
field: status
initial: open
states:
  open: {}
  checked: {read_only: [amount, empty]}
  signed: {editable: [note]}
  shut: {editable: false}
transitions:
  check: {from: open, to: checked, requires: [amount]}
  sign: {from: open, to: signed}
  shut: {from: open, to: shut}
  mend: {from: checked, to: open, ask: [amount]}
---
kind: state_machine
name: paper_shipping
object: paper
field: shipping
initial: here
states: {here: {}, sent: {read_only: [amount, empty]}}
transitions: {send: {from: here, to: sent}}
---
kind: role
name: clerk
objects:
  folder: {create: true, read: all, update: all}
  paper: {create: true, read: all, update: all, delete: all, import: true, actions: [check, sign, shut, mend, send]}
  user: {read: all}
"""


class Office:
    """A site with papers in every state, and a clerk."""

    def __init__(self, site: Site) -> None:
        """Make the clerk."""
        self.site = site
        user = {"name": "Li", "login": "li", "roles": ["clerk"]}
        (key,) = run_unit(site, Actor.system(), lambda unit: unit.create("user", [user]))
        with site.reading() as connection:
            self.clerk = load_actor(connection, site.release, key)
        (self.folder,) = self.run(lambda unit: unit.create("folder", [{"name": "F"}]))

    def run(self, work: Callable[[Any], Any], source: str = "form") -> Any:
        """Write as the clerk."""
        return run_unit(self.site, self.clerk, work, source=source, confirm=True)

    def paper(self, *moves: str, **values: Any) -> UUID:
        """Create a paper and press transitions on it."""
        row = {"name": "P", "folder": self.folder, "amount": 1, **values}
        (key,) = self.run(lambda unit: unit.create("paper", [row]))
        for name in moves:
            self.run(lambda unit, name=name: unit.transition("paper", [key], name))
        found: UUID = key
        return found

    def amount(self, key: UUID) -> tuple[Any, Any]:
        """Return the values that are locked."""
        model = self.site.release.model("paper")
        with self.site.reading() as connection:
            found = select(model.column("amount"), model.column("empty")).where(model.id == key)
            return tuple(connection.execute(found).one())


def update(source: str) -> Callable[[Office, UUID], None]:
    return lambda office, key: office.run(
        lambda unit: unit.update("paper", [Change(key, {"amount": 2, "note": "n"})]), source
    )


def in_bulk(office: Office, key: UUID) -> None:
    bulk.change(office.site, office.clerk, "paper", [office.paper(), key], {"amount": 2})


def nested(office: Office, key: UUID) -> None:
    rows = [{"id": key, "amount": 2}]
    office.run(lambda unit: unit.update("folder", [Change(office.folder, {"papers": rows})]))


def merged(office: Office, key: UUID) -> None:
    other = office.paper(amount=2)
    office.run(lambda unit: merge(unit, Merge("paper", key, (other,), {"amount": other})))


def acted(office: Office, key: UUID) -> None:
    """As an automation does that runs with the rights of who caused it."""
    catalog = office.site.release.catalog
    actions = compile_actions(Place(catalog, catalog.object("paper")), [{"set": {"amount": 2}}])
    office.run(lambda unit: perform(Run(unit, "paper", "automation/x"), actions, [Scope(key, Story())]), "system")


def pressed(office: Office, key: UUID) -> None:
    """With a transition of the other axis, whose dialog does not ask for the field."""
    office.run(lambda unit: unit.transition("paper", [key], "send", {"amount": 2}))


PATHS: dict[str, Callable[[Office, UUID], None]] = {
    "form": update("form"),
    "api": update("api"),
    "import": update("import"),
    "bulk": in_bulk,
    "nested": nested,
    "merge": merged,
    "automation": acted,
    "transition": pressed,
}


@pytest.fixture
def office(make_site: MakeSite, database_url: str) -> Office:
    """Return an office."""
    return Office(make_site([*ORGANISATION.values(), PAPER], database_url))


def test_what_a_state_locks_is_refused_on_every_path(office: Office) -> None:
    for state in ("check", "sign", "shut", "send"):
        for name, path in PATHS.items():
            if (state, name) == ("send", "transition"):
                continue  # it is sent already
            key = office.paper(state)
            with pytest.raises(FormlineError) as caught:
                path(office, key)
            assert isinstance(caught.value, ValidationError), (state, name, caught.value)
            assert {one.code for one in caught.value.errors} == {"read_only_in_state"}, (state, name)
            assert office.amount(key) == (1, None), (state, name)


def test_the_same_paths_change_what_no_state_locks(office: Office) -> None:
    for name, path in PATHS.items():
        key = office.paper()
        path(office, key)
        assert office.amount(key)[0] == 2, name


def test_what_stays_editable_and_what_a_dialog_asks_can_be_changed(office: Office) -> None:
    signed = office.paper("sign")
    office.run(lambda unit: unit.update("paper", [Change(signed, {"note": "seen"})]))
    checked = office.paper("check")
    office.run(lambda unit: unit.transition("paper", [checked], "mend", {"amount": 3}))
    assert office.amount(checked) == (3, None)


def test_merging_fills_no_field_that_the_state_of_the_survivor_locks(office: Office) -> None:
    for state, kept in (("check", None), ("send", None), ("", "filled")):
        key = office.paper(*([state] if state else []))
        other = office.paper(empty="filled")
        office.run(lambda unit, key=key, other=other: merge(unit, Merge("paper", key, (other,), {})))
        assert office.amount(key)[1] == kept
