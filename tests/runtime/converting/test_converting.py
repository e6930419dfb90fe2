"""A lead becomes a customer, a contact and a deal once; a contract becomes orders until nothing is open."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.errors import ConflictError, FormlineError, ValidationError
from formline.runtime.access import Actor
from formline.runtime.converting.converting import Choice, Result, convert
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

TEXTS = [
    *ORGANISATION.values(),
    """
kind: object
name: lead
title: name
fields:
  name: {type: text, required: true}
  organization: {type: text}
  mobile: {type: phone}
  budget: {type: money}
  status: {type: state, machine: lead_status}
  customer: {type: lookup, to: customer}
---
kind: state_machine
name: lead_status
object: lead
field: status
initial: open
states: {open: {label: Open}, converted: {label: Converted, final: true}}
transitions: {convert: {from: open, to: converted, requires: [customer]}}
---
kind: object
name: customer
label: Customer
title: name
fields: {name: {type: text, required: true}, phone: {type: phone}}
---
kind: object
name: contact
title: name
fields: {name: {type: text, required: true}, customer: {type: lookup, to: customer, required: true}}
---
kind: object
name: deal
title: name
fields:
  name: {type: text, required: true}
  customer: {type: lookup, to: customer}
  amount: {type: money}
---
kind: object
name: note
title: name
fields:
  name: {type: text, required: true}
  about: {type: lookup, to: [lead, customer], reverse: notes}
  customer: {type: lookup, to: customer}
---
kind: matching_rule
name: customers
object: customer
match: {same_phone: [{field: phone, by: phone}]}
on_create: block
---
kind: conversion
name: lead_to_deal
from: lead
once: true
when: organization != null
create:
  customer: {match: customers, set: {name: organization, phone: mobile}}
  contact: {set: {name: 'concat(name, "!")', customer: customer}}
  deal: {ask: true, set: {name: name, customer: customer, amount: budget}}
move: [notes]
keep: {customer: customer}
transition: convert
---
kind: object
name: contract
title: name
fields: {name: {type: text, required: true}}
---
kind: object
name: contract_line
fields:
  contract: {type: parent, to: contract, reverse: lines}
  product: {type: text}
  quantity: {type: decimal, scale: 2}
  ordered: {type: rollup, of: order_lines.quantity, aggregate: sum}
  open_quantity: {type: formula, returns: decimal, expression: "quantity - coalesce(ordered, 0)"}
rules: {not_over: {check: ordered <= quantity, message: More is ordered than agreed.}}
---
kind: object
name: order
fields: {contract: {type: lookup, to: contract, reverse: orders}, name: {type: text}}
---
kind: object
name: order_line
fields:
  order: {type: parent, to: order, reverse: lines}
  contract_line: {type: lookup, to: contract_line, reverse: order_lines}
  product: {type: text}
  quantity: {type: decimal, scale: 2}
---
kind: conversion
name: contract_to_order
from: contract
create:
  order:
    link: contract
    set: {name: name}
    lines:
      order_line:
        from: lines
        link: contract_line
        where: open_quantity > 0
        ask: quantity
        set: {product: product, quantity: open_quantity}
""",
]
SYSTEM = Actor.system()


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with both conversions."""
    return make_site(TEXTS, database_url)


def add(site: Site, what: str, /, **values: Any) -> UUID:
    (made,) = run_unit(site, SYSTEM, lambda unit: unit.create(what, [values]))
    return made


def run(site: Site, name: str, key: UUID, **choice: Any) -> list[Result]:
    conversion = site.release.catalog.get("conversion", name)
    return run_unit(site, SYSTEM, lambda unit: convert(unit, conversion, key, Choice(**choice)), confirm=True)


def rows(site: Site, name: str) -> list[dict[str, Any]]:
    model = site.release.model(name)
    with site.reading() as connection:
        found = connection.execute(select(*model.columns).where(model.deleted_at.is_(None)).order_by(model.id))
        return [dict(zip(model.keys, row, strict=True)) for row in found]


def lead(site: Site) -> UUID:
    budget = {"amount": 5, "currency": "CNY"}
    return add(site, "lead", name="Li", organization="Acme", mobile="13800138000", budget=budget)


def test_a_lead_becomes_three_records_with_its_notes(site: Site) -> None:
    key = lead(site)
    add(site, "note", name="called", about={"object": "lead", "id": str(key)})
    customer, contact, deal = run(site, "lead_to_deal", key)
    (stored,) = rows(site, "customer")
    assert (stored["id"], stored["name"], stored["phone"]) == (customer.id, "Acme", "13800138000")
    assert [(row["id"], row["name"], row["customer"]) for row in rows(site, "contact")] == [
        (contact.id, "Li!", customer.id)
    ]
    assert [(row["id"], row["amount"], row["amount.currency"]) for row in rows(site, "deal")] == [
        (deal.id, Decimal(5), "CNY")
    ]
    (source,) = rows(site, "lead")
    assert (source["status"], source["customer"]) == ("converted", customer.id)
    (note,) = rows(site, "note")
    assert (note["about"], note["about.object"]) == (customer.id, "customer")


def test_it_happens_once_also_when_two_people_do_it_at_once(site: Site) -> None:
    key = lead(site)
    outcomes: list[str] = []

    def work() -> None:
        try:
            run(site, "lead_to_deal", key)
            outcomes.append("made")
        except FormlineError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["converted_already", "converted_already", "made"]
    assert len(rows(site, "customer")) == len(rows(site, "deal")) == 1
    with pytest.raises(ConflictError):
        run(site, "lead_to_deal", key)


def test_an_existing_customer_is_chosen_and_a_deal_left_out(site: Site) -> None:
    known = add(site, "customer", name="Acme", phone="13800138000")
    key = lead(site)
    with pytest.raises(ValidationError) as refused:
        run(site, "lead_to_deal", key)
    assert refused.value.errors[0].code == "duplicate_record"
    made = run(site, "lead_to_deal", key, existing={"customer": known}, without=frozenset({"deal"}))
    assert [(result.object, result.new) for result in made] == [("customer", False), ("contact", True)]
    assert rows(site, "contact")[0]["customer"] == known
    assert rows(site, "deal") == []


def test_what_the_condition_excludes_is_not_converted(site: Site) -> None:
    with pytest.raises(ValidationError) as refused:
        run(site, "lead_to_deal", add(site, "lead", name="Li"))
    assert refused.value.errors[0].code == "cannot_convert"


def test_partial_orders_take_what_is_open(site: Site) -> None:
    first, second = {"product": "a", "quantity": 10}, {"product": "b", "quantity": 4}
    key = add(site, "contract", name="K", lines=[first, second])
    ids = [row["id"] for row in rows(site, "contract_line")]
    run(site, "contract_to_order", key, numbers={ids[0]: "6", ids[1]: "0"})
    assert [(row["product"], row["quantity"]) for row in rows(site, "order_line")] == [("a", 6)]
    with pytest.raises(ValidationError):
        run(site, "contract_to_order", key, numbers={ids[0]: "5"})
    run(site, "contract_to_order", key)
    assert [row["open_quantity"] for row in rows(site, "contract_line")] == [0, 0]
    with pytest.raises(ValidationError) as refused:
        run(site, "contract_to_order", key)
    assert refused.value.errors[0].code == "cannot_convert"
    assert len(rows(site, "order")) == 2
