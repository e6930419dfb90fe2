"""Security headers of every answer and the same-site check of every change; no page and no session lives here.

The Content-Security-Policy has no ``unsafe-*``: every script and style is a file of ours, addressed by its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from formline.errors import AccessDeniedError
from formline.web.visit import site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=()",
}
TRANSPORT_SECURITY = "max-age=31536000; includeSubDomains"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What a browser says of a request that a page of ours, or the person at the address bar, made.
OWN_SITES = frozenset({"same-origin", "none"})


def install(app: Flask, *, secure: bool) -> None:
    """Add the headers to every answer and refuse changes that another site's page sends."""
    # An answer that says nothing about caching holds somebody's data: nobody may keep it.
    headers = {**HEADERS, "Cache-Control": "no-store"}
    if secure:
        headers["Strict-Transport-Security"] = TRANSPORT_SECURITY
    app.wsgi_app = with_headers(app.wsgi_app, headers)  # type: ignore[assignment,method-assign]  # Flask's way
    app.before_request(refuse_other_sites)


def with_headers(app: WSGIApplication, headers: Mapping[str, str]) -> WSGIApplication:
    """Return ``app`` with ``headers`` on every answer that does not have its own; errors before any page included."""
    fixed = [(name, name.lower(), value) for name, value in headers.items()]

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            present = {name.lower() for name, _value in given} | _framed(given)
            given += [(name, value) for name, lower, value in fixed if lower not in present]
            return start_response(status, given, exc_info) if exc_info else start_response(status, given)

        return app(environ, start)

    return wrapped


def _framed(given: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the header that knows only all or nothing, where an answer's own policy names who may frame it."""
    policies = [value for name, value in given if name.lower() == "content-security-policy"]
    named = any("frame-ancestors http" in value for value in policies)
    return frozenset({"x-frame-options"} if named else ())


def refuse_other_sites() -> None:
    """Raise AccessDeniedError where a page of another site sent this change; programs send neither header."""
    if request.method in SAFE_METHODS:
        return
    sender = request.headers.get("Sec-Fetch-Site")
    if sender not in OWN_SITES if sender else _of_another_origin():
        raise AccessDeniedError(
            "This change was sent by a page of another site and was not made.",
            code="other_site",
            hint="Open the page here and make the change there.",
        )


def _of_another_origin() -> bool:
    """Return what browsers tell by Origin alone: old ones, and all of them over plain HTTP."""
    origin = request.headers.get("Origin")
    hosts = (request.host, site().settings.address.partition("://")[2])
    return origin is not None and origin.partition("://")[2] not in hosts
