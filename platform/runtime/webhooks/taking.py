"""What arrived becomes records: through the integration's mapping, with its account's rights, exactly once.

The rows go the way of an import, and the note of how far they are commits with the records; so does the event
``webhook`` that automations wait for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, select, update

from formline.errors import FormlineError
from formline.runtime import jobs, periodic
from formline.runtime.access.loading import load_actor
from formline.runtime.importing.cells import headings_of
from formline.runtime.importing.importer import Importer
from formline.runtime.importing.mapping import CompiledMapping, compile_mapping
from formline.runtime.importing.report import Report
from formline.runtime.importing.tables import Table
from formline.runtime.tables import received
from formline.runtime.unit.retry import BusyError
from formline.runtime.webhooks import bindings
from formline.runtime.webhooks.receiving import KIND

if TYPE_CHECKING:
    from formline.catalog.integrations import Integration
    from formline.runtime.jobs import Running
    from formline.runtime.release import Release
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit

#: The event of the outbox; its payload is ``{"webhook": name of the integration}``.
EVENT = "webhook"
KEPT = timedelta(days=30)
_columns = received.c


@jobs.handler(KIND)
def run(running: Running) -> None:
    """Take one message, unless it was taken; what cannot be taken is noted with the reason."""
    identifier = UUID(str(running.job.args["message"]))
    try:
        _take(running.site, identifier)
    except BusyError as error:
        raise TimeoutError("The database is busy.") from error  # tried again
    except FormlineError as error:
        _fail(running.site, identifier, error.message)
    except Exception:
        if running.job.attempts >= running.job.max_attempts:
            _fail(running.site, identifier, "It failed again and again; the log of the worker says why.")
        raise


def _take(site: Site, identifier: UUID) -> None:
    release = site.refresh()
    with site.reading() as connection:
        row = connection.execute(select(received).where(_columns.id == identifier)).mappings().first()
        if row is None or row["state"] != "waiting":
            return
        told: Integration = release.catalog.get("integration", row["integration"])
        binding = bindings.find(connection, site.keys, told.name)
        if binding is None:
            raise FormlineError("Nobody says any more whose rights the integration has.")
        actor = load_actor(connection, release, binding.user_id)
    table, mapping = prepared(release, told, row["body"] or [])

    def checkpoint(unit: Unit, report: Report) -> None:
        written = dict.fromkeys(entry.record_id for entry in unit.journal.entries.get(told.object, ()))
        if written:
            unit.journal.emit(told.object, written, EVENT, {"webhook": told.name})
        values: dict[str, Any] = {"report": report.to_json()}
        if report.done >= len(table.rows):
            values |= {"state": "done", "ended_at": datetime.now(UTC)}
        mine = update(received).where(_columns.id == identifier, _columns.state == "waiting")
        unit.connection.execute(mine.values(values))

    # A program writes as through the API; only who may set states writes as an import does.
    source = "import" if mapping.set_state else "api"
    report = Importer(site, actor, mapping, table, checkpoint, source=source).run(Report.from_json(row["report"]))
    if not table.rows:
        with site.writing() as connection:
            ended = {"state": "done", "ended_at": datetime.now(UTC), "report": report.to_json()}
            connection.execute(update(received).where(_columns.id == identifier).values(ended))


def prepared(release: Release, told: Integration, rows: list[dict[str, Any]]) -> tuple[Table, CompiledMapping]:
    """Return the rows as a table and the mapping compiled for it; a key that a row lacks is an empty cell."""
    columns = release.catalog.source("mapping", told.mapping).data["columns"].values()
    wanted = [name for one in columns for name in headings_of({"from": one} if isinstance(one, str) else one)]
    headings = tuple(dict.fromkeys([*wanted, *(key for row in rows for key in row)]))
    lines = [(line, {name: row.get(name) for name in headings}) for line, row in enumerate(rows, 1)]
    return Table(headings, lines), compile_mapping(release, told.mapping, headings)


def _fail(site: Site, identifier: UUID, words: str) -> None:
    with site.writing() as connection:
        waiting = update(received).where(_columns.id == identifier, _columns.state == "waiting")
        connection.execute(waiting.values(state="failed", error=words, ended_at=datetime.now(UTC)))


@periodic.every("forget_received", timedelta(days=1))
def forget(running: Running) -> int:
    """Remove messages that were taken long enough ago; return how many."""
    with running.site.writing() as connection:
        old = _columns.received_at < datetime.now(UTC) - KEPT
        return int(connection.execute(delete(received).where(old, _columns.state != "waiting")).rowcount)
