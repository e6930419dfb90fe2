"""Addresses of transitions: the dialog that asks exactly what a transition needs, and pressing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import NotFoundError, ValidationError
from formline.runtime.unit import Unit, run_unit
from formline.web.inbox import submitting
from formline.web.records import initial, ways
from formline.web.records.blueprint import blueprint
from formline.web.records.form_binding import BoundForm, controls_class
from formline.web.records.form_markup import CompiledForm, FieldState, compile_controls
from formline.web.records.form_spec import ControlSpec, transition_controls
from formline.web.records.form_values import FormValues, fill, ids_in
from formline.web.records.move_words import worded
from formline.web.records.targets import readable_object, record_or_404, titles_of
from formline.web.records.ways import Way
from formline.web.visit import Visit, visit

Answer = Response | str


@blueprint.get("/o/<object_name>/<uuid:record_id>/transitions/<name>")
def transition_form(object_name: str, record_id: UUID, name: str) -> Answer:
    """Show the dialog of a transition."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    way = _way(here, obj, record, name)
    controls = _controls(here, obj, record, way)
    values = initial.blank(here)
    fill(values, controls, record, titles_of(here, ids_in(controls, record)), here.formats)
    return _show(here, obj, record, way, controls, values)


@blueprint.post("/o/<object_name>/<uuid:record_id>/transitions/<name>")
def transition(object_name: str, record_id: UUID, name: str) -> Answer:
    """Press a transition, or show its dialog again with what is missing."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    way = _way(here, obj, record, name)
    controls = _controls(here, obj, record, way)
    built = here.compiled(("controls", controls), lambda: controls_class(controls))
    bound = BoundForm(built(), controls)
    if bound.valid():
        values = bound.values()
        path = _ahead(here, obj, record, way)

        def press(unit: Unit) -> None:
            submitting.choosing(unit)
            unit.transition(obj.name, [record_id], f"{way.field}.{way.name}", values)

        try:
            run_unit(
                here.site,
                here.actor,
                press,
                source="form",
                confirm=request.form.get("confirm") == "1",
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(worded(here, way, record, error.errors), obj)
        else:
            return _done(obj, record_id, "saved" if path is None else "submitted")
    titles = titles_of(here, bound.chosen_ids())
    values_again = bound.shown(initial.blank(here), {str(key): title for key, title in titles.items()})
    response = make_response(_show(here, obj, record, way, controls, values_again, bound))
    response.status_code = 422
    return response


def _way(here: Visit, obj: Object, record: Mapping[str, Any], name: str) -> Way:
    """Return the transition ``field.name`` of a record; NotFoundError where it does not start here or is not theirs."""
    field, _dot, short = name.rpartition(".")
    for way in ways.ways(here, obj, record):
        if way.name == short and field in ("", way.field):
            return way
    raise NotFoundError


def _controls(here: Visit, obj: Object, record: Mapping[str, Any], way: Way) -> tuple[ControlSpec, ...]:
    record_type = str(record.get("record_type") or "")
    needed = submitting.required(here, obj, way.name)
    asked = tuple(dict.fromkeys((*way.asks, *(name for name in needed if record.get(name) in (None, "", ())))))
    key = ("transition", obj.name, way.machine.name, way.name, asked, record_type, here.language, here.rights)
    return here.compiled(key, lambda: transition_controls(here, obj, record_type, iter(asked)))


def _ahead(here: Visit, obj: Object, record: Mapping[str, Any], way: Way) -> submitting.Ahead | None:
    """Return where pressing a transition leads that an approval guards."""
    return submitting.ahead(here, obj, record["id"], "transition", transition=way.name)


def _drawn(here: Visit, controls: tuple[ControlSpec, ...]) -> CompiledForm:
    return here.compiled(("drawn", controls, here.language), lambda: compile_controls(controls))


def _show(
    here: Visit,
    obj: Object,
    record: Mapping[str, Any],
    way: Way,
    controls: tuple[ControlSpec, ...],
    values: FormValues,
    bound: BoundForm | None = None,
) -> str:
    required = {*way.transition.requires, *submitting.required(here, obj, way.name)}
    values.states = {c.name: FieldState(required=c.field.name in required) for c in controls}
    in_dialog = bool(request.headers.get("HX-Request"))
    return render_template(
        "records/transition.html" if in_dialog else "records/transition_page.html",
        object=obj,
        record=record,
        way=way,
        state=here.labels.state(way.machine, way.to),
        form=_drawn(here, controls).render(values) if controls else "",
        stay=request.args.get("stay"),
        ahead=_ahead(here, obj, record, way),
        general=bound.general if bound else (),
        warnings=bound.warnings if bound else (),
    )


def _done(obj: Object, record_id: UUID, said: str) -> Response:
    """Go to the record: by htmx's header where a dialog asked; a page that asked to stay hears of it instead."""
    values: dict[str, Any] = {"object_name": obj.name, "record_id": record_id, said: 1}
    address = url_for("records.record_page", **values)
    if not request.headers.get("HX-Request"):
        return redirect(address, 303)
    response = make_response("", 204)
    if request.args.get("stay"):
        response.headers["HX-Trigger"] = json.dumps({"dialog:close": True, "record:changed": {"id": str(record_id)}})
    else:
        response.headers["HX-Redirect"] = address
    return response
