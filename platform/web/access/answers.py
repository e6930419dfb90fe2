"""What the dialogs about access have in common: the record they are about, their end, what was wrong with the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import FieldError, ValidationError
from formline.runtime.queries.lists import fetch
from formline.runtime.queries.query import Query
from formline.web.i18n import gettext as _
from formline.web.records.targets import readable_object, record_or_404
from formline.web.visit import Visit

MOST_OPTIONS = 500


def target(here: Visit, object_name: str, record_id: UUID) -> tuple[Object, Mapping[str, Any]]:
    """Return object and record of an address; NotFoundError where the person cannot read it."""
    obj = readable_object(here, object_name)
    return obj, record_or_404(here, obj, record_id)


def done(obj: Object, record_id: UUID) -> Response:
    """Go back to the record, by htmx's header where a dialog asked; to the list where it is out of reach by now."""
    return go(url_for("records.record_page", object_name=obj.name, record_id=record_id, saved=1))


def go(address: str) -> Response:
    """Go to an address, by htmx's header where a dialog asked."""
    if not request.headers.get("HX-Request"):
        return redirect(address, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = address
    return response


def chosen_id(name: str) -> UUID:
    """Return the id chosen in a form.

    Raises:
        ValidationError: nothing, or no id.
    """
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise ValidationError([FieldError(name, "required", _("Choose somebody."))]) from None


def titled(here: Visit, object_name: str, where: Mapping[str, Any] | None = None) -> list[tuple[UUID, str]]:
    """Return ids and titles of the records of a small object the person may read, in order; none without a right."""
    if not here.release.catalog.has("object", object_name) or not here.rights.object(object_name).can("read"):
        return []
    title = here.release.catalog.object(object_name).title
    query = Query(object_name, ("id", title), where, None, ((title, False),), MOST_OPTIONS)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    return [(UUID(str(row["id"])), str(row[title])) for row in rows]


def messages(error: ValidationError) -> list[str]:
    """Return what was wrong, each message once."""
    return list(dict.fromkeys(each.message for each in error.errors))
