"""The client's address behind trusted proxies: the setting decides whose ``X-Forwarded-*`` headers are believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from flask import Flask

Network = IPv4Network | IPv6Network
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class ForwardedHeaders:
    """WSGI middleware: takes client address and scheme from the last hop that is not one of ours."""

    def __init__(self, app: WsgiApp, trusted: Iterable[str]) -> None:
        """Keep the application and the networks of its proxies."""
        self._app = app
        self._trusted: tuple[Network, ...] = tuple(ip_network(entry, strict=False) for entry in trusted)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Rewrite the environment where the peer is a proxy of ours."""
        if self._ours(environ.get("REMOTE_ADDR", "")):
            hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            # From the right: each proxy appends the peer it saw, so only what ours appended can be believed.
            client = next((hop for hop in reversed(hops) if not self._ours(hop)), None)
            if client is not None and _is_address(client):
                environ["REMOTE_ADDR"] = client
            if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
                environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
        return self._app(environ, start_response)

    def _ours(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def install(app: Flask, trusted: tuple[str, ...]) -> None:
    """Believe forwarded headers of the trusted proxies only; without any, of nobody."""
    if trusted:
        app.wsgi_app = ForwardedHeaders(app.wsgi_app, trusted)  # type: ignore[method-assign]
