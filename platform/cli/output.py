"""How commands speak: text for people, JSON for programs, problems on stderr; no command lives here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import orjson

from formline.errors import FormlineError, Level, Problem
from formline.runtime.candidates import SITE_LAYER


def fail(error: FormlineError) -> int:
    """Print an error with its hint and return the exit status."""
    click.echo(f"formline: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
    return 1


def show_problems(problems: Iterable[Problem], *, as_json: bool, folder: Path | None = None) -> None:
    """Print problems, one a line, or as a JSON list; ``folder`` is where the files of the layer ``site`` are."""
    if as_json:
        show_json([asdict(located(problem, folder)) for problem in problems])
        return
    for problem in problems:
        text = str(located(problem, folder))
        click.echo(text if problem.level is Level.ERROR else f"{text}  [warning]")


def located(problem: Problem, folder: Path | None) -> Problem:
    """Return a problem with places a person can open: the files of the layer ``site`` are in ``folder``."""
    if folder is None:
        return problem
    layer = f"{SITE_LAYER}/"
    hint = problem.hint.replace(f" {layer}", f" {folder}/")  # where another file is named
    position = problem.position
    if position is not None and position.file.startswith(layer):
        position = replace(position, file=str(folder / position.file.removeprefix(layer)))
    return replace(problem, hint=hint, position=position)


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())
