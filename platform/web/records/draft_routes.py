"""Addresses of drafts: a form keeps what was typed while it is open, and offers it again when it is opened anew."""

from __future__ import annotations

import re

from flask import request
from werkzeug.datastructures import MultiDict

from formline.errors import NotFoundError
from formline.runtime import drafts
from formline.web.records.blueprint import blueprint
from formline.web.visit import Visit, visit

#: Forms that keep drafts: of a new record, and of one that is changed.
FORM = re.compile(r"/o/[a-z][a-z0-9_]{0,39}/(new|[0-9a-f-]{36}/edit)")
#: Inputs that belong to the page.
SEALED = "encrypted_text"
OWN_NAMES = frozenset({"csrf_token", "form", "draft"})


@blueprint.post("/drafts")
def keep_draft() -> tuple[str, int]:
    """Keep the input of the form named in ``form``; with ``discard=1`` drop what is kept of it."""
    here = visit()
    form = request.form.get("form", "")
    if FORM.fullmatch(form) is None or here.actor.user_id is None:
        raise NotFoundError
    with here.site.writing() as writing:
        if request.form.get("discard") == "1":
            drafts.discard(writing, here.actor.user_id, form)
        else:
            withheld = OWN_NAMES | _secret(here, form)
            inputs = [pair for pair in request.form.items(multi=True) if pair[0].rpartition("-")[2] not in withheld]
            drafts.keep(writing, here.actor.user_id, form, inputs, here.now)
    return "", 204


def _secret(here: Visit, form: str) -> frozenset[str]:
    """Return the inputs of encrypted fields, of the form's object or of its tables: the database never sees them."""
    name = form.split("/")[2]
    catalog = here.release.catalog
    if not catalog.has("object", name):
        raise NotFoundError
    obj = catalog.object(name)
    objects = (obj, *(catalog.object(link.object) for link in obj.children))
    return frozenset(f.name for one in objects for f in one.fields.values() if f.type.name == SEALED)


def wants_draft() -> bool:
    """Return whether the address asks for the draft in the form."""
    return request.args.get("draft") == "1"


def kept(here: Visit) -> drafts.Draft | None:
    """Return what the person left in the form of this request's address."""
    return drafts.find(here.connection, here.release, here.actor.user_id, request.path)


def saved(here: Visit) -> None:
    """Drop the draft of the form that was just saved, if there is one."""
    if kept(here) is not None:
        with here.site.writing() as writing:
            drafts.discard(writing, here.actor.user_id, request.path)


def as_form(draft: drafts.Draft) -> MultiDict[str, str]:
    """Return a draft as the form would send it."""
    return MultiDict(draft.inputs)
