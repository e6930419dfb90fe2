"""State machines: which buttons there are, why one does not work, and firing on the library's machine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from formline.catalog.machines import StateMachine
from formline.expressions.environment import Env
from formline.workflow.state_machines import presses
from tests.fixtures.catalogs import catalog_from

DEAL = """
kind: object
name: deal
fields:
  name: {type: text, required: true}
  stage: {type: state, machine: stages}
  amount: {type: money}
  close_date: {type: date}
  chance: {type: percent}
  closed_on: {type: date}
  paid: {type: boolean}
---
kind: state_machine
name: stages
object: deal
field: stage
initial: open
states:
  open: {label: Open, set: {chance: 20}}
  offered: {label: Offered, read_only: [name], set: {chance: chance + 10}}
  won: {label: Won, final: true, editable: false, set: {chance: 100, closed_on: today()}}
  done: {label: Done, final: true}
transitions:
  offer: {label: Send offer, from: open, to: offered, requires: [amount], ask: [close_date]}
  win:
    label: Win
    from: [open, offered]
    to: won
    when: amount != null and stage != "won"
    checks: {big: {check: amount > 100, message: Too small to win.}}
    confirm: Sure?
  reopen: {from: won, to: open, allowed: [{role: boss}, {field: owner}]}
  settle: {from: won, to: done, automatic: true, when: paid}
---
kind: role
name: boss
"""
ME = UUID(int=7)


@pytest.fixture(scope="module")
def machine() -> StateMachine:
    built: StateMachine = catalog_from(DEAL).get("state_machine", "stages")
    return built


def env(roles: tuple[str, ...] = (), **record: Any) -> Env:
    amount = record.get("amount")
    fields = {"stage": "open", "amount": None, "amount.base": amount, "close_date": None, "paid": None, "owner": None}
    return Env({**fields, **record}, user={"id": ME, "roles": roles})


def granted(name: str) -> bool:
    return True


def names(machine: StateMachine, state: str) -> list[str]:
    return [one.transition.name for one in presses(machine, state, env(), granted)]


def test_only_transitions_that_start_here_are_offered_and_automatic_ones_never(machine: StateMachine) -> None:
    assert names(machine, "open") == ["offer", "win"]
    assert names(machine, "won") == ["reopen"]
    assert names(machine, "done") == []
    assert names(machine, "gone") == []


@pytest.mark.parametrize(
    ("amount", "reasons"),
    [
        (None, [("when", 'amount != null and stage != "won"'), ("check", "Too small to win.")]),
        (Decimal(50), [("check", "Too small to win.")]),
        (Decimal(500), []),
    ],
)
def test_a_button_says_why_it_does_not_work(machine: StateMachine, amount: Decimal | None, reasons: list[Any]) -> None:
    win = presses(machine, "open", env(amount=amount), granted)[1]
    assert [(one.kind, one.text) for one in win.reasons] == reasons
    assert win.open is (not reasons)


def test_the_dialog_asks_for_what_is_required(machine: StateMachine) -> None:
    offer = presses(machine, "open", env(), granted)[0]
    assert offer.open
    assert offer.asks == ("amount", "close_date")


@pytest.mark.parametrize(
    ("roles", "owner", "reasons"), [((), None, ["people"]), (("boss",), None, []), ((), ME, []), (("clerk",), ME, [])]
)
def test_a_transition_that_names_people_is_for_them(
    machine: StateMachine, roles: tuple[str, ...], owner: UUID | None, reasons: list[str]
) -> None:
    reopen = presses(machine, "won", env(roles, stage="won", owner=owner), lambda name: False)[0]
    assert [one.kind for one in reopen.reasons] == reasons


def test_a_transition_that_names_nobody_needs_a_role_that_gives_it(machine: StateMachine) -> None:
    offer, win = presses(machine, "open", env(amount=Decimal(500)), lambda name: name == "win")
    assert [one.kind for one in offer.reasons] == ["right"]
    assert win.open


def test_what_needs_other_records_is_judged_when_the_button_is_pressed() -> None:
    text = DEAL.replace("when: amount != null", "when: owner.manager == null and amount != null")
    machine = catalog_from(text).get("state_machine", "stages")
    win = presses(machine, "open", env(amount=Decimal(500)), granted)[1]
    assert win.open
    known = env(amount=Decimal(500))
    known.paths = {("owner", "manager"): ME}
    assert [one.kind for one in presses(machine, "open", known, granted)[1].reasons] == ["when"]


def test_firing_gives_the_next_state_and_refuses_what_does_not_start_here(machine: StateMachine) -> None:
    assert machine.engine.fire("offered", "win") == "won"
    with pytest.raises(KeyError):
        machine.engine.fire("won", "win")
    with pytest.raises(KeyError):
        machine.engine.fire("open", "vanish")


def test_one_engine_serves_many_threads(machine: StateMachine) -> None:
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda n: machine.engine.fire("open", ("offer", "win")[n % 2]), range(200)))
    assert states == ["offered", "won"] * 100


def test_states_set_literals_and_expressions(machine: StateMachine) -> None:
    assert machine.states["open"].set["chance"] == Decimal(20)
    assert machine.states["offered"].set["chance"].source == "chance + 10"
    assert machine.states["won"].set["closed_on"].volatile == {"today"}


def test_a_state_may_lock_some_fields_or_all(machine: StateMachine) -> None:
    assert machine.states["offered"].read_only == {"name"}
    assert machine.states["won"].editable == frozenset()
    assert machine.states["open"].editable is None


def test_the_fields_choices_are_the_states_of_all_machines_of_its_record_types() -> None:
    text = """
kind: object
name: order
title: name
record_types:
  web: {machines: {status: web_states}}
  shop: {machines: {status: shop_states}}
fields: {name: {type: text}, status: {type: state}}
---
kind: state_machine
name: web_states
object: order
field: status
initial: cart
states: {cart: {label: Cart}, paid: {label: Paid}}
transitions: {pay: {from: cart, to: paid}}
---
kind: state_machine
name: shop_states
object: order
field: status
initial: paid
states: {paid: {label: Paid}}
"""
    order = catalog_from(text).object("order")
    assert list(order.fields["status"].choices) == ["cart", "paid"]
    assert order.machine_name("status", "shop") == "shop_states"
    assert order.machine_name("status", None) is None
