"""Automations on a schedule: at each time the records of which the condition holds, each once for that time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from formline.runtime import jobs, periodic
from formline.runtime.access.actor import ActorKind
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.workflow.automation.definition import Automation
from formline.workflow.automation.executing import execute
from formline.workflow.automation.runs import Cause

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.site import Site

KIND = "automation_schedule"
#: Records that are looked for at once.
PAGE = 500


def clocked(release: Release, event: str) -> list[Automation]:
    """Return the active automations that a clock sets off, in their order."""
    found: list[Automation] = [
        one for one in release.catalog.all("automation").values() if one.active and one.trigger.event == event
    ]
    return sorted(found, key=lambda one: (one.order, one.name))


@periodic.provide
def provide(release: Release) -> Iterable[periodic.Timetable]:
    """Give the times of all schedules, each in its zone."""
    for one in clocked(release, "schedule"):
        zone = ZoneInfo(one.trigger.zone) if one.trigger.zone else release.zone
        yield periodic.Timetable(one.origin, one.trigger.cron, zone, KIND, {"automation": one.name})


@jobs.handler(KIND, long=True)
def run(running: jobs.Running) -> int:
    """Run an automation for its records at the time of the job; return how many there were.

    A job that is taken up again leaves out those that had their run at this time.
    """
    release = running.site.release
    name = str(running.job.args["automation"])
    found = [one for one in clocked(release, "schedule") if one.name == name]
    cause = Cause(f"at {running.job.args['at']}", "schedule", str(ActorKind.SYSTEM), None)
    count = 0
    for automation in found:
        for ids in pages(running.site, automation):
            execute(running.site, automation, cause, ids)
            count += len(ids)
            running.report(count)
    return count


def pages(site: Site, automation: Automation) -> Iterator[list[UUID]]:
    """Yield the ids of the records of which an automation's condition holds, page by page."""
    last: UUID | None = None
    while True:
        with site.reading() as connection:
            ids = _page(connection, site.release, automation, last)
        if ids:
            yield ids
        if len(ids) < PAGE:
            return
        last = ids[-1]


def _page(connection: Connection, release: Release, automation: Automation, last: UUID | None) -> list[UUID]:
    statement = Statement(release)
    source = source_of(statement, automation.object, roots={"user": user_root(statement)})
    tests = [source.alive()]
    if automation.when is not None:
        tests.append(automation.when.where(source))
    if last is not None:
        tests.append(source.key > last)
    found = select(source.key).select_from(source.source()).where(*tests).order_by(source.key).limit(PAGE)
    now = datetime.now(UTC)
    clock = {"now": now, "today": now.astimezone(release.zone).date()}
    return list(connection.execute(found, statement.parameters({"user": {}, "clock": clock})).scalars())
