"""``formline automation``: trying automations without effect, and how they ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click

from formline.cli.options import as_json, opened, settings_of, user_id_of
from formline.cli.output import show_json
from formline.errors import NotFoundError
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.workflow.automation import explaining
from formline.workflow.automation.retrying import retry as try_again
from formline.workflow.automation.trying import Trial, try_automation


@click.group()
def automation() -> None:
    """Try automations, see how they ran, and run failed ones again."""


@automation.command("try")
@click.argument("name")
@click.argument("record")
@click.option("--user", "login", default="", metavar="LOGIN", help="Who would have caused it; by default the platform.")
@click.option("--answer", "answers", multiple=True, metavar="NAME=VALUE", help="What a button would be given.")
@as_json
def try_(name: str, record: str, login: str, answers: tuple[str, ...], as_json: bool) -> None:
    """Run NAME on RECORD (its id) and show what would happen; nothing is kept. Exit status 1 where it would fail."""
    key, given = _id(record), dict(_pair(one) for one in answers)
    with opened(settings_of()) as site:
        found = site.release.catalog.all("automation").get(name)
        if found is None:
            raise NotFoundError(f"There is no automation {name!r}.")
        actor = Actor.system()
        if login:
            user_id = user_id_of(site, login)
            with site.reading() as connection:
                actor = load_actor(connection, site.release, user_id)
        trial = try_automation(site, found, key, actor, given)
    if as_json:
        show_json({"applies": trial.applies, "steps": trial.story.steps, "error": trial.error or None})
    else:
        _show(trial)
    if trial.error:
        raise SystemExit(1)


@automation.command()
@click.argument("name", default="")
@click.option("--state", default="", help="Only those that are done, skipped, stopped, failed or waiting.")
@click.option("--last", default=20, show_default=True, help="How many.")
def runs(name: str, state: str, last: int) -> None:
    """Show how automations (or NAME) ran, the newest first."""
    origin = f"automation/{name}" if name else ""
    with opened(settings_of()) as site, site.reading() as connection:
        rows = explaining.listed(connection, [state] if state else [], origin, last, 0)
    for row in rows:
        when = f"{row['at']:%Y-%m-%d %H:%M:%S}"
        click.echo(f"{when}  {row['state']:8} {row['origin']}  {row['record_id']}  {row['trigger']}  {row['id']}")
        if row["error"]:
            click.echo(f"    {row['error']}")
    if not rows:
        click.echo("Nothing ran.")


@automation.command()
@click.argument("run")
def retry(run: str) -> None:
    """Try the failed RUN (its id, see runs) again, as who caused it. Exit status 1 where it fails again."""
    with opened(settings_of()) as site:
        state = try_again(site, _id(run))
    click.echo(state)
    if state == "failed":
        raise SystemExit(1)


def _show(trial: Trial) -> None:
    if not trial.applies:
        click.echo("Nothing: its condition does not hold for this record.")
    for step in trial.story.steps:
        click.echo(f"{step.get('at', '')}  {step['do']}  {step.get('outcome', '')}  {_details(step)}".rstrip())
    if trial.error:
        click.echo(f"It would fail: {trial.error}")


def _details(step: Mapping[str, Any]) -> str:
    parts = [f"{name}={value}" for name, value in (step.get("values") or {}).items()]
    parts += [f"{step['object']} {one}" for one in step.get("ids") or ()]
    parts += [str(step[key]) for key in ("name", "count") if key in step]
    return ", ".join(parts)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--answer")
    return name, value


def _id(text: str) -> UUID:
    try:
        return UUID(text.rpartition("/")[2])
    except ValueError:
        raise click.BadParameter(f"{text!r} is no id.") from None
