"""The shipped CRM with its sample data, and people who work in it through the runtime as the pages do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from formline.errors import FieldError, ValidationError
from formline.runtime import jobs, leader, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.queries import Query, fetch
from formline.runtime.sample_data import Keys, load_sample_data
from formline.runtime.site import Site
from formline.runtime.tables import account, approval, approval_task, clock, notification
from formline.runtime.unit import Change, Unit, run_unit
from formline.runtime.unit.checklists import tick
from formline.runtime.worker import LEASE_NAME, Worker, consumers_of
from formline.workflow.approvals import shell
from formline.workflow.automation.dates import pass_time
from formline.workflow.sla.firing import fire_due
from formline.workflow.sla.storage import Kept, kept_of
from tests.fixtures.sites import settings_for


def fill(url: str, folder: Any) -> None:
    """Make the shipped CRM with its sample data in an empty database."""
    settings = settings_for(url, folder)
    prepare(settings)
    site = Site.open(settings)
    apply(site, plan(site, candidate(settings, {})), "first release", Author("test"))
    load_sample_data(site)
    site.close()


@dataclass
class Crm:
    """A site and the keys of its sample data. ``who`` is a sign-in name, or empty for the platform itself."""

    site: Site
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        """Read the ids of the sample data, which is loaded once."""
        self.keys = load_sample_data(self.site)

    @property
    def today(self) -> date:
        """Today, where the site is."""
        return run_unit(self.site, Actor.system(), lambda unit: unit.today)

    def day(self, days: int) -> date:
        """Return the day so many days from today."""
        return self.today + timedelta(days=days)

    def key(self, object_name: str, name: str) -> UUID:
        """Return the id of a sample record."""
        return self.keys[object_name][name]

    def actor(self, who: str) -> Actor:
        """Return somebody as they are now."""
        if not who:
            return Actor.system()
        with self.site.reading() as connection:
            return load_actor(connection, self.site.release, self.keys["user"][who])

    def create(self, who: str, object_name: str, confirm: bool = False, **values: Any) -> UUID:
        """Create one record."""
        return self._run(who, lambda unit: unit.create(object_name, [values])[0], confirm)

    def update(self, who: str, object_name: str, record: UUID, confirm: bool = False, **values: Any) -> None:
        """Change one record."""
        self._run(who, lambda unit: unit.update(object_name, [Change(record, values)]), confirm)

    def move(self, who: str, object_name: str, record: UUID, transition: str, **values: Any) -> None:
        """Press a transition on one record."""
        self._run(who, lambda unit: unit.transition(object_name, [record], transition, values), False)

    def tick(self, who: str, object_name: str, record: UUID, field: str, item: str) -> None:
        """Tick an item of the checklist of the state a record is in."""
        self._run(who, lambda unit: tick(unit, object_name, record, field, item, done=True), False)

    def clock(self, record: UUID, name: str) -> Kept:
        """Return the last run of a clock of a record."""
        with self.site.reading() as connection:
            row = connection.execute(select(clock).where(clock.c.record_id == record, clock.c.clock == name))
            return kept_of(row.mappings().one())

    def fire(self, at: datetime | None) -> int:
        """Carry out what clocks have due at a time; everybody can sign in by then."""
        assert at is not None
        self._let_in()
        return fire_due(self.site, at)

    def pass_time(self, at: datetime) -> None:
        """Carry out what dates have due at a time, and all that follows."""
        self._let_in()
        pass_time(self.site, at)
        self.work()

    def come(self, automation: str) -> None:
        """Let the next moment of an automation's schedule come."""
        now = datetime.now(UTC)
        (table,) = [one for one in periodic.timetables(self.site.release) if automation in str(one.args)]
        with self.site.writing() as connection:
            jobs.enqueue(connection, table.kind, {**table.args, "at": table.after(now).isoformat()})
        self.work()

    def work(self) -> None:
        """Do what happens after commits: events, automations, jobs."""
        self._let_in()
        worker = Worker(self.site, consumers_of(self.site))
        while worker.step():
            pass
        with self.site.writing() as connection:
            leader.release(connection, LEASE_NAME, worker.holder)

    def _let_in(self) -> None:
        """Let everybody sign in: only those are told anything."""
        now = datetime.now(UTC)
        with self.site.writing() as connection:
            known = set(connection.execute(select(account.c.user_id)).scalars())
            people = {key: login for login, key in self.keys["user"].items() if key not in known}
            rows = [{"user_id": k, "login": login, "kind": "user", "created_at": now} for k, login in people.items()]
            if rows:
                connection.execute(insert(account), rows)

    def told(self, record: UUID) -> set[tuple[str, str]]:
        """Return who got notices of which kinds about a record."""
        names = {key: login for login, key in self.keys["user"].items()}
        found = select(notification.c.user_id, notification.c.kind).where(notification.c.record_id == record)
        with self.site.reading() as connection:
            return {(names[user], kind) for user, kind in connection.execute(found)}

    def sign(self, who: str, record: UUID) -> None:
        """Sign a contract as somebody, everybody who is asked approving."""
        self.move(who, "contract", record, "sign")
        self.agree(record)

    def asked(self, record: UUID) -> set[str]:
        """Return the sign-in names of those whose decision about a record is wanted now."""
        names = {key: login for login, key in self.keys["user"].items()}
        return {names[person] for _instance, _ballot, person in self.waiting(record)}

    def agree(self, record: UUID) -> None:
        """Let everybody who is asked about a record approve."""
        while waiting := self.waiting(record):
            instance, ballot, person = waiting[0]
            with self.site.reading() as connection:
                actor = load_actor(connection, self.site.release, person)
            shell.decide(self.site, actor, instance, ballot, "approve", signed=True)

    def waiting(self, record: UUID) -> list[tuple[UUID, str, UUID]]:
        """Return (instance, ballot, person) of the open tasks about a record, in the order of the steps."""
        wanted = select(approval_task.c.approval_id, approval_task.c.ballot, approval_task.c.person_id)
        wanted = wanted.join(approval, approval.c.id == approval_task.c.approval_id)
        wanted = wanted.where(approval.c.record_id == record, approval_task.c.state == "open")
        with self.site.reading() as connection:
            return [tuple(row) for row in connection.execute(wanted.order_by(approval_task.c.ballot))]

    def get(self, object_name: str, record: UUID, *fields: str, who: str = "") -> Any:
        """Return the values of a record, one alone where one field is asked; None where it is not seen."""
        rows = self.rows(object_name, *fields, who=who, where={"field": "id", "op": "eq", "value": record})
        if not rows:
            return None
        return rows[0][fields[0]] if len(fields) == 1 else tuple(rows[0][name] for name in fields)

    def rows(
        self, object_name: str, *fields: str, who: str = "", where: Any = None, view: str = ""
    ) -> list[Mapping[str, Any]]:
        """Return up to 500 records that somebody sees, narrowed by a condition or a shipped list view."""
        base = None
        if view:
            views = self.site.release.catalog.object(object_name).list_views
            base = next(one for one in views if one.name == view).where
        query = Query(object_name, ("id", *fields), where=where, base=base, limit=500)
        with self.site.reading() as connection:
            return list(fetch(connection, self.site.release, self.actor(who), query).rows)

    def in_view(self, view: str, object_name: str, who: str = "") -> set[UUID]:
        """Return the ids of the records in a shipped list view."""
        return {row["id"] for row in self.rows(object_name, who=who, view=view)}

    def _run(self, who: str, work: Callable[[Unit], Any], confirm: bool) -> Any:
        return run_unit(self.site, self.actor(who), work, confirm=confirm)


def findings(work: Callable[[], Any]) -> list[FieldError]:
    """Return what a write was refused for."""
    try:
        work()
    except ValidationError as error:
        return list(error.errors)
    return []


def messages(work: Callable[[], Any]) -> str:
    """Return all that a write was refused for, as one text."""
    return " | ".join(f"{found.field}: {found.message}" for found in findings(work))
