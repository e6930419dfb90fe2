"""An office of five people, with sharing and restriction rules, for tests of what people get beside their roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime import jobs
from formline.runtime.access import Actor, load_actor
from formline.runtime.access import rule_job as rule_job  # registers handlers of jobs, as the next does
from formline.runtime.access import transfer_job as transfer_job
from formline.runtime.access.permitted import permitted
from formline.runtime.keys import uuid7
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.unit import Change, Unit, run_unit
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.databases import Databases
from tests.fixtures.sites import published_at

GROUP = """
kind: object
name: group
title: name
default_access: read
fields:
  name: {type: text, required: true, unique: true}
  members: {type: many_to_many, to: user, reverse: groups}
  queue: {type: boolean}
  active: {type: boolean, default: true}
"""
OBJECTS = """
kind: object
name: customer
title: name
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: [a, b, c], default: c}
  blocked: {type: boolean}
  phone: {type: phone}
  spent: {type: rollup, of: deals.amount, aggregate: sum}
---
kind: object
name: deal
title: name
fields:
  name: {type: text, required: true}
  amount: {type: decimal, scale: 2}
  stage: {type: state, machine: deal_stage}
  customer: {type: lookup, to: customer, reverse: deals, on_delete: cascade}
---
kind: state_machine
name: deal_stage
object: deal
initial: open
states: {open: {label: Open}, won: {label: Won, final: true}}
transitions: {win: {from: open, to: won}}
---
kind: role
name: personnel
label: Personnel
includes: [sales]
objects:
  user: {create: true, read: all, update: all}
  group: {create: true, read: all}
admin: [manage_users]
---
kind: role
name: sales
label: Sales
objects:
  customer:
    create: true
    read: own
    update: own
    delete: own
    transfer: own
    fields: {phone: {read: own_and_team, otherwise: masked}}
  deal: {create: true, read: own, update: own, transfer: own}
  user: {read: all}
---
kind: role
name: compliance
label: Compliance
includes: [sales]
"""
KEY = """
kind: sharing_rule
name: key_accounts
object: customer
where: level == "a"
to: [{group: key_accounts}, {managers_of: owner}]
access: read_write
"""
LARGE = """
kind: sharing_rule
name: large
object: customer
where: spent > 1000
to: {role: compliance}
lasts: 90d
"""
OF_KEY = """
kind: sharing_rule
name: deals_of_key_accounts
object: deal
where: customer.level == "a"
to: {group: key_accounts}
"""
BLOCKED = """
kind: restriction_rule
name: blocked_customers
object: customer
where: blocked
only: [{role: compliance}, {group: lawyers}]
"""
RULES = (KEY, LARGE, OF_KEY, BLOCKED)


class Office:
    """A site with three people: a chief, who manages a clerk, and somebody in the group of key accounts."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.chief = self.create("user", name="Chief", login="chief", roles=["sales"])
        self.clerk = self.create("user", name="Clerk", login="clerk", roles=["sales"], manager=self.chief)
        self.helper = self.create("user", name="Helper", login="helper", roles=["sales"])
        self.guard = self.create("user", name="Guard", login="guard", roles=["compliance"])
        self.group = self.create("group", name="key_accounts", members=[self.helper], queue=True)

    def create(self, object: str, **values: Any) -> UUID:
        return run_unit(self.site, Actor.system(), lambda unit: unit.create(object, [values]))[0]

    def change(self, object: str, key: UUID, **values: Any) -> None:
        run_unit(self.site, Actor.system(), lambda unit: unit.update(object, [Change(key, values)]))

    def as_(self, user: UUID) -> Actor:
        """Return somebody as an actor, as of now."""
        with self.site.reading() as connection:
            return load_actor(connection, self.site.release, user)

    def win(self, unit: Unit, key: UUID) -> None:
        with unit.as_platform():
            unit.transition("deal", [key], "win")

    def owner(self, object: str, key: UUID) -> UUID | None:
        model = self.site.release.model(object)
        with self.site.reading() as connection:
            return connection.execute(select(model.column("owner")).where(model.id == key)).scalar_one()

    def may(self, user: UUID, object: str, key: UUID, right: str = "read") -> bool:
        with self.site.reading() as connection:
            actor = load_actor(connection, self.site.release, user)
            found = permitted(connection, self.site.release, actor, object, [key], right)
            listed = fetch(connection, self.site.release, actor, Query(object, ("id",))).rows
            if right == "read":
                assert (key in {UUID(str(row["id"])) for row in listed}) == (key in found)
            return key in found

    def work(self) -> list[str]:
        """Run every waiting job; return the rules they went over, of other jobs the result."""
        done = []
        holder = uuid7()
        while True:
            with self.site.writing() as connection:
                claimed = jobs.claim(connection, holder, datetime.now(UTC))
            if not claimed:
                return done
            jobs.run(self.site, claimed[0], holder)
            with self.site.reading() as connection:
                state = jobs.get(connection, claimed[0].id)
            assert state is not None
            assert state.state == "done", state
            done.append(str(claimed[0].args.get("rule", state.result)))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:

    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    site = published_at(url, [*ORGANISATION.values(), GROUP, OBJECTS, *RULES], tmp_path_factory.mktemp("office"))
    made = Office(site)
    made.work()
    yield made
    site.close()
    databases.drop(url)
