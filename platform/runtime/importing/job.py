"""The import as jobs: the rehearsal, and the import itself; progress and report are in the job's row."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from formline.errors import NotFoundError
from formline.runtime import jobs
from formline.runtime.access import Actor, load_actor
from formline.runtime.files.storage import store_of
from formline.runtime.importing import imports
from formline.runtime.importing.importer import Importer
from formline.runtime.importing.mapping import CompiledMapping, compile_data
from formline.runtime.importing.report import Report
from formline.runtime.importing.tables import Table, read_table, text_of

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit

KIND = "import"
CHECK = "import_check"


def enqueue_import(
    site: Site,
    connection: Connection,
    file: Path,
    mapping: str,
    created_by: UUID | None,
    run_after: datetime | None = None,
) -> UUID:
    """Keep ``file`` and add the job that imports it through a mapping of the catalog; None is the system."""
    data = site.release.catalog.source("mapping", mapping).data
    identifier = imports.create(
        connection,
        object_id=site.release.physical[data["object"]].id,
        name=file.name,
        file=imports.keep_file(site, file),
        source=dict(data.get("source", {})),
        mapping_name=mapping,
        created_by=created_by,
    )
    return enqueue(connection, imports.get(connection, identifier), KIND, run_after=run_after)


def enqueue(connection: Connection, of: imports.Import, kind: str, *, run_after: datetime | None = None) -> UUID:
    """Add the job that rehearses (``CHECK``) or carries out (``KIND``) an import, and note it in its row."""
    args = {"import": str(of.id), "name": of.name}
    job = jobs.enqueue(connection, kind, args, created_by=of.created_by, run_after=run_after)
    imports.change(connection, of.id, **{"run_job" if kind == KIND else "check_job": job})
    return job


@jobs.handler(KIND, announce=True, long=True)
def run_import(running: jobs.Running) -> dict[str, Any]:
    """Run or resume an import; the result is its report."""
    return _run(running, rehearse=False)


@jobs.handler(CHECK, long=True)
def check_import(running: jobs.Running) -> dict[str, Any]:
    """Rehearse an import: the result is the report it would have, with the words that mean nothing yet."""
    return _run(running, rehearse=True)


def _run(running: jobs.Running, *, rehearse: bool) -> dict[str, Any]:
    site = running.site
    with site.reading() as connection:
        of = imports.get(connection, UUID(running.job.args["import"]))
        actor = actor_of(site, connection, running.job)
    table = table_of(site, of)
    mapping = mapping_of(site, of, table)
    total = len(table.rows)

    def checkpoint(unit: Unit, report: Report) -> None:
        if not rehearse:
            imports.note_unit(unit.connection, of.id, unit.id)
        message, state = report.summary(), report.to_json()
        # A rehearsal that is interrupted starts again: what it remembers of its batches is in memory.
        running.checkpoint(
            unit.connection, progress=report.done, total=total, message=message, state=None if rehearse else state
        )

    importer = Importer(site, actor, mapping, table, checkpoint, rehearse=rehearse)
    report = importer.run(Report() if rehearse else Report.from_json(running.job.result))
    if report.refused and not rehearse:
        _keep_refused(site, of, table, report)
    return report.to_json()


def actor_of(site: Site, connection: Connection, job: jobs.Job) -> Actor:
    """Return who a job works for, with their rights as they are now."""
    return Actor.system() if job.created_by is None else load_actor(connection, site.release, job.created_by)


def table_of(site: Site, of: imports.Import) -> Table:
    """Return the rows of an import's file.

    Raises:
        NotFoundError: the file was removed, as its time was over. FileProblem: it cannot be read.
    """
    if of.file is None:
        raise NotFoundError("The file of this import is no longer kept.")
    return read_table(store_of(site).path(of.file), of.source, name=of.name)


def mapping_of(site: Site, of: imports.Import, table: Table) -> CompiledMapping:
    """Return an import's mapping, its own or the catalog's, for its file."""
    data = of.mapping
    if data is None and of.mapping_name is not None:
        data = site.release.catalog.source("mapping", of.mapping_name).data
    if data is None:
        raise NotFoundError("Nobody has said yet which column is which field.")
    return compile_data(site.release, data, table.headings, of.mapping_name or of.name)


def _keep_refused(site: Site, of: imports.Import, table: Table, report: Report) -> None:
    """Keep the rejected rows with their problems as JSON lines, for mending; the first line has the headings."""
    wanted = {row.line: row.problems for row in report.refused}
    cells_at = {line: cells for line, cells in table.rows if line in wanted}
    with tempfile.NamedTemporaryFile() as file:
        file.write(orjson.dumps(table.headings) + b"\n")
        for line, problems in wanted.items():
            texts = [text_of(cells_at[line].get(heading)) for heading in table.headings]
            file.write(orjson.dumps([line, texts, problems]) + b"\n")
        file.flush()
        key = imports.keep_file(site, Path(file.name))
    with site.writing() as connection:
        imports.change(connection, of.id, refused_file=key)
