"""A service desk with tickets and service levels, on a real site; what is done says when it is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.workflow.sla.firing import fire_due
from tests.fixtures.catalogs import ORGANISATION

OBJECTS = Path(__file__).parents[3] / "definitions" / "objects"
#: Monday, 09:00 in Shanghai, where the office works until 18:00.
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICKET = """
kind: object
name: client
title: name
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: [vip, usual], default: usual}
  calendar: {type: lookup, to: calendar}
---
kind: object
name: promise
title: level
fields:
  level: {type: text, required: true}
  within: {type: duration, required: true}
---
kind: object
name: ticket
title: name
fields:
  name: {type: text, required: true}
  client: {type: lookup, to: client, reverse: tickets}
  priority: {type: choice, choices: [low, high], default: low}
  status: {type: state, machine: ticket_status}
  opened_at: {type: datetime}
  answer_by: {type: datetime, read_only: true}
  solve_by: {type: datetime, read_only: true}
  solving: {type: choice, choices: [running, paused, overdue, met, missed], read_only: true}
  told: {type: integer, default: 0}
  escalated: {type: integer, default: 0}
  reminded: {type: integer, default: 0}
---
kind: state_machine
name: ticket_status
object: ticket
initial: new
states:
  new: {label: New}
  working: {label: In progress, limit: {time: 2wd, actions: [{set: {reminded: reminded + 1}}]}}
  waiting: {label: Waiting}
  solved: {label: Solved, final: true}
transitions:
  take: {from: new, to: working}
  wait: {from: working, to: waiting}
  resume: {from: waiting, to: working}
  solve: {from: [new, working, waiting], to: solved}
  reopen: {from: solved, to: working}
"""
LEVELS = """
kind: sla
name: answer
object: ticket
starts: status == "new"
since: opened_at
targets:
  vip: {when: client.level == "vip", time: 30m}
  promised: {when: 'priority == "high"', time: {find: promise, where: level == this.priority, value: within}}
  usual: {time: 4wh}
calendar: client.calendar
due: answer_by
---
kind: sla
name: solve
label: Solution
object: ticket
pauses: status == "waiting"
stops: status == "solved"
restarts: true
target: 9wh
at:
  50%: [{set: {told: told + 1}}]
  100%: [{set: {escalated: escalated + 1}}]
due: solve_by
status: solving
"""
SHIPPED = [(OBJECTS / f"{name}.yaml").read_text() for name in ("calendar", "calendar_day")]
TEXTS = [*ORGANISATION.values(), *SHIPPED, TICKET, LEVELS]


class Desk:
    """A site with its clock in the test's hands: times are after Monday 09:00."""

    def __init__(self, site: Site) -> None:
        """Keep the site."""
        self.site = site

    def run(self, work: Any, after: timedelta = timedelta(0), source: str = "form") -> Any:
        """Do something in a unit at a time."""
        return run_unit(self.site, Actor.system(), work, now=MONDAY + after, source=source, confirm=True)

    def open(self, after: timedelta = timedelta(0), **values: Any) -> UUID:
        """Create a ticket."""
        return self.run(lambda unit: unit.create("ticket", [{"name": "No light", **values}]), after)[0]

    def add(self, object_name: str, **values: Any) -> UUID:
        """Create a record of another object."""
        return self.run(lambda unit: unit.create(object_name, [values]))[0]

    def move(self, key: UUID, name: str, after: timedelta) -> None:
        """Press a transition."""
        self.run(lambda unit: unit.transition("ticket", [key], name), after)

    def change(self, key: UUID, after: timedelta, object_name: str = "ticket", **values: Any) -> None:
        """Change a record."""
        self.run(lambda unit: unit.update(object_name, [Change(key, values)]), after)

    def fire(self, after: timedelta) -> int:
        """Run the regular job."""
        return fire_due(self.site, MONDAY + after)

    def read(self, key: UUID, *names: str) -> tuple[Any, ...]:
        """Return values of a ticket."""
        model = self.site.release.model("ticket")
        with self.site.reading() as connection:
            found = connection.execute(select(*(model.column(name) for name in names)).where(model.id == key))
            return tuple(found.one())

    def clocks(self, key: UUID, name: str) -> list[dict[str, Any]]:
        """Return the runs of a clock."""
        c = tables.clock.c
        with self.site.reading() as connection:
            found = select(tables.clock).where(c.record_id == key, c.clock == name).order_by(c.run)
            return [dict(row) for row in connection.execute(found).mappings()]
