"""The address that pins a record or a view, and lets go of it; the button comes back as it is then."""

from __future__ import annotations

from uuid import UUID

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from formline.errors import NotFoundError
from formline.web import addresses, pins
from formline.web.records.blueprint import blueprint
from formline.web.records.targets import readable_object, record_or_404
from formline.web.visit import visit


@blueprint.post("/pins")
def pin() -> Response:
    """Pin what ``pin`` names, with ``off=1`` no longer."""
    here = visit()
    text = request.form.get("pin", "")
    found = pins.parts(text)
    if found is None:
        raise NotFoundError
    object_name, kind, key = found
    obj = readable_object(here, object_name)
    if kind == "record":
        record_or_404(here, obj, UUID(key))
    on = request.form.get("off") != "1"
    pins.put(here, text, on=on)
    if not request.headers.get("HX-Request"):
        back = addresses.record(obj.name, key) if kind == "record" else addresses.list_of(obj.name, [(kind, key)])
        return redirect(back, 303)
    return make_response(render_template("records/_pin.html", pin=text, pinned=on))
