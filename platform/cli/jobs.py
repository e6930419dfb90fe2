"""``formline jobs``: what gave up, tried again or discarded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import click

from formline.cli.options import as_json, opened, settings_of
from formline.cli.output import show_json
from formline.runtime import given_up
from formline.runtime.given_up import GivenUp, Kind

_which = click.argument("identifiers", nargs=-1, type=click.UUID, metavar="[ID]...")
_all = click.option("--all", "everything", is_flag=True, help="All that gave up.")


@click.group()
def jobs() -> None:
    """Look after jobs and deliveries of events that failed too often."""


@jobs.command("list")
@click.option("--limit", default=50, show_default=True, help="How many of each kind.")
@as_json
def list_(limit: int, as_json: bool) -> None:
    """List failed jobs and deliveries that nobody tries any more, the newest first."""
    with opened(settings_of()) as site, site.reading() as connection:
        found = [*given_up.jobs(connection, limit), *given_up.deliveries(connection, limit)]
    if as_json:
        show_json([_plain(one) for one in found])
        return
    for one in found:
        when = f"{one.since:%Y-%m-%d %H:%M:%S}" if one.since else ""
        click.echo(f"{one.id}  {one.kind}  {one.what}  {one.about}  {when}  {one.attempts} attempts")
        if one.error:
            click.echo(f"    {one.error}")
    if not found:
        click.echo("Nothing gave up.")


@jobs.command()
@_which
@_all
def retry(identifiers: tuple[UUID, ...], everything: bool) -> None:
    """Try jobs or deliveries again, with all their attempts."""
    _change(given_up.retry, identifiers, everything, "tried again")


@jobs.command()
@_which
@_all
def discard(identifiers: tuple[UUID, ...], everything: bool) -> None:
    """Give jobs or deliveries their end; their errors are kept."""
    _change(given_up.discard, identifiers, everything, "discarded")


def _change(change: Callable[..., list[UUID]], identifiers: tuple[UUID, ...], everything: bool, done: str) -> None:
    if bool(identifiers) == everything:
        raise click.UsageError("Name what `formline jobs list` shows, or say --all.")
    ids = None if everything else identifiers
    changed: list[UUID] = []
    with opened(settings_of()) as site, site.writing() as connection:
        for kind in get_args(Kind):
            changed += change(connection, kind, ids, None, datetime.now(UTC))
    click.echo(f"{len(changed)} {done}.")
    unknown = set(identifiers) - set(changed)
    if unknown:
        click.echo(f"Not among what gave up: {', '.join(sorted(map(str, unknown)))}", err=True)
        raise SystemExit(1)


def _plain(one: GivenUp) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind,
        "what": one.what,
        "about": one.about,
        "error": one.error,
        "attempts": one.attempts,
        "since": one.since.isoformat() if one.since else None,
    }
