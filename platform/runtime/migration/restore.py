"""Brings what is in quarantine back with its values, by a plan of its own; finding it lives in quarantine.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.errors import FormlineError, NotFoundError
from formline.runtime.candidates import candidate, sound_catalog
from formline.runtime.migration import quarantine
from formline.runtime.migration.plan import Plan, plan
from formline.runtime.migration.site_files import with_definition, with_field
from formline.runtime.physical import PhysicalMap, PhysicalObject
from formline.runtime.releases import site_layer
from formline.runtime.site import Site


def restore_plan(site: Site, path: str) -> Plan:
    """Return the plan that brings ``object`` or ``object.field`` back with its values, defined in the site layer.

    Raises:
        NotFoundError: nothing of that name is in quarantine.
        FormlineError: the name is taken by something else now.
    """
    with site.reading(patient=True) as connection:
        live = site.refresh()
        found = quarantine.found(connection, live).get(path)
        if found is None:
            raise NotFoundError(f"{path} is not in quarantine; see `formline restore`.")
        before = site.load(connection, found.release)
        layer = site_layer(connection, live.number)
    object_name, _, field = path.partition(".")
    if not field:
        data = before.catalog.source("object", object_name).data
        layer = with_definition(layer, "object", object_name, data)
        back = PhysicalMap.of({object_name: before.physical[object_name]})
        return plan(site, candidate(site.settings, layer, sound_catalog(site)), back_to=back)
    if field in live.catalog.object(object_name).fields:
        raise FormlineError(f"{object_name} has another field {field} now.", code="taken", hint="rename that one first")
    number = live.physical[object_name].id
    old_name = before.physical.by_id[number]
    fields: Mapping[str, Any] = before.catalog.source("object", old_name).data["fields"]
    layer = with_field(layer, object_name, field, fields[field])
    where = before.physical[old_name]
    back = PhysicalMap.of({object_name: PhysicalObject(where.id, where.table, {field: where.fields[field]})})
    return plan(site, candidate(site.settings, layer, sound_catalog(site)), back_to=back)
