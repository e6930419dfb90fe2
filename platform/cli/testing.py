"""``formline test``: the tests that definitions bring, without a database."""

from __future__ import annotations

from pathlib import Path

import click

from formline.cli.definitions import FOLDER
from formline.cli.options import as_json, settings_of
from formline.cli.output import show_problems
from formline.errors import Level
from formline.runtime.candidates import candidate, read_folder


@click.command(name="test")
@click.argument("folder", type=FOLDER, required=False)
@as_json
def test(folder: Path | None, as_json: bool) -> None:
    """Run the tests of the shipped definitions, the packages and, given a FOLDER, the site's own on top."""
    from formline.workflow.approvals.proving import problems, prove

    found = candidate(settings_of(), read_folder(folder) if folder else {})
    errors = [problem for problem in found.problems if problem.level is Level.ERROR]
    if errors:
        show_problems(errors, as_json=as_json, folder=folder)
        raise SystemExit(1)
    failed = list(problems(found.catalog))
    show_problems(failed, as_json=as_json, folder=folder)
    if not as_json:
        click.echo(f"{sum(1 for _ in prove(found.catalog))} tests, {len(failed)} failed")
    if failed:
        raise SystemExit(1)
