"""``formline upgrade``: the platform's own tables to the version of this code."""

from __future__ import annotations

import click

from formline.cli.options import settings_of
from formline.runtime import schema
from formline.runtime.engines import open_engines
from formline.runtime.preparing import prepare


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def upgrade(dry_run: bool) -> None:
    """Migrate the platform's tables after an update of the program; back up first.

    Then `formline plan` shows what changed in the shipped definitions, and `formline apply` takes it over.
    """
    settings = settings_of()
    engines = open_engines(settings)
    try:
        with engines.read.connect() as connection:
            todo = schema.pending(connection)
    finally:
        engines.dispose()
    for one in todo:
        click.echo(f"{'would migrate' if dry_run else 'migrate'} {one.number}: {one.description}")
    if not todo:
        click.echo(f"The platform's tables are of version {schema.NEWEST}.")
    elif not dry_run:
        prepare(settings)
