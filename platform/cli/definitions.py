"""``formline check`` and ``formline format``: definition files, without a database."""

from __future__ import annotations

from pathlib import Path

import click

from formline.cli.options import as_json, settings_of
from formline.cli.output import show_problems
from formline.errors import DefinitionError, Level
from formline.metadata.formatting import format_text
from formline.metadata.loader import SUFFIXES
from formline.runtime.candidates import candidate, read_folder

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@as_json
def check(folder: Path | None, as_json: bool) -> None:
    """Check the shipped definitions, the packages and, given a FOLDER, the site's own on top."""
    found = candidate(settings_of(), read_folder(folder) if folder else {})
    show_problems(found.problems, as_json=as_json, folder=folder)
    errors = sum(problem.level is Level.ERROR for problem in found.problems)
    if not as_json:
        click.echo(
            f"{errors} errors, {len(found.problems) - errors} warnings, {len(found.catalog.definitions)} definitions"
        )
    if errors:
        raise SystemExit(1)


@click.command(name="format")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if a file would change.")
def format_(paths: tuple[Path, ...], only_check: bool) -> None:
    """Quote and order definition files in place; a file that is no YAML is left as it is."""
    changed = False
    for file in _files(paths):
        text = file.read_text(encoding="utf-8-sig")
        try:
            formatted = format_text(text, str(file))
        except DefinitionError as error:
            show_problems(error.problems, as_json=False)
            changed = True
            continue
        if formatted != text:
            changed = True
            click.echo(f"{'would format' if only_check else 'formatted'} {file}")
            if not only_check:
                file.write_text(formatted, encoding="utf-8")
    if only_check and changed:
        raise SystemExit(1)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES) if path.is_dir() else [path]
    return found
