"""``formline token``: tokens for the API."""

from __future__ import annotations

from uuid import UUID

import click

from formline.cli.options import opened, settings_of, user_id_of


@click.group()
def token() -> None:
    """Make and revoke tokens for the API."""


@token.command()
@click.argument("login")
@click.option("--name", default="command line", help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, help="read, write, customer:read ...; all where left out.")
@click.option("--days", type=int, default=365, help="Days until it ends.")
def create(login: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token with the rights of the user LOGIN and show it, once."""
    from formline.web.api.tokens import create_token

    with opened(settings_of()) as site:
        user_id = user_id_of(site, login)
        with site.writing() as connection:
            identifier, made = create_token(connection, user_id, name, scopes=scopes or None, days=days)
    click.echo(f"{made}\nRevoke it with `formline token revoke {identifier}`.")


@token.command()
@click.argument("identifier", type=click.UUID)
def revoke(identifier: UUID) -> None:
    """End a token at once."""
    from formline.web.api.tokens import revoke_token

    with opened(settings_of()) as site, site.writing() as connection:
        revoked = revoke_token(connection, identifier)
    click.echo("Revoked." if revoked else "There is no such living token.")
