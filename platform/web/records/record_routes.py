"""Addresses of one record: reading it, deleting and restoring it, its state diagram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime import following
from formline.runtime.merging.undoing import survivor_of
from formline.runtime.unit import run_unit
from formline.web import fragments, pins
from formline.web.access.sharing_routes import panel as sharing_panel
from formline.web.files.panel import panel
from formline.web.inbox import submitting
from formline.web.records import activities, diagrams, locks, record_notices, record_view, timeline, ways
from formline.web.records.actions import ACTIONS as ACTIONS
from formline.web.records.actions import Action as Action
from formline.web.records.actions import actions_of
from formline.web.records.blueprint import blueprint
from formline.web.records.dock import dock
from formline.web.records.parts import parts_of
from formline.web.records.targets import (
    layout_for,
    readable_object,
    record_or_404,
    record_with_rights,
    title_text,
    titles_of,
)
from formline.web.visit import visit


@blueprint.get("/o/<object_name>/<uuid:record_id>")
def record_page(object_name: str, record_id: UUID) -> str | Response:
    """Show a record; the address of one that was merged leads to the record it became."""
    here = visit()
    obj = readable_object(here, object_name)
    try:
        record, access = record_with_rights(here, obj, record_id)
    except NotFoundError:
        survivor = survivor_of(here.connection, here.release, obj.name, record_id)
        if survivor is None:
            raise
        record_or_404(here, obj, survivor)  # what may not be read is not told of
        return redirect(url_for("records.record_page", object_name=obj.name, record_id=survivor), 303)
    layout = layout_for(here, obj, record.get("record_type"))
    built = record_view.drawn(here, obj, layout)
    titles = titles_of(here, record_view.wanted_titles(built, record))
    lock = locks.of_record(here, obj, record_id)
    open_ways = lock.left(ways.ways(here, obj, record))
    shown_actions = actions_of(here, obj, record)
    instead = {
        action.takes: action
        for action in shown_actions
        if any(way.name == action.takes and not way.reason for way in open_ways)
    }
    paths = ways.paths(here, obj, record, open_ways)
    can_edit = access.can("update") and not obj.append_only and lock.leaves(access.writable)
    editable = lock.free(record_view.editable(here, obj) & access.writable) if can_edit else frozenset()
    of = activities.of_layout(here, obj, layout)
    return render_template(
        "records/record.html",
        object=obj,
        label=here.labels.object(obj),
        record=record,
        title=title_text(obj, record),
        number=_number(obj, record),
        record_type=here.labels.record_type(obj, record["record_type"]) if record.get("record_type") else "",
        highlights=record_view.highlights(here, built, record, titles),
        sections=record_view.sections(here, obj, layout, built, record, titles, editable),
        related=list(record_view.related_lists(here, obj, layout, record)),
        timeline=timeline.page(here, obj, layout, record_id),
        box=activities.box(here, of) if of is not None else None,
        whole_activity=activities.new_address(here, obj, record, of.child, of.link) if of is not None else "",
        follows=following.follows(here.connection, here.release.physical[obj.name].id, record_id, here.actor.user_id),
        pin=pins.of_record(obj.name, record_id),
        pinned=pins.of_record(obj.name, record_id) in pins.own(),
        notices=record_notices.notices_of(here, obj, record),
        parts=parts_of(here, obj, record, access),
        sharing=sharing_panel(here, obj, record_id),
        files=panel(here, obj, record_id, can_update=access.can("update")),
        ways=[way for way in open_ways if not way.reason],
        closed=[way for way in open_ways if way.reason],
        paths=paths,
        dock=dock(here, obj, record, paths),
        can_edit=can_edit,
        can_delete=access.can("delete") and not obj.append_only and not submitting.needs_approval(here, obj, record_id),
        instead=instead,
        actions=[action for action in shown_actions if action.takes not in instead],
    )


def _number(obj: Object, record: Mapping[str, Any]) -> str:
    """Return the record's automatic number, where it has one that is not its title."""
    return next((str(record[f.name]) for f in obj.auto_numbers if f.name != obj.title and record.get(f.name)), "")


@blueprint.post("/o/<object_name>/<uuid:record_id>/delete")
def delete(object_name: str, record_id: UUID) -> Response:
    """Delete a record; the list offers to undo it."""
    return _delete(object_name, [record_id])


@blueprint.post("/o/<object_name>/delete")
def delete_many(object_name: str) -> Response:
    """Delete the checked records of a list, all or none."""
    ids = []
    for text in request.form.getlist("id"):
        try:
            ids.append(UUID(text))
        except ValueError:
            raise NotFoundError from None
    if not ids:
        return redirect(url_for("records.list_page", object_name=object_name), 303)
    return _delete(object_name, ids)


def _delete(object_name: str, ids: list[UUID]) -> Response:
    here = visit()
    obj = readable_object(here, object_name)
    receipt = run_unit(here.site, here.actor, lambda unit: unit.delete(obj.name, ids), source="form")
    return redirect(url_for("records.list_page", object_name=obj.name, deleted=str(receipt.deletion_id)), 303)


@blueprint.post("/deletions/<uuid:deletion_id>/restore")
def restore(deletion_id: UUID) -> tuple[str, int]:
    """Bring back what a deletion took; the page that asked loads itself again."""
    here = visit()
    run_unit(here.site, here.actor, lambda unit: unit.restore(deletion_id), source="form")
    return "", 204


@blueprint.get("/o/<object_name>/<uuid:record_id>/diagram/<field>")
def diagram(object_name: str, record_id: UUID, field: str) -> str:
    """Return the dialog with the diagram of a record's machine and the way it took."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    machine = next((machine for name, machine in ways.machines_of(here, obj, record) if name == field), None)
    if machine is None:
        raise NotFoundError
    drawn = diagrams.draw(here, machine, str(record.get(field) or ""))
    flow = url_for("states.flow_page", object_name=obj.name, machine_name=machine.name) if obj.history else ""
    label = here.labels.field(obj.fields[field])
    return fragments.dialog("records/diagram.html", label, label=label, diagram=drawn, flow=flow)
