"""Addresses of bulk changes and deletions: which records, carrying it out, taking it back, a job's progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import NotFoundError, ValidationError
from formline.runtime import bulk, bulk_undo, jobs
from formline.runtime.queries import Total, aggregate
from formline.runtime.queries.lists import fetch
from formline.runtime.queries.query import MOST_ROWS, Query
from formline.runtime.unit import run_unit
from formline.web import fragments, step_up
from formline.web.i18n import gettext as _
from formline.web.records import initial, listing
from formline.web.records.blueprint import blueprint
from formline.web.records.form_binding import BoundForm, controls_class
from formline.web.records.form_markup import compile_controls
from formline.web.records.form_spec import ControlSpec, transition_controls
from formline.web.records.list_address import ListAddress, asked, read_address
from formline.web.records.refusals import finding
from formline.web.records.targets import layout_for, readable_object, titles_of
from formline.web.visit import Visit, visit

Answer = Response | str | tuple[str, int]
#: Jobs whose progress is shown here.
KINDS = (bulk.EDIT, bulk.DELETE, bulk_undo.KIND)


@blueprint.get("/o/<object_name>/bulk")
def bulk_form(object_name: str) -> str:
    """Show the dialog: first the field, then the value for all."""
    here = visit()
    obj = readable_object(here, object_name)
    return _form(here, obj, _control(here, obj, request.args.get("field", "")))


@blueprint.post("/o/<object_name>/bulk")
def bulk_change(object_name: str) -> Answer:
    """Write one value into the selected records, or into all that match; beyond a batch as a job."""
    here = visit()
    obj = readable_object(here, object_name)
    control = _control(here, obj, request.form.get("field", ""))
    if control is None:
        raise NotFoundError
    built = here.compiled(("controls", (control,)), lambda: controls_class((control,)))
    bound = BoundForm(built(), (control,))
    if not bound.valid():
        return _form(here, obj, control, bound), 422
    address, view = read_address(here, obj, request.form)
    values = bound.values()
    step_up.require_for_many(obj.name, values)
    everything = request.form.get("all") == "1"
    if everything and _count(here, obj, address) > MOST_ROWS:
        step_up.require()
        with here.site.writing(here.release) as connection:
            job = bulk.enqueue(connection, here.actor, obj.name, asked(here, obj, address), view.name, values)
        return redirect(url_for("records.bulk_progress", job_id=job, object=obj.name), 303)
    ids = _matching(here, obj, address) if everything else _ids()
    if not ids:
        return redirect(address.href(), 303)
    try:
        change = bulk.change(here.site, here.actor, obj.name, ids, values)
    except ValidationError as error:
        bound.general += [*dict.fromkeys(finding(here, obj, each) for each in error.errors)]
        return _form(here, obj, control, bound), 422
    href = address.href()
    return redirect(f"{href}{'&' if '?' in href else '?'}changed={change}", 303)


@blueprint.get("/o/<object_name>/bulk/delete")
def bulk_delete_form(object_name: str) -> str:
    """Ask which records to delete: those selected, or all that match."""
    here = visit()
    return _deletion(here, _deletable(here, object_name))


@blueprint.post("/o/<object_name>/bulk/delete")
def bulk_delete(object_name: str) -> Answer:
    """Delete the selected records or all that match, all or none; beyond a batch by a job, which skips some."""
    here = visit()
    obj = _deletable(here, object_name)
    address, view = read_address(here, obj, request.form)
    everything = request.form.get("all") == "1"
    count = _count(here, obj, address) if everything else 0
    if count > MOST_ROWS:
        if count > bulk.MOST_DELETED:
            most = here.formats.number(bulk.MOST_DELETED)
            told = _("More than %(most)s records match. Narrow the list with a filter.") % {"most": most}
            return _deletion(here, obj, [told]), 422
        step_up.require()
        with here.site.writing(here.release) as connection:
            job = bulk.enqueue_deletion(connection, here.actor, obj.name, asked(here, obj, address), view.name)
        return redirect(url_for("records.bulk_progress", job_id=job, object=obj.name), 303)
    ids = _matching(here, obj, address) if everything else _ids()
    if not ids:
        return redirect(address.href(), 303)
    try:
        receipt = run_unit(here.site, here.actor, lambda unit: unit.delete(obj.name, ids), source="form")
    except ValidationError as error:
        return _deletion(here, obj, [*dict.fromkeys(finding(here, obj, each) for each in error.errors)]), 422
    href = address.href()
    return redirect(f"{href}{'&' if '?' in href else '?'}deleted={receipt.deletion_id}", 303)


@blueprint.post("/changes/<uuid:change_id>/undo")
def undo_change(change_id: UUID) -> tuple[str, int]:
    """Take a bulk change back; the page that asked loads itself again."""
    here = visit()
    bulk_undo.undo(here.site, here.actor, change_id, here.now)
    return "", 204


@blueprint.get("/bulk/<uuid:job_id>")
def bulk_progress(job_id: UUID) -> str:
    """Show how far a bulk change is; the part that changes is fetched again every second."""
    here = visit()
    job = jobs.get(here.connection, job_id)
    if job is None or job.kind not in KINDS or job.created_by != here.actor.user_id:
        raise NotFoundError
    fragment = bool(request.headers.get("HX-Request"))
    template = "records/_bulk_progress.html" if fragment else "records/bulk_progress.html"
    return render_template(
        template,
        job=job,
        title=_title(job.kind),
        result=job.result or {},
        list=f"/o/{job.args['object']}",
        can_undo=bulk_undo.can_undo(job, here.now),
    )


@blueprint.post("/bulk/<uuid:job_id>/undo")
def undo_job(job_id: UUID) -> Response:
    """Take back what a job did, by another job."""
    here = visit()
    with here.site.writing(here.release) as connection:
        job = bulk_undo.enqueue(connection, here.actor, job_id, here.now)
    return redirect(url_for("records.bulk_progress", job_id=job), 303)


def _title(kind: str) -> str:
    return {bulk.EDIT: _("Bulk change"), bulk.DELETE: _("Bulk deletion")}.get(kind, _("Taking back"))


def _deletable(here: Visit, object_name: str) -> Object:
    obj = readable_object(here, object_name)
    if obj.append_only or not here.rights.object(obj.name).can("delete"):
        raise NotFoundError
    return obj


def _control(here: Visit, obj: Object, name: str) -> ControlSpec | None:
    if name not in _changeable(here, obj):
        return None
    return next(iter(transition_controls(here, obj, "", iter((name,)))), None)


def _changeable(here: Visit, obj: Object) -> tuple[str, ...]:
    """Return the fields that many records may be given the same value of, in the order of the form.

    No two records have the same value of a unique field; a record type is chosen when a record is made.
    """
    may = {name for name in listing.editable(here, obj) if not obj.fields[name].unique} - {"record_type"}
    layout = layout_for(here, obj, None)
    placed = [name for section in layout.form for row in section.rows for name in row]
    return tuple(name for name in dict.fromkeys((*placed, *obj.fields)) if name in may)


def _ids() -> list[UUID]:
    try:
        return [*dict.fromkeys(UUID(text) for text in request.values.getlist("id"))]
    except ValueError:
        raise NotFoundError from None


def _matching(here: Visit, obj: Object, address: ListAddress) -> list[UUID]:
    """Return the records of an address, at most a batch of them."""
    _address, view = read_address(here, obj, request.form)
    query = Query(obj.name, ("id",), asked(here, obj, address), view.where, (("id", False),), MOST_ROWS)
    return [row["id"] for row in fetch(here.connection, here.release, here.actor, query).rows]


def _count(here: Visit, obj: Object, address: ListAddress) -> int:
    _address, view = read_address(here, obj, request.values)
    where = asked(here, obj, address)
    counted = aggregate(
        here.connection, here.release, here.actor, obj.name, where, (), (Total("count"),), base=view.where
    )
    return int(counted[0]["count"])


def _form(here: Visit, obj: Object, control: ControlSpec | None, bound: BoundForm | None = None) -> str:
    address, _view = read_address(here, obj, request.values)
    values: Any = initial.blank(here)
    drawn: Any = ""
    if control is not None:
        chosen = control
        form = here.compiled(("drawn", (chosen,), here.language), lambda: compile_controls((chosen,)))
        if bound is not None:
            titles = titles_of(here, bound.chosen_ids())
            values = bound.shown(values, {str(key): title for key, title in titles.items()})
        drawn = form.render(values)
    fields = [(here.labels.field(obj.fields[name]), name) for name in _changeable(here, obj)]
    return fragments.dialog(
        "records/bulk_form.html",
        _("Change several records"),
        object=obj,
        address=address,
        ids=_ids(),
        fields=fields,
        control=control,
        form=drawn,
        matching=_count(here, obj, address),
        everything=request.values.get("all") == "1",
        general=bound.general if bound else (),
        warnings=(),
    )


def _deletion(here: Visit, obj: Object, general: Sequence[str] = ()) -> str:
    address, _view = read_address(here, obj, request.values)
    return fragments.dialog(
        "records/bulk_delete.html",
        _("Delete several records"),
        object=obj,
        address=address,
        ids=_ids(),
        matching=_count(here, obj, address),
        everything=request.values.get("all") == "1",
        general=general,
        warnings=(),
    )
