"""Addresses of forms: creating, editing, the rules' module and the states that only the server can answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.model import Layout
from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, ConflictError, FormlineError, NotFoundError, ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.access.masking import Masked
from formline.runtime.drafts import Draft
from formline.runtime.matching.patterns import patterns_of
from formline.runtime.queries import get
from formline.runtime.queries.cache import Recent
from formline.runtime.unit import Change, Unit, run_unit
from formline.web import addresses, drawn, step_up
from formline.web.i18n import gettext as _
from formline.web.inbox import submitting
from formline.web.records import conflicts, form_states, initial, rules_module
from formline.web.records.blueprint import blueprint
from formline.web.records.draft_routes import as_form, kept, saved, wants_draft
from formline.web.records.form_binding import BoundForm, check_rows, form_class
from formline.web.records.form_markup import CompiledForm, FieldState, compile_form
from formline.web.records.form_spec import CREATE, EDIT, FormSpec, spec_for
from formline.web.records.form_values import FormValues
from formline.web.records.targets import (
    layout_for,
    readable_object,
    record_or_404,
    record_with_rights,
    title_text,
    titles_of,
)
from formline.web.visit import Visit, visit

Answer = BaseResponse | str | tuple[str, int]
NO_TYPE = "-"
#: Combinations of states of a form's fields that are kept.
MOST_SETTLED = 50
#: The button that changes the record type of a form that was not saved yet.
SWITCH = "switch_type"


class IncompleteFormError(FormlineError):
    """A form without the inputs that every form has: not sent by a page of this site."""

    code = "incomplete_form"
    status = 400


def compiled_form(here: Visit, spec: FormSpec) -> CompiledForm:
    """Return a form's markup, drawn once per release, rights and language."""
    symbol = here.formats.symbol(here.formats.own_currency).strip()
    return here.compiled(("markup", spec.key, here.language), lambda: compile_form(spec, symbol))


def _markup(here: Visit, spec: FormSpec, values: FormValues) -> Markup:
    """Return a form filled with values; what its rules say is filled in once for all records of which they say it."""
    form = compiled_form(here, spec)
    if values.problems:
        return form.render(values)
    kept = here.compiled(("settled", spec.key, here.language), lambda: Recent[Any, CompiledForm](MOST_SETTLED))
    return kept.get(tuple(values.states.values()), lambda: form.settled(values)).render(values)


def bound_form(here: Visit, spec: FormSpec, sent: MultiDict[str, str] | None = None) -> BoundForm:
    """Return the posted form, or one made of ``sent``; its class is built once."""
    check_rows(spec.tables, request.form if sent is None else sent)
    built = here.compiled(("class", spec.key, here.language), lambda: form_class(spec))
    form = built() if sent is None else built(formdata=sent)
    return BoundForm(form, spec.controls.values(), spec.tables, sent)


@blueprint.get("/o/<object_name>/new")
def new_page(object_name: str) -> Answer:
    """Show an empty form with the defaults, and what the address gives."""
    here = visit()
    obj, layout, record_type = _creating(here, object_name, request.args.get("record_type"))
    spec = spec_for(here, obj, layout, record_type, CREATE)
    record = initial.record(here, spec, request.args)
    if wants_draft() and (draft := kept(here)) is not None:
        return _from_draft(here, spec, draft, record, None)
    values = initial.values(here, spec, record)
    return _form_page(here, spec, values, record, None)


