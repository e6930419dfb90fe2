"""Approvals with 10,000 open: a decision beside a plain update, the rows of an inbox, transitions of a list.

``FORMLINE_BENCH_OPEN`` sets how many instances are open. CPU of this process on SQLite, which runs inside it.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, select

from benchmarks.measurement import Measurement
from benchmarks.platform_site import KEY
from formline.expressions.environment import Env
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.keys import uuid7s
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from formline.runtime.tables import approval, approval_event, approval_task
from formline.runtime.unit import Change, Unit, run_unit
from formline.settings import Settings
from formline.workflow.approvals import inbox, shell
from formline.workflow.state_machines import presses

OPEN = int(os.environ.get("FORMLINE_BENCH_OPEN", "10000"))
TIMES = 60
DEFINITIONS = """
kind: object
name: company
fields: {name: {type: text}}
---
kind: object
name: department
fields: {name: {type: text}, parent: {type: lookup, to: department}, manager: {type: user}}
---
kind: object
name: user
fields:
  name: {type: text}
  login: {type: text}
  active: {type: boolean}
  roles: {type: multi_choice, choices: [seller, boss]}
  manager: {type: user}
---
kind: object
name: contract
default_access: private
fields:
  name: {type: text, required: true}
  amount: {type: money}
  note: {type: text}
  stage: {type: state, machine: contract_stage}
---
kind: state_machine
name: contract_stage
object: contract
initial: draft
states: {draft: {label: Draft}, signed: {label: Signed, final: true}, lost: {label: Lost, final: true}}
transitions:
  sign: {label: Sign, from: draft, to: signed, when: amount > 0, requires: [name]}
  lose: {label: Lose, from: draft, to: lost, allowed: {role: boss}, requires: [note]}
---
kind: role
name: seller
objects: {contract: {create: true, read: own, update: own, actions: [sign]}}
---
kind: role
name: boss
objects: {contract: {read: all, update: all, actions: [sign]}}
---
kind: approval
name: signing
object: contract
guards: {transition: sign}
steps:
  - {approve: first, approvers: {role: boss}, show: [amount]}
  - {approve: second, approvers: {role: boss}, show: [amount], same_person: always_ask}
"""


def measure() -> Iterator[Measurement]:
    """Measure on a site of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), secret_key=KEY)
        prepare(settings)
        site = Site.open(settings)
        apply(site, plan(site, candidate_of_texts(settings, [DEFINITIONS])), "benchmark", Author("benchmark"))
        seller, boss = _people(site)
        open_many(site, _submitted(site, seller, 1)[0][1], OPEN)
        yield from _decisions(site, seller, boss)
        yield _inbox(site, boss)
        yield _transitions(site, boss)
        site.close()


def _people(site: Site) -> tuple[Actor, Actor]:
    def work(unit: Unit) -> list[UUID]:
        return unit.create("user", [{"name": n, "login": n, "roles": [n], "active": True} for n in ("seller", "boss")])

    keys = run_unit(site, Actor.system(), work)
    with site.reading() as connection:
        first, second = (load_actor(connection, site.release, key) for key in keys)
    return first, second


def _submitted(site: Site, seller: Actor, count: int) -> list[tuple[UUID, UUID]]:
    """Return contracts with the approvals of their signature."""
    rows = [{"name": f"C{number}", "amount": 10 + number} for number in range(count)]
    contracts: list[UUID] = run_unit(site, seller, lambda unit: unit.create("contract", rows))
    run_unit(site, seller, lambda unit: unit.transition("contract", contracts, "sign"), confirm=True)
    wanted = select(approval.c.record_id, approval.c.id).where(approval.c.record_id.in_(contracts))
    with site.reading() as connection:
        return [(row.record_id, row.id) for row in connection.execute(wanted)]


def open_many(site: Site, like: UUID, count: int) -> None:
    """Put copies of an open instance, its log and its tasks into their tables, each for a record of its own."""
    keys, records = uuid7s(count), uuid7s(count)
    for table, column in ((approval, "id"), (approval_event, "approval_id"), (approval_task, "approval_id")):
        with site.writing() as connection:
            rows = connection.execute(select(table).where(table.c[column] == like)).mappings().all()
            copies = [_copy(table, row, column, *new) for new in zip(keys, records, strict=True) for row in rows]
            for start in range(0, len(copies), 5000):
                connection.execute(insert(table), copies[start : start + 5000])


def _copy(table: Table, row: Any, column: str, key: UUID, record: UUID) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if not (table is approval_event and name == "id")}
    return {**values, column: key, **({"record_id": record} if table is approval else {})}


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def _decisions(site: Site, seller: Actor, boss: Actor) -> Iterator[Measurement]:
    """Yield a plain update and decisions, taken in turn, so that both meet the same machine."""
    updates: list[float] = []
    decisions: dict[str, list[float]] = {"first": [], "second": []}
    for contract, key in _submitted(site, seller, TIMES):
        for step, spent in decisions.items():
            wanted = select(approval_task.c.ballot).where(
                approval_task.c.approval_id == key, approval_task.c.state == "open"
            )
            with site.reading() as connection:
                ballot = connection.execute(wanted).scalar_one()
            spent.append(_cpu(partial(shell.decide, site, boss, key, ballot, "approve")))
            assert step in ballot
        change = [Change(contract, {"note": "looked at"})]
        updates.append(_cpu(partial(run_unit, site, boss, lambda unit, one=change: unit.update("contract", one))))
    plain = statistics.median(updates)
    yield Measurement("a plain update", plain, "ms")
    for name, case in (("first", "a decision that leads to a next step"), ("second", "one that signs the contract")):
        taken = statistics.median(decisions[name])
        yield Measurement(f"{case}, {OPEN} open", taken, "ms")
        yield Measurement(f"{case} : a plain update", taken / plain, "times", "<= 2")


def _inbox(site: Site, boss: Actor) -> Measurement:
    assert boss.user_id is not None
    user_id, now = boss.user_id, datetime.now(UTC)
    with site.reading() as connection:
        taken = [_cpu(lambda: inbox.page(connection, user_id, "open", now, limit=20)) for _ in range(TIMES)]
    return Measurement(f"the first 20 of {OPEN} tasks, without their page", statistics.median(taken), "ms")


def _transitions(site: Site, boss: Actor) -> Measurement:
    """Return what the buttons of a list of 50 records take."""
    machine = site.release.catalog.get("state_machine", "contract_stage")
    records = [{"id": n, "name": f"C{n}", "amount": n, "stage": "draft", "note": None} for n in range(50)]
    user = {**boss.user, "id": boss.user_id, "roles": boss.roles}
    now = datetime.now(UTC)

    def press_all() -> None:
        for record in records:
            env = Env(record=record, user=user, today=now.date(), now=now, zone=site.release.zone)
            presses(machine, "draft", env, lambda name: name == "sign")

    taken = [_cpu(press_all) for _ in range(200)]
    return Measurement("transitions allowed for 50 records", statistics.median(taken), "ms", "<= 0.5")
