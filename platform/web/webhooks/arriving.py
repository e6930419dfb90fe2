"""Where messages of other systems arrive: no session, no cookie; a path that is secret and a signature over the body.

The answer comes as soon as the message is kept (202), or at once where it came before (200): records are made later.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
from flask import Blueprint, Response, request

from formline.errors import FormlineError, NotFoundError
from formline.runtime.webhooks import bindings, receiving
from formline.web import limits, problems
from formline.web.visit import connection, site

if TYPE_CHECKING:
    from formline.catalog.integrations import Integration

arriving = Blueprint("hooks", __name__, url_prefix="/hooks")


class PausedError(FormlineError):
    """The integration was paused: the sender may try again later."""

    code = "integration_paused"
    status = 503


@arriving.post("/<name>/<key>")
def take(name: str, key: str) -> Response:
    """Keep one message of an integration."""
    limits.spend((limits.HOOK_BY_ADDRESS, limits.client()))
    of = site()
    release = of.refresh()
    binding = bindings.find(connection(), of.keys, name)
    known = release.catalog.has("integration", name)
    if binding is None or not known or not binding.opens(key):
        limits.spend((limits.HOOK_REFUSED, limits.client()))
        raise NotFoundError
    told: Integration = release.catalog.get("integration", name)
    if told.out:
        raise NotFoundError
    limits.spend((limits.HOOK, name))
    request.max_content_length = receiving.MOST_BYTES
    body = request.get_data(cache=False)
    now = datetime.now(UTC)
    try:
        identifier = receiving.require_signed(binding, _headers(), body, now)
    except receiving.UnsignedError:
        limits.spend((limits.HOOK_REFUSED, limits.client()))
        raise
    if not binding.active:
        raise PausedError("The integration is paused.")
    rows = receiving.read(body, told.rows)
    with of.writing() as writing:
        kept = receiving.keep(writing, name, identifier, rows, now)
    return _answer({"id": identifier, "duplicate": kept is None}, 202 if kept else 200)


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _answer(value: object, status: int) -> Response:
    return Response(orjson.dumps(value), status, content_type="application/json")


@arriving.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Say every error as a problem: who calls is a program."""
    return problems.answer(error)
