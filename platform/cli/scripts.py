"""``formline script``: trying scripts without effect, and how they ran."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select

from formline.cli.options import as_json, opened, settings_of, user_id_of
from formline.cli.output import show_json
from formline.errors import NotFoundError
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.scripts.records import plain
from formline.runtime.tables import script_run
from formline.workflow.scripts.starting import words_of
from formline.workflow.scripts.trying import Trial, try_script


@click.group()
def script() -> None:
    """Try scripts, and see how they ran."""


@script.command()
@click.argument("name")
@click.option("--record", required=True, metavar="ID", help="The record to run it on.")
@click.option("--user", "login", default="", metavar="LOGIN", help="With whose rights; by default with all.")
@as_json
def run(name: str, record: str, login: str, as_json: bool) -> None:
    """Run a script on a record and show what it would do; nothing is written. Exit status 1 where it fails."""
    key = _id(record)
    with opened(settings_of()) as site:
        if not site.release.catalog.has("script", name):
            raise NotFoundError(f"There is no script {name!r}.")
        found = site.release.catalog.get("script", name)
        actor = Actor.system()
        if login:
            user_id = user_id_of(site, login)
            with site.reading() as connection:
                actor = load_actor(connection, site.release, user_id)
        trial = try_script(site, found, key, actor)
    ended = trial.run
    failure = words_of(found, ended.error, ended.line) if ended.error else ""
    if as_json:
        show_json(_told(trial, failure))
    else:
        _show(trial, failure)
    if failure:
        raise SystemExit(1)


@script.command()
@click.argument("name", default="")
@click.option("--last", default=20, show_default=True, help="How many.")
def runs(name: str, last: int) -> None:
    """Show how scripts ran after commits, the newest first."""
    c = script_run.c
    statement = select(script_run).order_by(c.at.desc(), c.id.desc()).limit(last)
    if name:
        statement = statement.where(c.script == name)
    with opened(settings_of()) as site, site.reading() as connection:
        rows = connection.execute(statement).all()
    for row in rows:
        used = f"{row.milliseconds} ms, {row.memory_kb // 1024} MB, {row.calls} calls, {row.writes} writes"
        click.echo(f"{row.at:%Y-%m-%d %H:%M:%S}  {row.script}  {row.record_id}  {row.state}  {used}")
        if row.error:
            click.echo(f"    {row.error}")
        for line in row.log:
            click.echo(f"    | {line}")
    if not rows:
        click.echo("No script ran.")


def _id(text: str) -> UUID:
    try:
        return UUID(text.rpartition("/")[2])
    except ValueError:
        raise click.BadParameter(f"{text!r} is no id of a record.", param_hint="--record") from None


def _told(trial: Trial, failure: str) -> dict[str, object]:
    ended = trial.run
    return {
        "changes": {name: str(value) if value is not None else None for name, value in ended.changes.items()},
        "writes": [
            {"operation": each.operation, "object": each.object, "id": str(each.id), "values": _texts(each.values)}
            for each in trial.intents
        ],
        "people": None if trial.people is None else [str(one) for one in trial.people],
        "log": ended.log,
        "error": failure or None,
        "calls": ended.calls,
        "milliseconds": round(ended.seconds * 1000, 1),
        "memory_kb": ended.memory,
    }


def _texts(values: object) -> object:
    found = plain(values)
    return {name: None if each is None else str(each) for name, each in found.items()} if found else {}


def _show(trial: Trial, failure: str) -> None:
    ended = trial.run
    for line in ended.log:
        click.echo(f"| {line}")
    for name, value in ended.changes.items():
        click.echo(f"{name}: {trial.record.get(name)} -> {value}")
    for each in trial.intents:
        values = ", ".join(f"{name}={value}" for name, value in each.values.items())
        click.echo(f"would {each.operation} {each.name or each.object} {each.id} {values}".rstrip())
    if trial.people is not None:
        click.echo(f"chooses {', '.join(map(str, trial.people)) or 'nobody'}")
    if failure:
        click.echo(failure, err=True)
    used = f"{ended.seconds * 1000:.1f} ms, {ended.memory // 1024} MB, {ended.calls} calls"
    click.echo(f"{used}; nothing was written")
