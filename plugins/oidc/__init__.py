"""Signing in with OpenID Connect: the hook that adds the button; the protocol is in provider.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from formline.plugins.hookspecs import hookimpl
from formline.plugins.sign_in import SignInWay
from formline.runtime.outbound import Outbound
from formline.shipped_plugins.oidc.provider import Provider


@hookimpl
def sign_in_ways(site: Any) -> Iterable[SignInWay]:
    """Return the provider of the settings; none where they name none."""
    settings = site.settings
    if not settings.oidc_issuer or not settings.oidc_client_id:
        return ()
    provider = Provider(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, Outbound.of(settings)
    )
    return (SignInWay("oidc", settings.oidc_label, provider.begin, provider.finish),)
