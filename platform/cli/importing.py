"""``formline import``: a file through a mapping, here and now; the same job that pages start in the background."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import click

from formline.cli.options import as_json, opened, settings_of, user_id_of
from formline.cli.output import show_json
from formline.errors import FormlineError, NotFoundError
from formline.runtime import jobs
from formline.runtime.importing.job import enqueue_import
from formline.runtime.importing.report import Report
from formline.runtime.keys import uuid7
from formline.runtime.site import Site

#: Refused rows shown on the terminal; ``--json`` has all.
SHOWN = 20


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--mapping", help="The mapping that says which column is which field.")
@click.option("--as", "login", help="Import with the rights of this user; the platform itself where left out.")
@click.option("--resume", metavar="JOB", help="Go on with an import that was interrupted.")
@as_json
def import_(file: Path | None, mapping: str | None, login: str | None, resume: str | None, as_json: bool) -> None:
    """Import FILE through a mapping. Rows that cannot be records are refused with reasons, the others go in."""
    with opened(settings_of()) as site:
        identifier = UUID(resume) if resume else _enqueue(site, file, mapping, login)
        if not as_json:
            click.echo(f"Import {identifier}; go on with `formline import --resume {identifier}` if it is interrupted.")
        report = run_import(site, identifier)
    if as_json:
        show_json(report.to_json())
    else:
        _show(report)
    if report.rejected:
        raise SystemExit(1)


def _enqueue(site: Site, file: Path | None, mapping: str | None, login: str | None) -> UUID:
    if file is None or mapping is None:
        raise click.UsageError("Give FILE and --mapping, or --resume.")
    if mapping not in site.release.catalog.names("mapping"):
        known = ", ".join(sorted(site.release.catalog.names("mapping")))
        raise NotFoundError(f"There is no mapping {mapping!r}; there are: {known}.")
    person = user_id_of(site, login) if login else None
    # Workers leave it alone: this process runs it.
    later = datetime.now(UTC) + timedelta(minutes=1)
    with site.writing() as connection:
        return enqueue_import(site, connection, file, mapping, person, run_after=later)


def run_import(site: Site, identifier: UUID) -> Report:
    """Run an import to its end in this process, from wherever it is, and return its report."""
    holder = uuid7()
    with site.writing() as connection:
        claimed = jobs.claim_one(connection, identifier, holder, datetime.now(UTC))
    if claimed is None:
        raise NotFoundError("There is no such unfinished import.")
    jobs.run(site, claimed, holder)
    with site.reading() as connection:
        done = jobs.get(connection, identifier)
    if done is None or done.state != "done":
        raise FormlineError(f"The import failed: {done.error if done else 'its job is gone'}")
    return Report.from_json(done.result)


def _show(report: Report) -> None:
    click.echo(report.summary())
    for refused in report.refused[:SHOWN]:
        click.echo(f"  line {refused.line}: {'; '.join(refused.reasons)}")
    if report.rejected > SHOWN:
        click.echo(f"  ... and {report.rejected - SHOWN} more; --json shows all")
