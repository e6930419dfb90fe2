"""Addresses of calendars: the page, the entries of a stretch of days, moving one, and the dialog that does the same."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.objects import Object
from formline.errors import ConflictError, FormlineError, NotFoundError, ValidationError
from formline.runtime.unit import Change, run_unit
from formline.web import addresses, fragments
from formline.web.i18n import gettext as _
from formline.web.records import calendars, initial
from formline.web.records.blueprint import blueprint
from formline.web.records.form_binding import BoundForm, controls_class
from formline.web.records.form_markup import compile_controls
from formline.web.records.form_spec import ControlSpec, transition_controls
from formline.web.records.form_values import fill
from formline.web.records.list_address import CALENDAR, read_address, records_named
from formline.web.records.list_frame import frame
from formline.web.records.refusals import refusal
from formline.web.records.targets import readable_object, record_or_404, title_text, titles_of
from formline.web.visit import Visit, visit

Answer = BaseResponse | str | tuple[Response, int] | tuple[str, int]


@blueprint.get("/o/<object_name>/calendar")
def calendar_page(object_name: str) -> str:
    """Show the records on a calendar; a script fetches the entries."""
    here = visit()
    obj = readable_object(here, object_name)
    calendar = calendars.required(here, obj)
    address, view = read_address(here, obj, request.args, CALENDAR)
    titles = titles_of(here, records_named(here, obj, address))
    return render_template(
        "records/calendar.html",
        frame=frame(here, obj, address, view, titles),
        field_label=here.labels.field(obj.fields[calendar.start]),
        start=calendar.start,
        whole=calendars.whole_days(here, obj),
        has_end=bool(calendar.end),
        can_move=calendars.may_move(here, obj),
        today=here.today,
    )


@blueprint.get("/o/<object_name>/calendar/entries")
def calendar_entries(object_name: str) -> Answer:
    """Return ``{"entries": [...], "cut": bool}`` of a stretch of days (``start``, ``end``, exclusive)."""
    here = visit()
    obj = readable_object(here, object_name)
    address, view = read_address(here, obj, request.args, CALENDAR)
    first, last = calendars.stretch(request.args.get("start", ""), request.args.get("end", ""))
    found = calendars.entries(here, obj, address, view, first, last)
    return jsonify(entries=found.entries, cut=found.cut)


@blueprint.post("/o/<object_name>/calendar/move")
def move_entry(object_name: str) -> Answer:
    """Move an entry: ``{"id", "version", "start", "end"}`` as wall clock; answers its new version or the reason."""
    here = visit()
    obj = readable_object(here, object_name)
    calendars.required(here, obj)
    body: Any = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise NotFoundError
    key = calendars.record_id(body.get("id"))
    try:
        values = calendars.moved(here, obj, str(body.get("start") or ""), str(body.get("end") or ""))
    except (ValueError, OverflowError):
        return jsonify(detail=_("This is no day.")), 422
    version = body.get("version")
    change = Change(key, values, version if isinstance(version, int) else None)
    try:
        run_unit(here.site, here.actor, lambda unit: unit.update(obj.name, [change]), source="form", locale=here.locale)
    except FormlineError as error:
        if error.status >= 500:
            raise
        return refusal(here, obj, error)
    return jsonify(version=record_or_404(here, obj, key)["version"])


@blueprint.get("/o/<object_name>/<uuid:record_id>/when")
def when_form(object_name: str, record_id: UUID) -> Answer:
    """Show the dialog of an entry: the record, and its days to change by typing."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    return _when(here, obj, record, _controls(here, obj, record))


@blueprint.post("/o/<object_name>/<uuid:record_id>/when")
def change_when(object_name: str, record_id: UUID) -> Answer:
    """Save the days of an entry, or show its dialog again with what is wrong."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    controls = _controls(here, obj, record)
    built = here.compiled(("controls", controls), lambda: controls_class(controls))
    bound = BoundForm(built(), controls)
    if bound.valid():
        change = Change(record_id, bound.values(), request.form.get("version", type=int))
        try:
            run_unit(
                here.site,
                here.actor,
                lambda unit: unit.update(obj.name, [change]),
                source="form",
                confirm=request.form.get("confirm") == "1",
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(error.errors, obj)
        except ConflictError:
            bound.general.append(_("Somebody else changed this record meanwhile. These are its days now."))
            return _when(here, obj, record, controls, bound, fresh=True), 409
        else:
            return _saved(obj, record_id)
    return _when(here, obj, record, controls, bound), 422


def _controls(here: Visit, obj: Object, record: dict[str, Any]) -> tuple[ControlSpec, ...]:
    names = calendars.fields_of(here, obj)
    return transition_controls(here, obj, str(record.get("record_type") or ""), iter(names))


def _when(
    here: Visit,
    obj: Object,
    record: dict[str, Any],
    controls: tuple[ControlSpec, ...],
    bound: BoundForm | None = None,
    *,
    fresh: bool = False,
) -> str:
    values = initial.blank(here)
    drawn = here.compiled(("drawn", controls, here.language), lambda: compile_controls(controls))
    if bound is None or fresh:
        fill(values, controls, record, {}, here.formats)
    else:
        bound.shown(values, {})
    return fragments.dialog(
        "records/when.html",
        title_text(obj, record),
        object=obj,
        record=record,
        heading=title_text(obj, record),
        form=drawn.render(values) if controls else "",
        general=bound.general if bound else (),
        warnings=bound.warnings if bound else (),
    )


def _saved(obj: Object, record_id: UUID) -> BaseResponse:
    if not request.headers.get("HX-Request"):
        return BaseResponse(status=303, headers={"Location": addresses.record(obj.name, record_id)})
    response = make_response("", 204)
    response.headers["HX-Trigger"] = json.dumps({"dialog:close": True, "record:changed": {"id": str(record_id)}})
    return response
