"""Security headers of every answer and the same-site check of every change; no page and no session lives here.

The Content-Security-Policy has no ``unsafe-*``: every script and style is a file of ours, addressed by its hash.
"""

from __future__ import annotations

from flask import Flask, Response, request

from formline.errors import AccessDeniedError

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
    headers = {**HEADERS, "Strict-Transport-Security": TRANSPORT_SECURITY} if secure else HEADERS

    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        # An answer that says nothing about caching holds somebody's data: nobody may keep it.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.before_request(refuse_other_sites)
    app.after_request(add_headers)


def refuse_other_sites() -> None:
    """Raise AccessDeniedError where a page of another site sent this change; old browsers send no header."""
    if request.method in SAFE_METHODS:
        return
    sender = request.headers.get("Sec-Fetch-Site")
    if sender is not None and sender not in OWN_SITES:
        raise AccessDeniedError(
            "This change was sent by a page of another site and was not made.",
            code="other_site",
            hint="Open the page here and make the change there.",
        )
