"""A firm with customers, deals and two pools, on a real site; what is done says when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.workflow.pools import moving
from formline.workflow.pools.definition import Pool
from tests.fixtures.catalogs import ORGANISATION

DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CUSTOMER = """
kind: object
name: customer
default_access: private
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: [a, b, key], default: b}
  region: {type: text}
  phone: {type: phone}
  won: {type: boolean}
  last_follow_up: {type: datetime}
  last_deal: {type: date}
---
kind: role
name: seller
label: Seller
objects: {customer: {create: true, read: own, update: own, transfer: own}, user: {read: all}}
---
kind: role
name: head
label: Head
objects: {customer: {create: true, read: all, update: all, transfer: all, import: true}, user: {read: all}}
"""
POOLS = """
kind: pool
name: east
label: East
object: customer
where: region == "east"
order: 1
members: [{role: seller}]
administrators: {role: head}
masked: [phone]
limits: {owned: 3, not_counted: level == "key", claims_per_day: 2, previous_owner_waits: 14d}
recycle:
  quiet: {label: Quiet, after: 30d, since: last_follow_up, when: level != "a"}
  quiet_a: {after: 60d, since: last_follow_up, when: level == "a"}
  fruitless: {all: [{after: 2w, since: last_follow_up}, {after: 90d, since: last_deal}]}
exempt: won
remind_before: 3d
---
kind: pool
name: others
object: customer
members: {user: sam}
"""
TEXTS = [*ORGANISATION.values(), CUSTOMER, POOLS]
PEOPLE: Mapping[str, str] = {"sam": "seller", "sue": "seller", "bob": "head", "eve": ""}


class Firm:
    """People by name, and short ways to make and move customers at a moment."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ids: dict[str, UUID] = {}
        for name, role in PEOPLE.items():
            values = {"name": name, "login": name, "roles": [role] if role else [], "active": True}
            made = run_unit(site, Actor.system(), lambda unit, v=values: unit.create("user", [v]))
            self.ids[name] = made[0]
        with site.writing() as connection:  # only who can sign in is told anything
            for identifier in self.ids.values():
                row = {"user_id": identifier, "login": identifier.hex, "kind": "user", "created_at": START}
                connection.execute(tables.account.insert().values(row))

    def clear(self) -> None:
        """Remove all customers and what pools know of them."""
        with self.site.writing() as connection:
            connection.execute(delete(self.site.release.model("customer").table))
            for table in (tables.pool_entry, tables.pool_log, tables.pool_ownership, tables.notification):
                connection.execute(delete(table))

    def pool(self, name: str = "east") -> Pool:
        found: Pool = self.site.release.catalog.get("pool", name)
        return found

    def actor(self, name: str) -> Actor:
        with self.site.reading() as connection:
            return load_actor(connection, self.site.release, self.ids[name])

    def run(self, name: str, work: Any, at: datetime = START, **more: Any) -> Any:
        actor = self.actor(name) if name else Actor.system()
        return run_unit(self.site, actor, work, now=at, confirm=True, **more)

    def customer(self, owner: str | None, at: datetime = START, by: str = "", **values: Any) -> UUID:
        """Add a customer of the east; without an owner it waits in the pool."""
        row = {"name": uuid4().hex, "region": "east", "owner": self.ids[owner] if owner else None, **values}
        made: list[UUID] = self.run(by, lambda unit: unit.create("customer", [row]), at)
        return made[0]

    def change(self, name: str, key: UUID, at: datetime = START, **values: Any) -> None:
        self.run(name, lambda unit: unit.update("customer", [Change(key, values)]), at)

    def claim(self, name: str, *keys: UUID, at: datetime = START, pool: str = "east") -> None:
        self.run(name, lambda unit: moving.claim(unit, self.pool(pool), keys), at)

    def assign(self, name: str, to: str, *keys: UUID, at: datetime = START) -> None:
        self.run(name, lambda unit: moving.assign(unit, self.pool(), keys, self.ids[to]), at)

    def put_back(self, name: str, *keys: UUID, at: datetime = START) -> None:
        self.run(name, lambda unit: moving.put_back(unit, "customer", keys), at)

    def give(self, name: str, key: UUID, to: str, at: datetime = START) -> None:
        """Transfer a customer as pages and the API do: the owner is written."""
        self.change(name, key, at, owner=self.ids[to])

    def owner(self, key: UUID) -> str | None:
        model = self.site.release.model("customer")
        with self.site.reading() as connection:
            found = connection.execute(select(model.column("owner")).where(model.id == key)).scalar_one()
        return next((name for name, identifier in self.ids.items() if identifier == found), None)

    def waiting(self, pool: str = "east") -> set[UUID]:
        """Return what waits in a pool."""
        entry = tables.pool_entry
        with self.site.reading() as connection:
            return set(connection.execute(select(entry.c.record_id).where(entry.c.pool == pool)).scalars())

    def told(self, kind: str) -> list[UUID]:
        """Return whom notices of a kind were sent to."""
        notice = tables.notification
        with self.site.reading() as connection:
            return list(connection.execute(select(notice.c.user_id).where(notice.c.kind == kind)).scalars())
