"""Addresses of forms: creating, editing, the rules' module and the states that only the server can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.model import Layout
from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, ConflictError, NotFoundError, ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.access.masking import Masked
from formline.runtime.access.permitted import record_rights
from formline.runtime.queries import get
from formline.runtime.unit import Change, run_unit
from formline.web import addresses
from formline.web.i18n import gettext as _
from formline.web.records import conflicts, form_states, initial, rules_module
from formline.web.records.blueprint import blueprint
from formline.web.records.form_binding import BoundForm, form_class
from formline.web.records.form_markup import CompiledForm, compile_form
from formline.web.records.form_spec import CREATE, EDIT, FormSpec, spec_for
from formline.web.records.form_values import FormValues
from formline.web.records.targets import layout_for, readable_object, record_or_404, title_text, titles_of
from formline.web.visit import Visit, visit

Answer = BaseResponse | str | tuple[str, int]
NO_TYPE = "-"


def compiled_form(here: Visit, spec: FormSpec) -> CompiledForm:
    """Return a form's markup, drawn once per release, rights and language."""
    symbol = here.formats.symbol(here.formats.own_currency).strip()
    return here.compiled(("markup", spec.key, here.language), lambda: compile_form(spec, symbol))


def bound_form(here: Visit, spec: FormSpec) -> BoundForm:
    """Return the posted form; its class is built once."""
    built = here.compiled(("class", spec.key, here.language), lambda: form_class(spec))
    return BoundForm(built(), spec.controls.values(), spec.tables)


@blueprint.get("/o/<object_name>/new")
def new_page(object_name: str) -> Answer:
    """Show an empty form with the defaults, and what the address gives."""
    here = visit()
    obj, layout, record_type = _creating(here, object_name, request.args.get("record_type"))
    spec = spec_for(here, obj, layout, record_type, CREATE)
    record = initial.record(here, spec, request.args)
    values = initial.values(here, spec, record)
    return _form_page(here, spec, values, record, None)


