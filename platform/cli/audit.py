"""``formline audit``: whether history and security events are as they were sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from formline.cli.options import opened, settings_of
from formline.runtime.audit import sealing, verifying


@click.group()
def audit() -> None:
    """Verify the audit trail."""


@audit.command()
@click.option(
    "--published",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Published seals to compare with; by default the file seals.log of the data folder.",
)
def verify(published: Path | None) -> None:
    """Compute every seal again; exit status 1 where a row was changed, removed or added."""
    settings = settings_of()
    with opened(settings) as site, site.reading(patient=True) as connection:
        file = published or sealing.published_in(settings)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        report = verifying.verify(connection, site.keys.key(sealing.PURPOSE), datetime.now(UTC), lines)
    click.echo(f"{report.seals} seals over {report.rows} rows, {report.erased} of them erased on request")
    for found in report.findings:
        click.echo(f"  {'seal ' + str(found.seal) if found.seal else 'all'}: {found.message}", err=True)
    if report.findings:
        raise SystemExit(1)
    click.echo("Nothing was changed, removed or added.")
