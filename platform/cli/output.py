"""How commands speak: text for people, JSON for programs, problems on stderr; no command lives here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click
import orjson

from formline.errors import FormlineError, Problem


def fail(error: FormlineError) -> int:
    """Print an error with its hint and return the exit status."""
    click.echo(f"formline: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
    return 1


def show_problems(problems: Iterable[Problem], *, as_json: bool) -> None:
    """Print problems, one a line, or as a JSON list."""
    if as_json:
        show_json([asdict(problem) for problem in problems])
        return
    for problem in problems:
        click.echo(str(problem))


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())
