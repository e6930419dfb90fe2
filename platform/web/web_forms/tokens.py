"""The signed token of an opened form: which form, when it was opened, and a name by which it is taken once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, URLSafeSerializer

from formline.runtime.web_forms.suspicion import OLDEST

if TYPE_CHECKING:
    from formline.runtime.site import Site


@dataclass(frozen=True, slots=True)
class Opened:
    """One opening of a form."""

    nonce: str
    at: datetime


def _signer(site: Site) -> URLSafeSerializer:
    return URLSafeSerializer(site.keys.key("web forms"))


def issue(site: Site, form: str, now: datetime) -> str:
    """Return a token for a form opened now."""
    return _signer(site).dumps([form, secrets.token_urlsafe(16), int(now.timestamp())])


def opened(site: Site, form: str, token: str, now: datetime) -> Opened | None:
    """Return what a token says; None where it is not ours, of another form, or too old."""
    try:
        name, nonce, at = _signer(site).loads(token)
        found = Opened(str(nonce), datetime.fromtimestamp(int(at), UTC))
    except (BadSignature, ValueError, TypeError, OverflowError):
        return None
    return found if name == form and now - found.at <= OLDEST else None
