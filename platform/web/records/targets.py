"""What a page is about: the object of the address, the layout and views for this person, the record itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from formline.catalog.model import Layout, ListView
from formline.catalog.objects import Object
from formline.catalog.pages import best_layout, fitting_for
from formline.errors import NotFoundError
from formline.fields.field import Field
from formline.runtime.access.permitted import RecordRights
from formline.runtime.queries.lists import get
from formline.runtime.queries.title_texts import titles
from formline.runtime.queries.with_rights import get_with_rights
from formline.web.visit import Visit


def readable_object(visit: Visit, name: str) -> Object:
    """Return the object of an address; unknown and unreadable ones look the same."""
    catalog = visit.release.catalog
    if not catalog.has("object", name) or not visit.rights.object(name).can("read"):
        raise NotFoundError
    return catalog.object(name)


def layout_for(visit: Visit, obj: Object, record_type: str | None) -> Layout:
    """Return the most specific layout for a record of this type and this person."""
    return best_layout(obj, record_type or "", visit.rights.role_names)


def views_for(visit: Visit, obj: Object) -> tuple[ListView, ...]:
    """Return the list views offered as tabs."""
    return fitting_for(obj.list_views, "", visit.rights.role_names, "")


def record_or_404(visit: Visit, obj: Object, record_id: UUID) -> dict[str, Any]:
    """Return a readable record with all fields; NotFoundError otherwise."""
    return get(visit.connection, visit.release, visit.actor, obj.name, record_id)


def record_with_rights(visit: Visit, obj: Object, record_id: UUID) -> tuple[dict[str, Any], RecordRights]:
    """Return a readable record with all fields, and what the person may do with it; NotFoundError otherwise."""
    return get_with_rights(visit.connection, visit.release, visit.actor, obj.name, record_id)


def titles_of(visit: Visit, wanted: Mapping[str, Iterable[UUID]]) -> dict[UUID, str]:
    """Return the titles of records of several objects."""
    asked = {name: tuple(ids) for name, ids in wanted.items() if ids}
    return titles(visit.connection, visit.release, visit.actor, asked) if asked else {}


def field_at(visit: Visit, obj: Object, path: str) -> Field | None:
    """Follow a dotted path through lookups; None where it leads nowhere or through what the person may not see."""
    current, found = obj, None
    for step in path.split("."):
        found = current.fields.get(step)
        if found is None or not visit.rights.object(current.name).shown(step):
            return None
        if found.to and visit.release.catalog.has("object", found.to[0]):
            current = visit.release.catalog.object(found.to[0])
    return found


def path_label(visit: Visit, obj: Object, path: str) -> str:
    """Return the label of a path: those of its steps."""
    current, labels = obj, []
    for step in path.split("."):
        field = current.fields[step]
        labels.append(visit.labels.field(field))
        if field.to:
            current = visit.release.catalog.object(field.to[0])
    return " · ".join(labels)


def title_text(obj: Object, record: Mapping[str, Any]) -> str:
    """Return what a record is called."""
    return str(record.get(obj.title) or record.get("id") or "")


def shown_fields(visit: Visit, obj: Object) -> Sequence[Field]:
    """Return the fields a person may see somewhere, in the order of the definition, system fields last."""
    access = visit.rights.object(obj.name)
    return [field for field in obj.fields.values() if access.shown(field.name) and field.name not in ("id", "version")]
