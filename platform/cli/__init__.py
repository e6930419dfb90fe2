"""The command line: the list of commands; each command lives in a module of its own, imported when it is used."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from formline.cli.output import fail
from formline.errors import FormlineError

#: Command -> module and function. A new command is a new line here.
COMMANDS: Mapping[str, str] = {
    "init": "formline.cli.init:init",
    "upgrade": "formline.cli.upgrade:upgrade",
    "serve": "formline.cli.serve:serve",
    "config": "formline.cli.config:config",
    "check": "formline.cli.definitions:check",
    "format": "formline.cli.definitions:format_",
    "test": "formline.cli.testing:test",
    "plan": "formline.cli.releases:plan",
    "apply": "formline.cli.releases:apply",
    "rollback": "formline.cli.releases:rollback",
    "restore": "formline.cli.releases:restore",
    "purge": "formline.cli.purge:purge",
    "releases": "formline.cli.releases:releases",
    "pull": "formline.cli.releases:pull",
    "doctor": "formline.cli.doctor:doctor",
    "import": "formline.cli.importing:import_",
    "worker": "formline.cli.worker:worker",
    "jobs": "formline.cli.jobs:jobs",
    "approvals": "formline.cli.approvals:approvals",
    "explain": "formline.cli.explaining:explain",
    "token": "formline.cli.tokens:token",
    "copies": "formline.cli.copies:copies",
    "erase": "formline.cli.copies:erase",
    "audit": "formline.cli.audit:audit",
    "automation": "formline.cli.automations:automation",
    "script": "formline.cli.scripts:script",
    "keys": "formline.cli.keys:keys",
    "bounce": "formline.cli.bounce:bounce",
    "receive-mail": "formline.cli.receive_mail:receive_mail",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="formline")
def app() -> None:
    """Formline, the CRM platform made of definitions."""


def main(arguments: Sequence[str] | None = None) -> Any:
    """Run a command; an error that people can mend is one message on stderr and exit status 1."""
    try:
        return app.main(args=None if arguments is None else list(arguments), prog_name="formline")
    except FormlineError as error:
        sys.exit(fail(error))
