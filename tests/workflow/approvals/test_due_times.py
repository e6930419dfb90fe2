"""Due times on a site with its clock in the test's hands: on the working calendar, each once, whoever runs the job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.workflow.approvals import shell, storage, timers
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

#: Friday, 16:00 in Shanghai: two working days later is Tuesday at the same time.
FRIDAY = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PAPER = """
kind: object
name: paper
fields:
  name: {type: text, required: true}
  status: {type: state, machine: paper_status}
---
kind: state_machine
name: paper_status
object: paper
initial: open
states: {open: {}, signed: {}}
transitions: {sign: {from: open, to: signed}}
---
kind: role
name: director
objects: {paper: {create: true, read: all, update: all, actions: [sign]}, user: {read: all}}
---
kind: role
name: writer
objects: {paper: {create: true, read: all, update: all, actions: [sign]}, user: {read: all}}
---
kind: approval
name: signing
object: paper
guards: {transition: sign}
accept_risk: Papers are not worth much.
steps: [{approve: manager, approvers: {managers_of: owner}, due_in: 2wd, on_due: REMIND}]
"""


PEOPLE = (("zhao", "", "writer"), ("wang", "zhao", "writer"), ("li", "wang", "writer"), ("sun", "", "director"))


class Office:
    """Li's papers are signed by Wang, whose superior is Zhao; Sun is the director."""

    def __init__(self, site: Site) -> None:
        """Make the people, who can all sign in."""
        self.site = site
        self.ids: dict[str, UUID] = {}
        for name, manager, role in PEOPLE:
            row = {"name": name, "login": name, "manager": self.ids.get(manager), "roles": [role]}
            (self.ids[name],) = self.run(lambda unit, row=row: unit.create("user", [row]))
        with site.writing() as connection:
            for name, key in self.ids.items():
                row = {"user_id": key, "login": name, "kind": "user", "created_at": FRIDAY}
                connection.execute(tables.account.insert().values(row))

    def run(self, work: Any, actor: Actor | None = None) -> Any:
        """Write on Friday."""
        return run_unit(self.site, actor or Actor.system(), work, now=FRIDAY, confirm=True)

    def submit(self) -> UUID:
        """Submit a paper; return the approval."""
        row = {"name": "P", "owner": self.ids["li"]}
        (key,) = self.run(lambda unit: unit.create("paper", [row]))
        with self.site.reading() as connection:
            li = load_actor(connection, self.site.release, self.ids["li"])
        self.run(lambda unit: unit.transition("paper", [key], "sign"), li)
        with self.site.reading() as connection:
            found = select(tables.approval.c.id).where(tables.approval.c.record_id == key)
            approval: UUID = connection.execute(found).scalar_one()
        return approval

    def due(self, approval: UUID) -> list[datetime]:
        """Return when an approval is due."""
        c = tables.approval_timer.c
        with self.site.reading() as connection:
            return list(connection.execute(select(c.due_at).where(c.approval_id == approval)).scalars())

    def at(self, approval: UUID) -> tuple[str, list[str]]:
        """Return how an approval stands and with whom it is."""
        names = {key: name for name, key in self.ids.items()}
        task = tables.approval_task.c
        with self.site.reading() as connection:
            status = connection.execute(
                select(tables.approval.c.status).where(tables.approval.c.id == approval)
            ).scalar_one()
            people = connection.execute(
                select(task.person_id).where(task.approval_id == approval, task.state == "open")
            )
            return status, sorted(names[key] for key in people.scalars())

    def reminders(self) -> int:
        """Return how many reminders were sent."""
        with self.site.reading() as connection:
            found = select(func.count()).where(tables.notification.c.kind == "approval_remind")
            return int(connection.execute(found).scalar_one())


@pytest.fixture
def office(make_site: MakeSite, database_url: str) -> Any:
    """Return ``office(on_due)``."""
    return lambda on_due: Office(make_site([*ORGANISATION.values(), PAPER.replace("REMIND", on_due)], database_url))


def test_it_is_due_when_working_time_says_so_and_not_before(office: Any) -> None:
    here = office("remind")
    approval = here.submit()
    assert here.due(approval) == [FRIDAY + 4 * DAY]
    assert timers.pass_due(here.site, FRIDAY + 4 * DAY - timedelta(seconds=1)) == 0
    assert timers.pass_due(here.site, FRIDAY + 4 * DAY) == 1
    assert (here.at(approval), here.reminders(), here.due(approval)) == (("running", ["wang"]), 1, [])


def test_reminders_come_as_often_as_declared_each_after_working_time(office: Any) -> None:
    here = office("{remind: 3}")
    approval = here.submit()
    told = []
    for days in range(20):
        if timers.pass_due(here.site, FRIDAY + days * DAY):
            told.append(days)
    assert told == [4, 6, 10]  # Tuesday, Thursday, Monday
    assert here.reminders() == 3
    assert here.at(approval) == ("running", ["wang"])


@pytest.mark.parametrize(
    ("on_due", "outcome"),
    [
        ("approve", ("approved", [])),
        ("reject", ("rejected", [])),
        ("escalate", ("running", ["zhao"])),
        ("{transfer: {role: director}}", ("running", ["sun"])),
        ("{escalate: {role: director}}", ("running", ["sun"])),
    ],
)
def test_what_happens_when_nobody_answers(office: Any, on_due: str, outcome: tuple[str, list[str]]) -> None:
    here = office(on_due)
    approval = here.submit()
    timers.pass_due(here.site, FRIDAY + 4 * DAY)
    assert here.at(approval) == outcome
    assert timers.pass_due(here.site, FRIDAY + 40 * DAY) == 0


def test_two_workers_remind_once(office: Any) -> None:
    here = office("{remind: 2}")
    approvals = [here.submit() for _ in range(4)]
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda _: timers.pass_due(here.site, FRIDAY + 4 * DAY), range(3)))
    assert sum(told) == 4
    assert here.reminders() == 4
    assert [len(here.due(one)) for one in approvals] == [1, 1, 1, 1]


def test_a_worker_killed_on_the_way_forgets_nothing(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the transaction did not commit is as if it had never begun: the timer is there, nobody was reminded."""
    here = office("{remind: 2}")
    approval = here.submit()
    taken = storage.take_timer

    def die(*given: Any) -> bool:
        taken(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(storage, "take_timer", die)
        with pytest.raises(KeyboardInterrupt):
            timers.pass_due(here.site, FRIDAY + 4 * DAY)
    assert (here.reminders(), here.due(approval)) == (0, [FRIDAY + 4 * DAY])
    assert timers.pass_due(here.site, FRIDAY + 4 * DAY) == 1
    assert here.reminders() == 1


def test_an_approval_that_cannot_be_told_holds_up_no_other(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office("reject")
    bad, good = here.submit(), here.submit()
    tell = shell.due

    def due(site: Site, timer: storage.Timer, now: datetime) -> str:
        if timer.approval_id == bad:
            raise RuntimeError("broken")
        return tell(site, timer, now)

    monkeypatch.setattr(shell, "due", due)
    assert timers.pass_due(here.site, FRIDAY + 4 * DAY) == 1
    assert here.at(good)[0] == "rejected"
    assert here.due(bad) == [FRIDAY + 4 * DAY + timedelta(hours=1)]
