"""``formline purge``: drop what has been in quarantine long enough."""

from __future__ import annotations

import click

from formline.cli.options import opened, settings_of
from formline.runtime.migration import purge as purging


@click.command()
@click.option("--yes", is_flag=True, help="Drop them; without, they are only listed.")
def purge(yes: bool) -> None:
    """List, or with --yes drop for good, tables and columns whose time in quarantine is over."""
    with opened(settings_of()) as site:
        found = purging.purge(site) if yes else purging.expired(site)
    for table, column in found:
        click.echo(f"{'dropped' if yes else 'expired'} {table}{'.' + column if column else ''}")
    if not found:
        click.echo("Nothing is in quarantine longer than the settings say.")
