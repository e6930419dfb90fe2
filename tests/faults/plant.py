"""The site under fire: lines imported and posted, their totals, echoes, contracts with approvals."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from formline.runtime import outbox
from formline.runtime.access.actor import Actor
from formline.runtime.importing.job import enqueue_import
from formline.runtime.migration.doctor import doctor
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import history, job, script_run
from formline.runtime.unit import Change, run_unit
from formline.web.api.tokens import create_token
from tests.fixtures.sites import published_at
from tests.workflow.approvals.firm import TEXTS, Firm
from tests.workflow.approvals.outcomes import verify_ended

#: Rows of the import: three batches.
IMPORTED = 1_100
#: Every so many lines have an echo.
EVERY = 25
CONTRACTS = 3
PLANT = f"""
kind: object
name: batch
title: name
fields:
  name: {{type: text, unique: true}}
  total: {{type: rollup, of: lines.amount, aggregate: sum}}
  count: {{type: rollup, of: lines.amount, aggregate: count}}
---
kind: object
name: line
title: name
fields:
  name: {{type: text, required: true}}
  amount: {{type: integer}}
  batch: {{type: lookup, to: batch, reverse: lines}}
---
kind: object
name: echo
fields: {{line: {{type: lookup, to: line}}, said: {{type: text}}}}
---
kind: role
name: clerk
label: Clerk
objects:
  batch: {{read: all}}
  line: {{create: true, read: all}}
  echo: {{create: true, read: all}}
---
kind: script
name: echoing
object: line
runs: after_commit
on: [created]
when: amount % {EVERY} == 0
source: |
  create('echo', line=record.id, said=record.name)
---
kind: object
name: answer
fields: {{line: {{type: lookup, to: line}}, said: {{type: text}}}}
---
kind: automation
name: answering
object: line
trigger: created
when: amount % {EVERY} == 0
run_as: system
actions:
  - create: answer
    values: {{line: this, said: name}}
---
kind: mapping
name: lines
object: line
source: {{format: csv, file: "*.csv"}}
columns:
  name: name
  amount: amount
  batch: {{from: batch, find: {{by: name}}}}
"""


class Plant:
    """A site with an import that waits, and contracts submitted for approval; ``posted`` are lines of clients."""

    def __init__(self, url: str, folder: Path) -> None:
        self.site = published_at(url, [*TEXTS, PLANT], folder)
        self.firm = Firm(self.site)
        sam = Change(self.firm.ids["sam"], {"roles": ["seller", "clerk"]})
        run_unit(self.site, Actor.system(), lambda unit: unit.update("user", [sam]))
        names = [{"name": name} for name in ("imported", "posted")]
        self.batches = run_unit(self.site, Actor.system(), lambda unit: unit.create("batch", names))
        self.contracts = [self.firm.contract(600_000) for _ in range(CONTRACTS)]
        self.approvals = [key for contract in self.contracts if (key := self.firm.sign(contract))]
        file = folder / "lines.csv"
        rows = [f"i{number},{number},imported" for number in range(IMPORTED)]
        file.write_text("\n".join(["name,amount,batch", *rows]))
        with self.site.writing() as connection:
            enqueue_import(self.site, connection, file, "lines", None)
            _key, self.token = create_token(connection, self.firm.ids["sam"], "clients")

    def settled(self) -> bool:
        """Return whether nothing is left to do: no job, no event, no delivery, no open approval."""
        with self.site.reading() as connection:
            unfinished = select(func.count()).where(job.c.state.in_(("waiting", "running")))
            left = connection.execute(unfinished).scalar_one()
            return not left and not sum(outbox.waiting(connection).values()) and not self.open_approvals()

    def open_approvals(self) -> list[UUID]:
        """Return the approvals that have not ended."""
        return [key for key in self.approvals if self.firm.status(key) not in ("approved", "rejected")]

    def rows(self, object_name: str, *fields: str) -> list[dict[str, Any]]:
        """Return all records of an object."""
        found: list[dict[str, Any]] = []
        with self.site.reading() as connection:
            cursor = None
            while True:
                query = Query(object_name, ("id", *fields), limit=500, cursor=cursor)
                page = fetch(connection, self.site.release, Actor.system(), query)
                found += page.rows
                cursor = page.next_cursor
                if cursor is None:
                    return found

    def verify(self, posted: dict[str, int]) -> None:
        """Assert that everything happened once: against what was asked for, counted anew from the rows.

        ``posted``: the amounts that clients sent and were told are stored, by name.
        """
        self.verify_lines({f"i{number}": number for number in range(IMPORTED)}, posted)
        for contract, key in zip(self.contracts, self.approvals, strict=True):
            verify_ended(self.firm, contract, key)
        with self.site.reading() as connection:
            failed = select(job.c.kind, job.c.error).where(job.c.state == "failed")
            assert connection.execute(failed).all() == []
            assert outbox.waiting(connection) == {"new": 0}
        assert doctor(self.site) == []

    def verify_lines(self, imported: dict[str, int], posted: dict[str, int]) -> None:
        """Assert that lines, totals, echoes, answers and, of those posted, the history are as expected."""
        expected = imported | posted
        lines = self.rows("line", "name", "amount", "batch")
        assert Counter(row["name"] for row in lines) == Counter(expected.keys())
        assert {row["name"]: row["amount"] for row in lines} == expected
        for batch in self.rows("batch", "total", "count"):
            mine = [row["amount"] for row in lines if row["batch"] == batch["id"]]
            assert (batch["total"], batch["count"]) == (sum(mine), len(mine))
        with self.site.reading() as connection:
            errors = set(connection.execute(select(script_run.c.error)).scalars())
        assert errors == {None}, errors
        for follower in ("echo", "answer"):
            said = Counter(row["said"] for row in self.rows(follower, "said"))
            assert said == Counter(name for name, amount in expected.items() if amount % EVERY == 0), follower
        with self.site.reading() as connection:
            number = self.site.release.physical["line"].id
            created = select(history.c.record_id).where(history.c.object_id == number, history.c.action == "created")
            noted = Counter(connection.execute(created).scalars())
        assert noted == Counter(row["id"] for row in lines if row["name"] in posted)
