"""Records that are the same as the one on a form or page, told before it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy import select

from formline.catalog.objects import Object
from formline.runtime import tables
from formline.runtime.access.permitted import record_rights
from formline.runtime.matching.finding import load
from formline.runtime.matching.patterns import patterns_of
from formline.runtime.merging.merging import UNMERGEABLE
from formline.web import fragments
from formline.web.duplicates.blueprint import blueprint
from formline.web.duplicates.hits import similar
from formline.web.i18n import gettext as _
from formline.web.records import initial
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.form_routes import NO_TYPE, bound_form, spec_named
from formline.web.records.targets import readable_object, record_or_404
from formline.web.visit import Visit, visit


def compares(here: Visit, obj: Object) -> bool:
    """Return whether rules compare records of an object."""
    return bool(patterns_of(here.release, obj.name))


def mergeable(here: Visit, obj: Object) -> bool:
    """Return whether the person may merge records of an object at all."""
    access = here.rights.object(obj.name)
    return (
        obj.name not in UNMERGEABLE
        and not obj.append_only
        and bool(access.can("update"))
        and bool(access.can("delete"))
    )


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the ways to similar records and to taking back a merge."""
    if not mergeable(here, obj):
        return
    access = record_rights(here.connection, here.release, here.actor, obj.name, [record["id"]])[record["id"]]
    if not access.can("update"):
        return
    if compares(here, obj):
        address = url_for("duplicates.of_record", object_name=obj.name, record_id=record["id"])
        yield Action(_("Find duplicates"), address, "copy", dialog=True)
    merge = tables.merge.c
    newest = select(merge.id).where(merge.survivor_id == record["id"], merge.undone_at.is_(None))
    found = here.connection.execute(newest.order_by(merge.at.desc()).limit(1)).scalar()
    if found is not None:
        address = url_for("duplicates.undo_form", merge_id=found)
        yield Action(_("Take back the merge"), address, "arrow-back-up", dialog=True)


PROVIDERS.append(actions)


@blueprint.post("/o/<object_name>/similar", endpoint="similar")
def similar_to_form(object_name: str) -> str:
    """Answer with the records that are the same as what a form holds so far; empty where there are none."""
    here = visit()
    form = request.form
    spec = spec_named(
        here, object_name, form.get("layout", ""), form.get("record_type") or NO_TYPE, form.get("mode", "create")
    )
    record = dict(initial.typed(spec, bound_form(here, spec)))
    record_id = form.get("record_id", type=UUID)
    if record_id is not None:
        record_or_404(here, spec.object, record_id)
        stored = load(here.connection, here.release, spec.object.name, [record_id])
        record = {**stored.get(record_id, {}), **record, "id": record_id}
    hits = similar(here, spec.object.name, record)
    return render_template("duplicates/_similar.html", hits=hits, object=spec.object, record_id=record_id)


@blueprint.get("/o/<object_name>/<uuid:record_id>/similar")
def of_record(object_name: str, record_id: UUID) -> str:
    """Show the dialog with records that are the same as a stored one."""
    here = visit()
    obj = readable_object(here, object_name)
    record_or_404(here, obj, record_id)
    record = load(here.connection, here.release, obj.name, [record_id]).get(record_id, {})
    hits = similar(here, obj.name, record)
    return fragments.dialog(
        "duplicates/similar.html",
        _("Similar records"),
        hits=hits,
        object=obj,
        record_id=record_id,
        merging=mergeable(here, obj),
    )
