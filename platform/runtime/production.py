"""What a site for real people must not have: demo people, an address without TLS; checked before it serves."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from formline.errors import DefinitionError, Problem
from formline.runtime import tables
from formline.runtime.site import Site


def require_fit(site: Site) -> None:
    """Raise DefinitionError with everything that keeps a production site from serving; others may do as they like."""
    if site.settings.production:
        found = list(_problems(site))
        if found:
            raise DefinitionError(found)


def _problems(site: Site) -> Iterator[Problem]:
    if not site.settings.address.startswith("https://"):
        message = f"public_url is {site.settings.address}: links and cookies would travel in the clear."
        yield Problem(
            "production-url", message, "set FORMLINE_PUBLIC_URL to the https address", where="setting/public_url"
        )
    account = tables.account.c
    with site.reading() as connection:
        demo = select(account.login).where(account.demo.is_(True), account.active.is_(True)).order_by(account.login)
        logins = list(connection.execute(demo).scalars())
    if logins:
        message = f"There are active demo people: {', '.join(logins)}."
        yield Problem(
            "production-demo", message, "deactivate them, or start with a site without --demo", where="account"
        )
