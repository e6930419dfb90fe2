"""Deciding about what was held: it becomes a record by the same way as any other, or is put away."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response

from formline.catalog.web_forms import WebForm
from formline.errors import AccessDeniedError, ValidationError
from formline.runtime.web_forms import submitting
from formline.web.duplicates.hits import told_of
from formline.web.i18n import gettext as _
from formline.web.visit import Visit
from formline.web.web_forms.blueprint import blueprint, judges, opened
from formline.web.web_forms.setup_routes import page


def _deciding(name: str) -> tuple[Visit, WebForm]:
    here, form = opened(name)
    if not judges(here, form):
        raise AccessDeniedError(_("This page is for those who bring in such records from outside."))
    return here, form


@blueprint.post("/<name>/held/<uuid:key>/accept")
def accept(name: str, key: UUID) -> Response | tuple[str, int]:
    """Make the record; assignment and automations run as for any other."""
    here, form = _deciding(name)
    try:
        submitting.accept(here.site, form, key, here.actor.user_id, here.now)
    except ValidationError as error:
        return page(here, form, tuple(told_of(error))), 422
    return redirect(url_for("web_forms.setup", name=name, accepted=1), 303)


@blueprint.post("/<name>/held/<uuid:key>/discard")
def discard(name: str, key: UUID) -> Response:
    """Put it away; the page after this one offers to bring it back."""
    here, form = _deciding(name)
    submitting.discard(here.site, form, key, here.actor.user_id, here.now)
    return redirect(url_for("web_forms.setup", name=name, discarded=key), 303)


@blueprint.post("/<name>/held/<uuid:key>/back")
def bring_back(name: str, key: UUID) -> Response:
    """Hold it again."""
    here, form = _deciding(name)
    submitting.bring_back(here.site, form, key, here.now)
    return redirect(url_for("web_forms.setup", name=name), 303)
