"""``formline doctor``: does the database match the live release, and are scripts locked in."""

from __future__ import annotations

import click

from formline.cli.options import as_json, opened, settings_of
from formline.cli.output import show_problems
from formline.errors import Level
from formline.runtime.migration import ddl
from formline.runtime.migration import doctor as examining
from formline.runtime.scripts import doctoring


@click.command()
@click.option("--mend", is_flag=True, help="Add missing columns and indexes again.")
@as_json
def doctor(mend: bool, as_json: bool) -> None:
    """Compare the database's tables, columns and indexes with the live release; say how scripts are locked in."""
    with opened(settings_of()) as site:
        if mend:
            models = [site.release.model(name) for name in site.release.physical]
            ddl.add_columns(site.engines, models)
            ddl.create_indexes(site.engines, models)
        problems = examining.doctor(site)
        scripts = doctoring.examine(site.scripts)
        problems += doctoring.problems(scripts, len(site.release.catalog.names("script")))
    show_problems(problems, as_json=as_json)
    if not problems and not as_json:
        click.echo("The database is as the live release expects it.")
    if not as_json:
        click.echo("\n".join(scripts.lines()))
    if any(problem.level is Level.ERROR for problem in problems):
        raise SystemExit(1)