@blueprint.post("/o/<object_name>/new")
def create(object_name: str) -> Answer:
    """Create the record, or show the form again: with what is wrong, or as that of another record type."""
    here = visit()
    if SWITCH in request.form:
        return _switched(here, object_name, request.form[SWITCH])
    obj, layout, record_type = _creating(here, object_name, request.form.get("record_type"))
    spec = spec_for(here, obj, layout, record_type, CREATE)
    bound = bound_form(here, spec)
    if bound.valid():
        row = bound.values() | ({"record_type": record_type} if obj.record_types else {})
        step_up.require_for(here, obj.name, row, None)

        def make(unit: Unit) -> list[UUID]:
            submitting.choosing(unit)
            return unit.create(obj.name, [row])

        try:
            path = submitting.rehearsed(here, obj, "create", make, confirm=_confirmed())
            if path is not None:
                again = initial.record(here, spec, MultiDict()) | initial.typed(spec, bound)
                return _again(here, spec, bound, again, None, path)
            (made,) = run_unit(
                here.site,
                here.actor,
                make,
                source="form",
                confirm=_confirmed(),
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(error.errors, obj)
        else:
            saved(here)
            return redirect(url_for("records.record_page", object_name=obj.name, record_id=made, saved=1), 303)
    return _again(here, spec, bound, initial.record(here, spec, MultiDict()) | initial.typed(spec, bound), None)


def _switched(here: Visit, object_name: str, wanted: str) -> Answer:
    """Show the form of another record type with what was typed into this one."""
    obj, layout, record_type = _creating(here, object_name, wanted)
    spec = spec_for(here, obj, layout, record_type, CREATE)
    bound = bound_form(here, spec)
    record = initial.record(here, spec, request.args)
    titles = titles_of(here, bound.chosen_ids())
    values = bound.over(initial.values(here, spec, record), {str(key): title for key, title in titles.items()})
    values.states = form_states.states(here, spec, record | initial.typed(spec, bound), None)
    return _render(here, spec, values, None)


@blueprint.get("/o/<object_name>/<uuid:record_id>/edit")
def edit_page(object_name: str, record_id: UUID) -> Answer:
    """Show the form of a record."""
    here = visit()
    obj, record = _editing(here, object_name, record_id)
    spec = _edit_spec(here, obj, record)
    if wants_draft() and (draft := kept(here)) is not None:
        return _from_draft(here, spec, draft, record, record)
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
    if version is None:
        # Without it, what somebody else wrote meanwhile would be overwritten unseen.
        raise IncompleteFormError(_("The form did not say which version of the record it shows."))
    if bound.valid():
        change = Change(record_id, conflicts.settled(bound.values(), record, request.form), version)
        step_up.require_for(here, obj.name, change.values, record)

        def write(unit: Unit) -> None:
            submitting.choosing(unit)
            unit.update(obj.name, [change])

        try:
            path = submitting.rehearsed(here, obj, "update", write, confirm=_confirmed())
            if path is not None:
                return _again(here, spec, bound, record | initial.typed(spec, bound), record, path)
            run_unit(
                here.site,
                here.actor,
                write,
                source="form",
                confirm=_confirmed(),
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(error.errors, obj)
        except ConflictError:
            return _conflict(here, spec, bound, record_id, version)
        else:
            saved(here)
            return redirect(url_for("records.record_page", object_name=obj.name, record_id=record_id, saved=1), 303)
    return _again(here, spec, bound, record | initial.typed(spec, bound), record)


def _from_draft(
    here: Visit, spec: FormSpec, draft: Draft, record: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> str:
    """Show a form with what was left in it; a record that changed since is found out when it is saved."""
    sent = as_form(draft)
    bound = bound_form(here, spec, sent)
    titles = titles_of(here, bound.chosen_ids())
    values = bound.shown(initial.blank(here), {str(key): title for key, title in titles.items()})
    typed = {**(_for_rules(here, spec, stored) if stored else {}), **record, **initial.typed(spec, bound)}
    values.states = form_states.states(here, spec, typed, stored)
    based_on = {**stored, "version": sent.get("version", stored["version"])} if stored else None
    return _render(here, spec, values, based_on, restored=draft.at)


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
    record, access = record_with_rights(here, obj, record_id)
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
    here: Visit,
    spec: FormSpec,
    bound: BoundForm,
    record: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
    path: submitting.Ahead | None = None,
) -> tuple[str, int]:
    """Show a form that was not saved, status 422: with what is wrong, or the path of the approval it would start."""
    titles = titles_of(here, bound.chosen_ids())
    values = bound.shown(initial.blank(here), {str(key): title for key, title in titles.items()})
    everything = {**_for_rules(here, spec, stored), **record} if stored else record
    values.states = form_states.states(here, spec, everything, stored)
    bound.tell_missing(values)
    return _render(here, spec, values, stored, bound=bound, path=path), 422


def _render(
    here: Visit,
    spec: FormSpec,
    values: FormValues,
    stored: Mapping[str, Any] | None,
    *,
    bound: BoundForm | None = None,
    conflict: bool = False,
    conflicts: Any = (),
    restored: datetime | None = None,
    path: submitting.Ahead | None = None,
) -> str:
    obj = spec.object
    constants = {
        "object": obj,
        "label": here.labels.object(obj),
        "spec": spec,
        "module": _module_address(spec),
        "compared": bool(patterns_of(here.release, obj.name)),
    }
    printed: dict[str, str] = {"form": _markup(here, spec, values)}
    if stored:
        printed |= {"title": title_text(obj, stored), "id": str(stored["id"]), "version": str(stored["version"])}
    left = kept(here) if request.method == "GET" and restored is None and here.has_drafts else None
    if left is not None:
        printed["draft"] = here.formats.moment(left.at, here.now)
    if spec.mode == EDIT and request.method == "GET" and restored is None:
        return drawn.page("records/form.html", constants, printed)
    types = _other_forms(here, obj) if spec.mode == CREATE else []
    return render_template(
        "records/form.html",
        **constants,
        **printed,
        record_types=types if len(types) > 1 else [],
        general=bound.general if bound else (),
        warnings=bound.warnings if bound else (),
        problems=_problem_list(spec, values) if bound else (),
        conflict=conflict,
        ahead=path,
        conflicts=conflicts,
        unsaved=request.method == "POST" or restored is not None,
        restored=here.formats.moment(restored, here.now),
        carried=_carried(spec) if spec.mode == CREATE else (),
    )


def _carried(spec: FormSpec) -> list[tuple[str, str]]:
    """Return what was typed into inputs that only another record type's form has: going back brings it again."""
    fields = spec.object.fields.keys() - spec.controls.keys() - {"record_type"}
    return [pair for pair in request.form.items(multi=True) if pair[0].partition(".")[0] in fields]


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
    spec = spec_named(here, object_name, layout, record_type, mode)
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
    spec = spec_named(
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
    return jsonify({name: _told(state) for name, state in found.items() if name in asked})


def _told(state: FieldState) -> dict[str, Any]:
    """Return a state as the browser's script reads it."""
    told: dict[str, Any] = {"visible": state.visible, "required": state.required, "readOnly": state.read_only}
    return told if state.choices is None else {**told, "choices": sorted(state.choices)}


def spec_named(here: Visit, object_name: str, layout: str, record_type: str, mode: str) -> FormSpec:
    """Return the form a page says it shows; NotFoundError where it is not this person's."""
    obj = readable_object(here, object_name)
    # Forms are kept for good, so an address may name only those that there are; and only one's own.
    if mode not in (CREATE, EDIT) or record_type not in (NO_TYPE, *obj.record_types):
        raise NotFoundError
    named = "" if record_type == NO_TYPE else record_type
    chosen = layout_for(here, obj, named)
    if chosen.name != layout:
        raise NotFoundError
    return spec_for(here, obj, chosen, named, mode)
