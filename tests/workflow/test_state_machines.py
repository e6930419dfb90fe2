"""State machines: which buttons there are, why one does not work, and firing on the library's machine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from formline.catalog.machines import StateMachine
from formline.expressions.environment import Env
from formline.workflow.state_machines import automatic, presses, selected
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


def env(**record: Any) -> Env:
    amount = record.get("amount")
    return Env({"stage": "open", "amount": None, "amount.base": amount, "close_date": None, "paid": None, **record})


def names(machine: StateMachine, state: str) -> list[str]:
    return [one.transition.name for one in presses(machine, state, None, lambda _: True)]


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
    win = presses(machine, "open", env(amount=amount), lambda _: True)[1]
    assert [(one.kind, one.text) for one in win.reasons] == reasons
    assert win.open is (not reasons)


def test_the_dialog_asks_for_what_is_required(machine: StateMachine) -> None:
    offer = presses(machine, "open", env(), lambda _: True)[0]
    assert offer.open
    assert offer.asks == ("amount", "close_date")


def test_a_person_outside_the_selector_may_not_press(machine: StateMachine) -> None:
    reopen = presses(machine, "won", None, lambda _: False)[0]
    assert [one.kind for one in reopen.reasons] == ["allowed"]


@pytest.mark.parametrize(
    ("selector", "record", "expected"),
    [
        ({"role": "boss"}, {}, True),
        ({"role": "clerk"}, {}, False),
        ({"field": "owner"}, {"owner": ME}, True),
        ({"field": "owner"}, {"owner": None}, False),
        ({"field": "team"}, {"team": (ME,)}, True),
        ({"field": "customer.owner"}, {}, None),
        ({"role": "boss", "where": "candidate.company == company"}, {}, None),
        ({"managers_of": "owner"}, {}, None),
    ],
)
def test_plain_selectors_are_answered_without_a_query(selector: Any, record: Any, expected: bool | None) -> None:
    assert selected(selector, ME, frozenset({"boss"}), record) is expected


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


def test_an_automatic_transition_is_taken_when_it_holds(machine: StateMachine) -> None:
    assert automatic(machine, "won", env(paid=False)) is None
    found = automatic(machine, "won", env(paid=True))
    assert found is not None
    assert found.to == "done"


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
