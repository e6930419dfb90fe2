"""A firm with automations, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from formline.runtime import leader
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import account, automation_run, delivery, job
from formline.runtime.unit import Change, run_unit
from formline.runtime.worker import LEASE_NAME, Worker, consumers_of

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

OBJECTS = """
kind: object
name: department
title: name
fields: {name: {type: text}, head: {type: user}}
---
kind: object
name: company
title: name
fields: {name: {type: text}, currency: {type: text}}
---
kind: object
name: user
fields:
  name: {type: text}
  login: {type: text}
  active: {type: boolean}
  manager: {type: user}
  department: {type: department}
  company: {type: lookup, to: company}
  roles: {type: multi_choice, choices: [clerk, boss, presser]}
---
kind: object
name: customer
title: name
fields:
  name: {type: text}
  level: {type: choice, choices: [a, b]}
  visits: {type: integer}
---
kind: object
name: deal
title: name
default_access: read_write
fields:
  name: {type: text}
  amount: {type: decimal, scale: 2}
  price: {type: money}
  count: {type: integer}
  day: {type: date}
  moment: {type: datetime}
  note: {type: text}
  flag: {type: boolean}
  customer: {type: lookup, to: customer, reverse: deals}
  stage: {type: state, machine: stages}
  total: {type: rollup, of: lines.amount, aggregate: sum}
---
kind: object
name: line
title: name
default_access: controlled_by_parent
fields:
  deal: {type: parent, to: deal, reverse: lines}
  name: {type: text}
  amount: {type: decimal, scale: 2}
  price: {type: money}
  day: {type: date}
  person: {type: user}
---
kind: object
name: task
title: name
default_access: read_write
fields:
  name: {type: text, required: true}
  deal: {type: lookup, to: deal, reverse: tasks}
  about: {type: lookup, to: [deal, customer]}
  amount: {type: decimal, scale: 2}
  price: {type: money}
  day: {type: date}
---
kind: notification
name: look
label: Have a look
object: deal
---
kind: role
name: clerk
objects:
  deal: {create: true, read: all, update: all, delete: all, actions: [propose, win, lose]}
  line: {create: true, read: all, update: all}
  customer: {read: all}
  user: {read: all}
---
kind: role
name: boss
objects:
  deal: {create: true, read: all, update: all, delete: all, actions: [propose, win, lose]}
  line: {create: true, read: all, update: all}
  task: {create: true, read: all, update: all}
  customer: {create: true, read: all, update: all}
  user: {read: all}
"""
MACHINE = """
---
kind: state_machine
name: stages
object: deal
initial: open
states: {open: {}, proposed: {}, won: {final: true}, lost: {final: true}}
transitions:
  propose: {from: open, to: proposed}
  win: {from: [open, proposed], to: won}
  lose: {from: [open, proposed], to: lost}
"""


def automation(name: str, trigger: str, actions: str, more: str = "", object_name: str = "deal") -> str:
    """Return an automation; ``actions`` is a YAML flow list."""
    return (
        f"---\nkind: automation\nname: {name}\nobject: {object_name}\ntrigger: {trigger}\n{more}\nactions: {actions}\n"
    )


@pytest.fixture
def firm(make_site: MakeSite, database_url: str) -> Callable[..., Site]:
    """Return ``firm(*texts, machine=MACHINE)``: a site with these definitions besides the objects."""

    def make(*texts: str, machine: str = MACHINE) -> Site:
        return make_site([OBJECTS + machine + "".join(texts)], database_url)

    return make


def write(site: Site, object_name: str, actor: Actor | None = None, **values: Any) -> UUID:
    """Create one record."""
    (key,) = run_unit(site, actor or Actor.system(), lambda unit: unit.create(object_name, [values]))
    return key


def change(site: Site, object_name: str, key: UUID, actor: Actor | None = None, **values: Any) -> None:
    """Change one record."""
    run_unit(site, actor or Actor.system(), lambda unit: unit.update(object_name, [Change(key, values)]))


def move(site: Site, key: UUID, transition: str, actor: Actor | None = None, **values: Any) -> None:
    """Press a transition of a deal."""
    run_unit(site, actor or Actor.system(), lambda unit: unit.transition("deal", [key], transition, values))


def person(site: Site, login: str, *roles: str, **more: Any) -> Actor:
    """Create a user and return them as an actor."""
    key = write(site, "user", name=login.title(), login=login, active=True, roles=list(roles), **more)
    with site.writing() as connection:
        connection.execute(insert(account).values(user_id=key, login=login, kind="user", created_at=datetime.now(UTC)))
    with site.reading() as connection:
        return load_actor(connection, site.release, key)


def work(site: Site) -> None:
    """Deliver everything there is."""
    worker = Worker(site, consumers_of(site))
    while worker.step():
        pass
    with site.writing() as connection:
        leader.release(connection, LEASE_NAME, worker.holder)
        failures = select(delivery.c.error).where(delivery.c.error.is_not(None))
        assert connection.execute(failures).scalars().all() == []
        assert connection.execute(select(job.c.error).where(job.c.error.is_not(None))).scalars().all() == []


def rows(site: Site, object_name: str) -> list[dict[str, Any]]:
    """Return the records of an object, oldest first."""
    with site.reading() as connection:
        found = fetch(connection, site.release, Actor.system(), Query(object_name, limit=500)).rows
    return sorted(found, key=lambda row: row["id"])


def runs(site: Site) -> list[Any]:
    """Return the rows of runs, oldest first."""
    with site.reading() as connection:
        return list(connection.execute(select(automation_run).order_by(automation_run.c.id)).all())
