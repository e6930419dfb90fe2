"""A small shop with integrations, and what tests of messages share."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select

from formline.runtime import jobs, leader
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.tables import account, job, sent
from formline.runtime.unit import run_unit
from formline.runtime.webhooks import bindings
from formline.runtime.worker import LEASE_NAME, Worker, consumers_of
from tests.fixtures.catalogs import ORGANISATION

if TYPE_CHECKING:
    from formline.runtime.site import Site

SECRET = "whsec_" + "QUJD" * 8
TEXT = """
kind: object
name: order
title: number
fields:
  number: {type: text, required: true}
  total: {type: money}
  cost: {type: decimal}
  kind: {type: choice, choices: {web: {label: Web shop}, desk: {label: Desk}}}
  status: {type: state, machine: order_status}
---
kind: state_machine
name: order_status
object: order
field: status
initial: open
states: {open: {label: Open}, shipped: {label: Shipped}}
transitions: {ship: {from: open, to: shipped}}
---
kind: role
name: warehouse
objects:
  order: {read: all, create: true, update: all, import: true, fields: {cost: hidden}}
---
kind: choice_list
name: roles
choices: {warehouse: {label: Warehouse}, nothing: {label: Nothing}}
---
kind: integration
name: feed
direction: out
object: order
on: [created, {updated: [total]}, {transition: ship}, deleted]
when: number != "secret"
---
kind: integration
name: chat
direction: out
connector: plain_chat
object: order
on: [{transition: ship}]
message: "{number} ({kind}) left for {total}, cost {cost}"
---
kind: integration
name: called
direction: out
object: order
fields: [number, cost]
---
kind: mapping
name: order_in
object: order
key: [number]
columns:
  number: no
  total: {from: amounts.total, default: "1"}
  kind: {from: source, values: {W: web}}
---
kind: integration
name: orders_in
direction: in
mapping: order_in
rows: data.orders
"""
TEXTS = [*ORGANISATION.values(), TEXT]


def allowing(site: Site, *hosts: str) -> None:
    """Let the site's requests reach hosts that are not public."""
    site.settings = dataclasses.replace(site.settings, outbound_allow=hosts)


def an_account(site: Site, *roles: str) -> UUID:
    """Return an integration's account with roles."""
    values = {"name": "Warehouse", "login": f"w{uuid7()}", "roles": list(roles or ("warehouse",)), "active": True}
    key: UUID = run_unit(site, Actor.system(), lambda unit: unit.create("user", [values])[0], source="system")
    row = {"user_id": key, "login": values["login"], "kind": "integration", "created_at": datetime.now(UTC)}
    with site.writing() as connection:
        connection.execute(insert(account).values(row))
    return key


def bind(site: Site, name: str, address: str = "", user: UUID | None = None, **more: Any) -> bindings.Binding:
    """Set an integration up as the page does."""
    key = user or an_account(site)
    made = bindings.Binding(name, key, address, (bindings.Secret(SECRET),), **more)
    with site.writing() as connection:
        bindings.save(connection, site.keys, made, datetime.now(UTC), more.get("changed_by"))
    return made


def write(site: Site, work: Any, actor: Actor | None = None) -> Any:
    """Run a unit."""
    return run_unit(site, actor or Actor.system(), work, source="form")


def order(site: Site, number: str = "A1", **values: Any) -> UUID:
    """Return a new order."""
    key: UUID = write(site, lambda unit: unit.create("order", [{"number": number, **values}])[0])
    return key


def work_off(site: Site) -> None:
    """Do what a worker does now, until nothing is due."""
    worker = Worker(site, consumers_of(site))
    while worker.step():
        pass
    with site.writing() as connection:
        leader.release(connection, LEASE_NAME, worker.holder)


def later(site: Site, wait: timedelta) -> None:
    """Let time pass for everything that waits: moments in the tables move back."""
    with site.writing() as connection:
        for key, due in connection.execute(select(job.c.id, job.c.run_after).where(job.c.state == "waiting")).all():
            connection.execute(job.update().where(job.c.id == key).values(run_after=due - wait))


def run_jobs(site: Site) -> None:
    """Run the jobs that are due, once."""
    holder = uuid7()
    with site.writing() as connection:
        claimed = sorted(jobs.claim(connection, holder, datetime.now(UTC), 100), key=lambda one: one.id)
    for each in claimed:
        jobs.run(site, each, holder)


def messages(site: Site, name: str = "feed") -> list[dict[str, Any]]:
    """Return the rows of messages to an integration, oldest first."""
    with site.reading() as connection:
        rows = connection.execute(select(sent).where(sent.c.integration == name).order_by(sent.c.id)).mappings()
        return [dict(row) for row in rows]
