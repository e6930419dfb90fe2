"""The import as a job: the file waits in the site's data folder, progress and report in the job's row."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from formline.runtime import jobs
from formline.runtime.access import Actor, load_actor
from formline.runtime.importing.importer import Importer
from formline.runtime.importing.report import Report
from formline.runtime.importing.tables import read_table
from formline.runtime.keys import uuid7

if TYPE_CHECKING:
    from formline.runtime.site import Site

KIND = "import"


def enqueue_import(
    site: Site,
    connection: Connection,
    file: Path,
    mapping: str,
    created_by: UUID | None,
    run_after: datetime | None = None,
) -> UUID:
    """Keep a copy of ``file`` and add the job that imports it; ``created_by`` None is the system."""
    folder = site.settings.data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{uuid7()}{file.suffix}"
    shutil.copyfile(file, copy)
    args = {"file": copy.name, "name": file.name, "mapping": mapping}
    return jobs.enqueue(connection, KIND, args, created_by=created_by, run_after=run_after)


@jobs.handler(KIND)
def run_import(running: jobs.Running) -> dict[str, Any]:
    """Run or resume an import; the result is its report."""
    site, args = running.site, running.job.args
    release = site.release
    data = release.catalog.source("mapping", args["mapping"]).data
    table = read_table(site.settings.data_dir / "imports" / args["file"], data.get("source", {}))
    total = len(table.rows)

    def checkpoint(connection: Connection, report: Report) -> None:
        message = report.summary()
        running.checkpoint(connection, progress=report.done, total=total, message=message, state=report.to_json())

    if running.job.created_by is None:
        actor = Actor.system()
    else:
        with site.reading() as connection:
            actor = load_actor(connection, release, running.job.created_by)
    importer = Importer(site, actor, args["mapping"], table, checkpoint)
    return importer.run(Report.from_json(running.job.result)).to_json()
