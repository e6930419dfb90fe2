"""``formline explain``: why somebody may or may not do something."""

from __future__ import annotations

from uuid import UUID

import click

from formline.cli.options import as_json, opened, settings_of, user_id_of
from formline.cli.output import show_json
from formline.errors import NotFoundError
from formline.runtime.access.explain import Explanation, Sees, who_may
from formline.runtime.access.explain import explain as explain_right
from formline.runtime.access.loading import load_actor


@click.group()
def explain() -> None:
    """Say why something is as it is."""


@explain.command()
@click.option("--user", "login", required=True, metavar="LOGIN", help="Whose right.")
@click.option("--record", required=True, metavar="OBJECT/ID", help="On which record.")
@click.option("--right", default="read", show_default=True, help="read, update, delete, create, an action ...")
@as_json
def access(login: str, record: str, right: str, as_json: bool) -> None:
    """Say whether a person has a right on a record, which rules were asked, and what would change the answer."""
    object_name, key = _record(record)
    with opened(settings_of()) as site:
        user_id = user_id_of(site, login)
        with site.reading() as connection:
            release = site.release
            if not release.catalog.has("object", object_name):
                raise NotFoundError(f"There is no object {object_name!r}.")
            actor = load_actor(connection, release, user_id)
            found = explain_right(connection, release, actor, object_name, key, right)
    if as_json:
        show_json({"allowed": found.allowed, "grounds": found.grounds, "change": found.change})
    else:
        _show(found, f"{login} {'may' if found.allowed else 'may not'} {right} {record}")


@explain.command()
@click.option("--record", required=True, metavar="OBJECT/ID", help="On which record.")
@click.option("--right", default="read", show_default=True, help="read, update, delete, export or transfer.")
@as_json
def who(record: str, right: str, as_json: bool) -> None:
    """Say who has a right on a record, and which rules give it to them."""
    object_name, key = _record(record)
    found: list[Sees] = []
    with opened(settings_of()) as site, site.reading() as connection:
        if not site.release.catalog.has("object", object_name):
            raise NotFoundError(f"There is no object {object_name!r}.")
        after: UUID | None = None
        while True:
            some, after = who_may(connection, site.release, object_name, key, right, after=after)
            found += some
            if after is None:
                break
    if as_json:
        show_json([{"name": each.name, "user": str(each.user_id), "because": each.because} for each in found])
        return
    for each in found:
        click.echo(f"{each.name}: {'; '.join(each.because)}")
    if not found:
        click.echo("Nobody.")


def _record(text: str) -> tuple[str, UUID]:
    name, _, key = text.partition("/")
    try:
        return name, UUID(key)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not OBJECT/ID.", param_hint="--record") from None


def _show(found: Explanation, answer: str) -> None:
    click.echo(f"{answer}.")
    for ground in found.grounds:
        taken = " (takes it away)" if ground.takes and ground.holds else ""
        click.echo(f"  {'yes' if ground.holds else 'no':4} {ground.rule}{taken}")
    if found.change:
        click.echo(f"To change that: {found.change}")
