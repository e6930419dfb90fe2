"""``formline init``: keys, tables, first release, first administrator; safe to run again."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from formline.cli.options import author_name, database, opened, settings_of
from formline.runtime import fence
from formline.runtime.candidates import candidate, read_folder
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import bootstrap_secret, prepare
from formline.runtime.site import Site
from formline.settings import FILE, Settings


@click.command()
@database
@click.option(
    "--definitions", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The site's own definitions."
)
@click.option("--demo", is_flag=True, help="Load sample data and people with random passwords.")
def init(database: str, definitions: Path | None, demo: bool) -> None:
    """Make the keys, the tables and the first release; what is there already stays as it is."""
    settings = settings_of(database)
    if database:
        _remember(database)
    made = prepare(settings)
    if made.key_made:
        click.echo(f"Made the master key {settings.data_dir / 'secret.key'}; keep it with your backups.")
    for line in made.migrations:
        click.echo(f"Migrated the platform's tables: {line}")
    with opened(settings) as site:
        _first_release(site, settings, definitions)
        if demo:
            _load_demo(site)
        secret = bootstrap_secret(site)
    if secret:
        click.echo(f"Open {settings.address}/setup and enter this one-time secret: {secret}")


def _remember(database: str) -> None:
    """Write the database into a new settings file that only its owner reads, so that the next command finds it."""
    file = Path(FILE)
    if file.exists():
        return
    file.touch(mode=0o600)
    file.write_text(f"database_url = {orjson.dumps(database).decode()}\n", encoding="utf-8")
    click.echo(f"Wrote {file}.")


def _first_release(site: Site, settings: Settings, definitions: Path | None) -> None:
    with site.reading() as connection:
        live = fence.read_live(connection)
    if live.release is not None:
        click.echo(f"Release {live.release} is live.")
        return
    planned = plan(site, candidate(settings, read_folder(definitions) if definitions else {}))
    release = apply(site, planned, "first release", Author(author_name()))
    click.echo(f"Release {release.number} is live: {len(release.catalog.names('object'))} objects.")


def _load_demo(site: Site) -> None:
    from formline.cli.demo import load_demo

    for line in load_demo(site):
        click.echo(line)
