"""``formline copies`` and ``formline erase``: where values of records are kept, and how they are forgotten."""

from __future__ import annotations

from uuid import UUID

import click

from formline.cli.options import opened, settings_of
from formline.runtime.access.actor import Actor
from formline.runtime.copies.erasing import erase as erase_record
from formline.runtime.copies.registry import sizes, stores


@click.command()
def copies() -> None:
    """List every store that copies values of records: what it holds, how long, how many rows."""
    with opened(settings_of()) as site, site.reading(patient=True) as connection:
        counted = sizes(connection)
    for store in stores():
        click.echo(f"{store.name}: {counted[store.name]} rows; {store.holds}; kept {store.kept}")


@click.command()
@click.argument("record", metavar="OBJECT/ID")
@click.option("--yes", is_flag=True, help="Do it; without, it is only said what would happen.")
def erase(record: str, yes: bool) -> None:
    """Forget a person or any other record: empty its fields, its parts and every copy, for good."""
    name, _slash, text = record.partition("/")
    try:
        key = UUID(text)
    except ValueError:
        raise click.BadParameter(f"{record!r} is not OBJECT/ID.", param_hint="RECORD") from None
    if not yes:
        click.echo(f"This would empty {record}, its parts and every copy of their values for good. Say --yes to do it.")
        return
    with opened(settings_of()) as site:
        counts = erase_record(site, Actor.system(), name, key)
    for store, count in counts.items():
        if count:
            click.echo(f"{store}: {count}")
