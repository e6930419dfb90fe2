"""Addresses of documents: one record as a PDF, and the buttons that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, url_for

from formline.catalog.objects import Object
from formline.catalog.printing import PrintTemplate, templates_of
from formline.errors import NotFoundError
from formline.runtime.files.staging import clean_name
from formline.runtime.printing.pdf import make_pdf
from formline.runtime.printing.values import holds
from formline.web import limits
from formline.web.files.sending import SANDBOX, disposition
from formline.web.i18n import gettext as _
from formline.web.printing.document import filled
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import readable_object, record_or_404
from formline.web.visit import Visit, visit

blueprint = Blueprint("printing", __name__)


@blueprint.get("/o/<object_name>/<uuid:record_id>/print/<name>")
def document(object_name: str, record_id: UUID, name: str) -> Response:
    """Send a record as a PDF, made within limits of time and memory."""
    here = visit()
    obj = readable_object(here, object_name)
    record_or_404(here, obj, record_id)
    template = next((one for one in templates_of(here.release.catalog, obj.name) if one.name == name), None)
    if template is None:
        raise NotFoundError
    limits.spend_both(limits.PRINT, here.actor.user_id)
    made = filled(here, obj, template, record_id)
    response = Response(make_pdf(made.html, made.styles, made.assets), mimetype="application/pdf")
    response.headers["Content-Disposition"] = disposition("attachment", clean_name(made.file_name))
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def print_actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterator[Action]:
    """Yield a button for every document that can be made of a record."""
    offered = templates_of(here.release.catalog, obj.name)
    if not offered:
        return
    record_id = record["id"]
    conditions = [template.when for template in offered]
    allowed = holds(here.connection, here.release, here.actor, obj.name, record_id, conditions)
    for template, may in zip(offered, allowed, strict=True):
        if may:
            address = url_for("printing.document", object_name=obj.name, record_id=record_id, name=template.name)
            label = _("Print") if len(offered) == 1 else _label(here, template)
            yield Action(label, address, "printer")


def _label(here: Visit, template: PrintTemplate) -> str:
    return here.labels.text("print_template", template.name, "label", template.label)


PROVIDERS.append(print_actions)
