"""How commands speak: text for people, JSON for programs, problems on stderr; no command lives here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
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
        show_json([asdict(problem) for problem in problems])
        return
    for problem in problems:
        text = str(problem)
        if folder is not None and text.startswith(f"{SITE_LAYER}/"):
            text = str(folder / text.removeprefix(f"{SITE_LAYER}/"))
        click.echo(text if problem.level is Level.ERROR else f"{text}  [warning]")


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())
