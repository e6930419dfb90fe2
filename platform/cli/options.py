"""Options and starting points that several commands share."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import click

from formline.cli.output import fail
from formline.errors import DefinitionError, NotFoundError
from formline.plugins.manager import load_plugins
from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.settings import Settings, load

F = TypeVar("F", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
database = click.option("--database", metavar="URL", default="", help="sqlite:///FILE or postgresql://...")


def settings_of(database_url: str = "") -> Settings:
    """Return the settings of the current folder; unknown ones are warned about."""
    try:
        settings = load()
    except DefinitionError as error:
        raise SystemExit(fail(error)) from None
    for warning in settings.warnings:
        click.echo(str(warning), err=True)
    return settings.with_values(database_url=database_url) if database_url else settings


@contextmanager
def opened(settings: Settings) -> Iterator[Site]:
    """Open the site of the settings and close it at the end."""
    site = Site.open(settings, load_plugins(settings.plugins))
    try:
        yield site
    finally:
        site.close()


def author_name() -> str:
    """Return who publishes from this shell."""
    return getpass.getuser()


def user_id_of(site: Site, login: str) -> UUID:
    """Return the id of the user with a sign-in name.

    Raises:
        NotFoundError: there is none.
    """
    query = Query("user", ("id",), where={"field": "login", "op": "eq", "value": login}, limit=1)
    with site.reading() as connection:
        rows = fetch(connection, site.release, Actor.system(), query).rows
    if not rows:
        raise NotFoundError(f"There is no user {login!r}.")
    found: UUID = rows[0]["id"]
    return found
