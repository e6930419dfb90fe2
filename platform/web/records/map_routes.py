"""The address of a record's map, and the way to it from the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import render_template, url_for

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.web.i18n import gettext as _
from formline.web.records import activities, maps
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.blueprint import blueprint
from formline.web.records.targets import layout_for, readable_object, record_or_404, title_text
from formline.web.visit import Visit, visit


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to the map where the layout has one."""
    if maps.map_of(here, obj, layout_for(here, obj, record.get("record_type"))) is not None:
        address = url_for("records.map_page", object_name=obj.name, record_id=record["id"])
        yield Action(_("Relation map"), address, "sitemap")


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/map")
def map_page(object_name: str, record_id: UUID) -> str:
    """Show the children of a record as boxes with who stands above whom, and the same as a list."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    found = maps.map_of(here, obj, layout_for(here, obj, record.get("record_type")))
    if found is None:
        raise NotFoundError
    shown, child, link = found
    create = ""
    access = here.rights.object(child.name)
    back = obj.child(shown.list)
    if back is not None and access.can("create") and link in access.writable:
        create = activities.new_address(here, obj, record, child, back)
    return render_template(
        "records/map.html",
        object=obj,
        record=record,
        title=title_text(obj, record),
        plural=here.labels.plural(child),
        above_label=here.labels.field(child.fields[shown.above]),
        drawing=maps.draw(here, shown, child, link, record_id),
        most=maps.MOST_BOXES,
        create=create,
    )
