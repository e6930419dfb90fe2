"""The signed link that ends the mails of one person without signing in (RFC 8058); what it does is in ``leaving``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

if TYPE_CHECKING:
    from formline.runtime.site import Site

PATH = "/unsubscribe/"


def _signer(site: Site) -> URLSafeSerializer:
    return URLSafeSerializer(site.keys.key("unsubscribe"))


def link(site: Site, user_id: UUID | None) -> str:
    """Return the address that ends a person's mails; built from the site's own address, never a request's."""
    return f"{site.settings.address}{PATH}{_signer(site).dumps(str(user_id))}"


def headers(site: Site, user_id: UUID) -> dict[str, str]:
    """Return the headers by which a mail program offers to unsubscribe."""
    return {
        "List-Unsubscribe": f"<{link(site, user_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def reader(site: Site, token: str) -> UUID | None:
    """Return whom a link is for; None where it is not one of ours."""
    try:
        return UUID(_signer(site).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None
