"""Failed runs tried again, as who caused them or as who tries; and old rows forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from formline.errors import ConflictError, NotFoundError
from formline.runtime import jobs, periodic
from formline.runtime.tables import automation_run
from formline.workflow.automation import runs
from formline.workflow.automation.executing import execute
from formline.workflow.automation.waiting import cause_of, go_on

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

#: How long rows are kept; those of records for which the condition did not hold, shorter.
KEPT, SKIPPED_KEPT = timedelta(days=90), timedelta(days=14)
_c = automation_run.c


def retry(site: Site, identifier: UUID, actor: Actor | None = None) -> str:
    """Try a failed run again and return its state then; ``actor`` takes the place of who caused it.

    Raises:
        NotFoundError: there is no such run. ConflictError: it did not fail, or its automation is gone.
    """
    with site.reading() as connection:
        row = connection.execute(select(automation_run).where(_c.id == identifier)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such run.")
    if row["state"] != "failed":
        raise ConflictError("Only a run that failed can be tried again.", code="automation_not_failed")
    if row["rest"]:
        return go_on(site, identifier, ("failed",))
    found = site.release.catalog.all("automation").get(row["origin"].partition("/")[2])
    if found is None:
        raise ConflictError("Its automation is gone.", code="automation_not_failed")
    cause = replace(cause_of(row), again=row["attempts"])
    if actor is not None:
        cause = replace(cause, actor_kind=str(actor.kind), actor_id=actor.user_id)
    execute(site, found, cause, [row["record_id"]])
    with site.reading() as connection:
        return runs.known(connection, found.origin, cause.key, [row["record_id"]]).get(row["record_id"], "")


@periodic.every("forget_automation_runs", timedelta(days=1))
def forget(running: jobs.Running) -> int:
    """Remove rows that are old enough; return how many. What failed or waits stays."""
    now = datetime.now(UTC)
    with running.site.writing() as connection:
        return runs.forget(connection, now - KEPT, now - SKIPPED_KEPT)
