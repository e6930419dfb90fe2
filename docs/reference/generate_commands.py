"""The page of commands, from the command line itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from formline.cli import app

PAGE = Path(__file__).parent / "commands.md"
HEAD = """# Commands

Generated from the code by `docs/reference/generate.py`; do not edit.

Every command reads the [settings](settings.md) of the folder it runs in. It ends with 0 when it did what it was asked
to, with 1 when something has to be mended first, with 2 when it was called wrongly. `--json` prints the same for
programs.
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(name, command) for name, command in commands())


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something with its full name, in the order of the program's help."""
    yield from _commands("formline", app)


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for word in command.list_commands(context):
        found = command.get_command(context, word)
        if found is not None:
            yield from _commands(f"{name} {word}", found)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text = inspect.cleandoc(command.help or "")
    section = f"\n## {name}\n\n```text\n{usage}\n```\n\n{text}\n"
    rows = list(_options(command))
    if rows:
        section += "\n| option | meaning |\n|---|---|\n" + "".join(f"{row}\n" for row in rows)
    return section


def _options(command: click.Command) -> Iterator[str]:
    for option in command.params:
        if isinstance(option, click.Option):
            value = "" if option.is_flag else f" {option.make_metavar(click.Context(command))}"
            required = " Required." if option.required else ""
            yield f"| `{', '.join(option.opts)}{value}` | {option.help or ''}{required} |"
