"""Definitions that use every step of the write pipeline, and short ways to write records of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.site import Site
from formline.runtime.unit import Change, DeletionReceipt, Unit, run_unit
from tests.fixtures.catalogs import ORGANISATION

SHOP = """
kind: object
name: customer
default_access: private
fields:
  name: {type: text, required: true, max_length: 40}
  level: {type: choice, choices: {a: {label: A}, b: {label: B}, c: {label: C}}, default: c}
  deals: {type: rollup, of: contracts.amount, aggregate: sum, where: 'status == "active"'}
  biggest: {type: rollup, of: contracts.amount, aggregate: max}
  contracted: {type: rollup, of: contracts.id, aggregate: count}
  planned: {type: rollup, of: contracts.planned, aggregate: sum}
  titles: {type: rollup, of: contracts.name, aggregate: list}
  average: {type: rollup, of: contracts.amount, aggregate: avg}
unique: [{fields: [name]}]
---
kind: object
name: contract
fields:
  number: {type: auto_number, pattern: "CT-{date:%Y}-{n:4}", restart_per: [year]}
  name: {type: text, required: true}
  customer: {type: lookup, to: customer, reverse: contracts, on_delete: restrict}
  related: {type: lookup, to: contract, reverse: relatives, on_delete: clear, where: customer == this.customer}
  status: {type: state, machine: contract_status}
  amount: {type: money, min: 0, read_only: 'status == "closed"'}
  discount: {type: percent, default: '10 if customer.level == "a" else 0', default_again_on: [customer]}
  net: {type: formula, returns: money, expression: amount * (100 - discount) / 100}
  planned: {type: rollup, of: instalments.amount, aggregate: sum}
  last_due: {type: rollup, of: instalments.due_on, aggregate: max}
  open: {type: formula, returns: money, expression: amount - planned}
  reason: {type: text, visible: 'status == "closed"', required: 'status == "closed"'}
  tags: {type: multi_choice, choices: {red: {label: Red}, green: {label: Green}, blue: {label: Blue}}}
  people: {type: many_to_many, to: user, reverse: contracts}
  note: {type: long_text}
rules:
  plan_within_amount:
    when: amount != null
    check: planned <= amount
    field: instalments
    message: "The plan is {planned - amount} more than {amount}."
  few: {check: count(instalments) < 6, field: instalments, message: Too many instalments.}
  note_big: {when: amount > 5000, check: not is_empty(note), field: note, level: warning, message: Say why.}
  level_c:
    when: customer.level == "c" and amount != null
    check: amount <= 90000
    field: amount
    message: "Too much for {customer.name}."
  never_halved: {check: not (amount < old.amount / 2), field: amount, message: Less than half.}
---
kind: state_machine
name: contract_status
object: contract
field: status
initial: draft
states:
  draft: {label: Draft, set: {discount: 5}}
  active: {label: Active, read_only: [customer]}
  closed: {label: Closed, final: true, set: {note: closed}}
transitions:
  sign:
    label: Sign
    from: draft
    to: active
    requires: [amount]
    checks: {plan: {check: count(instalments) > 0, message: Plan first.}}
  close: {label: Close, from: active, to: closed, requires: [reason]}
  hand_in: {label: Hand in, from: active, to: draft, allowed: {field: owner}}
  take_back: {label: Take back, from: active, to: draft, allowed: {role: boss}}
  finish: {label: Finish, from: active, to: closed, automatic: true, when: 'note == "finish"'}
---
kind: object
name: instalment
fields:
  contract: {type: parent, to: contract, reverse: instalments, required: true}
  amount: {type: money, required: true, min: 0}
  due_on: {type: date}
---
kind: object
name: price
fields:
  customer: {type: lookup, to: customer, required: true}
  valid_from: {type: date, required: true}
  valid_to: {type: date}
unique: [{fields: [customer], during: [valid_from, valid_to], message: This customer has a price then.}]
---
kind: object
name: member
fields:
  name: {type: text, required: true}
  balance: {type: rollup, of: points.points, aggregate: sum}
rules:
  enough: {check: balance >= 0, message: Not enough points.}
---
kind: object
name: points
append_only: true
fields:
  member: {type: parent, to: member, reverse: points}
  points: {type: integer, required: true}
---
kind: object
name: receipt
fields:
  amount: {type: money, required: true}
  allocated: {type: rollup, of: allocations.amount, aggregate: sum}
rules:
  not_over: {check: allocated <= amount, field: allocations, message: "The receipt has only {amount - allocated} left."}
---
kind: object
name: bill
fields:
  amount: {type: money, required: true}
  paid: {type: rollup, of: allocations.amount, aggregate: sum}
rules:
  not_over: {check: paid <= amount, field: allocations, message: Paid too much.}
---
kind: object
name: allocation
append_only: true
fields:
  receipt: {type: lookup, to: receipt, reverse: allocations, required: true}
  bill: {type: lookup, to: bill, reverse: allocations, required: true}
  amount: {type: money, required: true}
---
kind: role
name: boss
label: Boss
objects: {contract: {read: all}}
---
kind: role
name: clerk
label: Clerk
objects:
  customer: {create: true, read: own, update: own, delete: own}
  contract: {create: true, read: own, update: own, delete: own, actions: [sign], fields: {note: read, tags: hidden}}
  instalment: {create: true, read: own, update: own, delete: own}
"""

TEXTS = [
    *(text.replace("[CNY, USD, EUR]", "{CNY: {label: CNY}, USD: {label: USD}}") for text in ORGANISATION.values()),
    SHOP,
]
SYSTEM = Actor.system()


def write(site: Site, work: Callable[[Unit], Any], actor: Actor = SYSTEM, **options: Any) -> Any:
    """Run one unit."""
    return run_unit(site, actor, work, **options)


def create(site: Site, name: str, *rows: Mapping[str, Any], actor: Actor = SYSTEM, **options: Any) -> list[UUID]:
    """Create records in one unit."""
    return write(site, lambda unit: unit.create(name, rows), actor, **options)


def add(site: Site, name: str, /, actor: Actor = SYSTEM, **values: Any) -> UUID:
    """Create one record."""
    return create(site, name, values, actor=actor, confirm=True)[0]


def change(
    site: Site, name: str, key: UUID, /, actor: Actor = SYSTEM, version: int | None = None, **values: Any
) -> None:
    """Change one record."""
    write(site, lambda unit: unit.update(name, [Change(key, values, version)]), actor, confirm=True)


def drop(site: Site, name: str, *keys: UUID, actor: Actor = SYSTEM) -> UUID:
    """Delete records; return what restores them."""
    receipt: DeletionReceipt = write(site, lambda unit: unit.delete(name, keys), actor)
    return receipt.deletion_id


def stored(site: Site, name: str, key: UUID) -> dict[str, Any]:
    """Return a live record as it is in the database."""
    return rows(site, name, [key])[key]


def rows(site: Site, name: str, keys: Iterable[UUID] | None = None) -> dict[UUID, dict[str, Any]]:
    """Return live records as they are in the database, by id."""
    model = site.release.model(name)
    statement = select(*model.columns).where(model.deleted_at.is_(None)).order_by(model.id)
    binds: dict[str, Any] = {}
    if keys is not None:
        statement = statement.where(in_keys(model.id, "ids", site.dialect))
        binds = bind_keys("ids", keys, site.dialect)
    with site.reading() as connection:
        found = [dict(zip(model.keys, row, strict=True)) for row in connection.execute(statement, binds)]
    return {record["id"]: record for record in found}
