"""``formline config``: every setting, its value and where the value came from."""

from __future__ import annotations

import click

from formline.cli.options import as_json, settings_of
from formline.cli.output import show_json
from formline.settings import described, shown


@click.command()
@as_json
def config(as_json: bool) -> None:
    """Show every setting, its value and its source; secrets are hidden."""
    helps = {name: text for name, _, text in described()}
    rows = list(shown(settings_of()))
    if as_json:
        show_json([{"name": n, "value": v, "source": s, "help": helps[n]} for n, v, s in rows])
        return
    for name, value, source in rows:
        click.echo(f"{name} = {value}  [{source}]")
        click.echo(f"    {helps[name]}")