@blueprint.post("/o/<object_name>/new")
def create(object_name: str) -> Answer:
    """Create the record, or show the form again with what is wrong."""
    here = visit()
    obj, layout, record_type = _creating(here, object_name, request.form.get("record_type"))
    spec = spec_for(here, obj, layout, record_type, CREATE)
    bound = bound_form(here, spec)
    if bound.valid():
        row = bound.values() | ({"record_type": record_type} if obj.record_types else {})
        try:
            (made,) = run_unit(
                here.site,
                here.actor,
                lambda unit: unit.create(obj.name, [row]),
                source="form",
                confirm=_confirmed(),
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(error.errors, obj)
        else:
            return redirect(url_for("records.record_page", object_name=obj.name, record_id=made, saved=1), 303)
    return _again(here, spec, bound, initial.record(here, spec, MultiDict()) | initial.typed(spec, bound), None)


@blueprint.get("/o/<object_name>/<uuid:record_id>/edit")
def edit_page(object_name: str, record_id: UUID) -> Answer:
    """Show the form of a record."""
    here = visit()
    obj, record = _editing(here, object_name, record_id)
    spec = _edit_spec(here, obj, record)
    children = initial.children(here, spec, record_id)
    values = initial.values(here, spec, record, children)
    return _form_page(here, spec, values, record, record)


@blueprint.post("/o/<object_name>/<uuid:record_id>/edit")
def update(object_name: str, record_id: UUID) -> Answer:
    """Save the changes, or show the form again: with what is wrong, or with what somebody else changed meanwhile."""
    here = visit()
    obj, record = _editing(here, object_name, record_id)
    spec = _edit_spec(here, obj, record)
    bound = bound_form(here, spec)
    version = request.form.get("version", type=int)
    if bound.valid():
        change = Change(record_id, bound.values(), version)
        try:
            run_unit(
                here.site,
                here.actor,
                lambda unit: unit.update(obj.name, [change]),
                source="form",
                confirm=_confirmed(),
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(error.errors, obj)
        except ConflictError:
            return _conflict(here, spec, bound, record_id, version or 0)
        else:
            return redirect(url_for("records.record_page", object_name=obj.name, record_id=record_id, saved=1), 303)
    return _again(here, spec, bound, record | initial.typed(spec, bound), record)


def _conflict(here: Visit, spec: FormSpec, bound: BoundForm, record_id: UUID, version: int) -> tuple[str, int]:
    """Show the form with the input kept, merged with what others changed; saving again is then on their version."""
    current = record_or_404(here, spec.object, record_id)
    found = conflicts.merge(here, spec, bound, current, version)
    values = found.values
    values.states = form_states.states(
        here, spec, _all_of(here, spec.object, current) | initial.typed(spec, bound), current
    )
    page = _render(here, spec, values, current, conflict=True, conflicts=found.differences)
    return page, 409


def _creating(here: Visit, name: str, wanted: str | None) -> tuple[Object, Layout, str]:
    obj = readable_object(here, name)
    if not here.rights.object(obj.name).can("create"):
        raise AccessDeniedError(_("Your roles do not allow creating these records."))
    record_type = wanted if wanted in obj.record_types else next(iter(obj.record_types), "")
    return obj, layout_for(here, obj, record_type), record_type or ""


def _editing(here: Visit, name: str, record_id: UUID) -> tuple[Object, dict[str, Any]]:
    obj = readable_object(here, name)
    record = record_or_404(here, obj, record_id)
    access = record_rights(here.connection, here.release, here.actor, obj.name, [record_id])[record_id]
    if obj.append_only or not access.can("update"):
        raise AccessDeniedError(
            _("You may read this record, but not change it."), hint=_("Its owner or an administrator can.")
        )
    return obj, record


def _edit_spec(here: Visit, obj: Object, record: Mapping[str, Any]) -> FormSpec:
    record_type = str(record.get("record_type") or "")
    return spec_for(here, obj, layout_for(here, obj, record_type), record_type, EDIT)


def _confirmed() -> bool:
    return request.form.get("confirm") == "1"


def _form_page(
    here: Visit, spec: FormSpec, values: FormValues, record: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> str:
    everything = {**_for_rules(here, spec, stored), **record} if stored else record
    values.states = form_states.states(here, spec, everything, stored)
    return _render(here, spec, values, stored)


def _again(
    here: Visit, spec: FormSpec, bound: BoundForm, record: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> tuple[str, int]:
    """Show a form that could not be saved, status 422."""
    titles = titles_of(here, bound.chosen_ids())
    values = bound.shown(initial.blank(here), {str(key): title for key, title in titles.items()})
    everything = {**_for_rules(here, spec, stored), **record} if stored else record
    values.states = form_states.states(here, spec, everything, stored)
    bound.tell_missing(values)
    return _render(here, spec, values, stored, bound=bound), 422


def _render(
    here: Visit,
    spec: FormSpec,
    values: FormValues,
    stored: Mapping[str, Any] | None,
    *,
    bound: BoundForm | None = None,
    conflict: bool = False,
    conflicts: Any = (),
) -> str:
    obj = spec.object
    types = _other_forms(here, obj) if spec.mode == CREATE else []
    return render_template(
        "records/form.html",
        object=obj,
        label=here.labels.object(obj),
        spec=spec,
        form=compiled_form(here, spec).render(values),
        stored=stored,
        title=title_text(obj, stored) if stored else "",
        record_types=types if len(types) > 1 else [],
        general=bound.general if bound else (),
        warnings=bound.warnings if bound else (),
        problems=_problem_list(spec, values) if bound else (),
        conflict=conflict,
        conflicts=conflicts,
        module=_module_address(spec),
    )


def _other_forms(here: Visit, obj: Object) -> list[tuple[str, str, str]]:
    """Return (name, label, address of its form) of every record type; what the address gives goes along."""
    given = [pair for pair in request.args.items(multi=True) if pair[0] != "record_type"]
    return [
        (name, here.labels.record_type(obj, name), addresses.new(obj.name, [*given, ("record_type", name)]))
        for name in obj.record_types
    ]


def _problem_list(spec: FormSpec, values: FormValues) -> list[tuple[str, str, str]]:
    """Return (id of the input, label, message) of every error, for the summary at the top."""
    labels = {control.name: control.label for control in spec.controls.values()}
    return [(name, labels.get(name, ""), " ".join(found)) for name, found in values.problems.items() if found]


def _for_rules(here: Visit, spec: FormSpec, stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the rules read: the record as the person sees it where that is enough."""
    wanted = here.compiled(("read by rules", spec.key), lambda: form_states.read_by_rules(spec))
    seen = {name for name, value in stored.items() if not isinstance(value, Masked)}
    return stored if wanted is not None and wanted <= seen else _all_of(here, spec.object, stored)


def _all_of(here: Visit, obj: Object, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole record for the rules, which see every field whatever the person may read."""
    return get(here.connection, here.release, Actor.system(), obj.name, record["id"])


def _module_address(spec: FormSpec) -> str:
    return addresses.rules(spec.object.name, spec.layout.name, spec.record_type or NO_TYPE, spec.mode, spec.key)


@blueprint.get("/o/<object_name>/rules/<layout>/<record_type>/<mode>/<key>.js")
def rules(object_name: str, layout: str, record_type: str, mode: str, key: str) -> Response:
    """Return the rules of a form as a module, for this person's browser alone."""
    here = visit()
    spec = _spec_named(here, object_name, layout, record_type, mode)
    text = rules_module.module(here, spec, current_app.jinja_env.globals["asset"]("expressions.js"))  # type: ignore[operator]
    response = Response(text, mimetype="text/javascript")
    # The text holds the person's own values and today's date, so it is kept by this browser for the day only.
    response.headers["Cache-Control"] = "private, max-age=600" if key == spec.key else "no-store"
    return response


@blueprint.post("/o/<object_name>/form-state")
def form_state(object_name: str) -> Response:
    """Answer the states of fields whose rules the browser cannot work out."""
    here = visit()
    form = request.form
    spec = _spec_named(
        here, object_name, form.get("layout", ""), form.get("record_type") or NO_TYPE, form.get("mode", CREATE)
    )
    bound = bound_form(here, spec)
    stored: dict[str, Any] | None = None
    record_id = form.get("record_id", type=UUID)
    if record_id is not None and spec.mode == EDIT:
        stored = record_or_404(here, spec.object, record_id)
        record = _all_of(here, spec.object, stored)
    else:
        record = initial.record(here, spec, MultiDict())
    record |= initial.typed(spec, bound)
    found = form_states.states(here, spec, record, stored)
    asked = rules_module.server_fields(here, spec)
    return jsonify(
        {
            name: {"visible": state.visible, "required": state.required, "readOnly": state.read_only}
            for name, state in found.items()
            if name in asked
        }
    )


def _spec_named(here: Visit, object_name: str, layout: str, record_type: str, mode: str) -> FormSpec:
    obj = readable_object(here, object_name)
    chosen = next((one for one in obj.layouts if one.name == layout), None)
    # Forms are kept for good, so an address may name only those that there are.
    if chosen is None or mode not in (CREATE, EDIT) or record_type not in (NO_TYPE, *obj.record_types):
        raise NotFoundError
    return spec_for(here, obj, chosen, "" if record_type == NO_TYPE else record_type, mode)
