"""A web form as the page's inputs: its listed fields with the controls and rules that all forms have."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import request
from werkzeug.datastructures import MultiDict

from formline.catalog.model import FieldDisplay
from formline.catalog.pages import default_layout
from formline.fields.files import FileBase
from formline.web.marks import compile_text, macros
from formline.web.records.form_binding import BoundForm, form_class
from formline.web.records.form_markup import FILLS, CompiledForm, MarkedControl
from formline.web.records.form_spec import CREATE, ControlSpec, FormSpec, SectionSpec, controls_of

if TYPE_CHECKING:
    from formline.catalog.web_forms import FormField, WebForm
    from formline.web.visit import Visit


def spec_of(here: Visit, form: WebForm) -> FormSpec:
    """Return the inputs of a form, built once per release and language."""
    return here.compiled(("web form", form.name, here.language), lambda: _build(here, form))


def _build(here: Visit, form: WebForm) -> FormSpec:
    obj = here.release.catalog.object(form.object)
    found = {one.field.name: one for one in controls_of(here, obj, form.record_type, form.names)}
    controls = {field.name: _worded(here, form, field, found[field.name]) for field in form.fields}
    displays = {field.name: FieldDisplay(required=True) for field in form.fields if field.required}
    layout = replace(default_layout(obj), name=f"web_form_{form.name}", fields=displays)
    section = SectionSpec("form", "", tuple((one,) for one in controls.values()))
    key = hashlib.sha256(f"{here.release.hash}\0web form\0{form.name}".encode()).hexdigest()[:20]
    return FormSpec(obj, layout, CREATE, form.record_type, (section,), key, controls)


def _worded(here: Visit, form: WebForm, field: FormField, control: ControlSpec) -> ControlSpec:
    def text(word: str, written: str, usual: str) -> str:
        return here.labels.text("web_form", form.name, f"fields.{field.name}.{word}", written) if written else usual

    return replace(
        control, label=text("label", field.label, control.label), help=text("help", field.help, control.help), full=True
    )


def markup_of(here: Visit, form: WebForm) -> CompiledForm:
    """Return the inputs drawn once, files as plain inputs that are sent with the form."""

    def draw() -> CompiledForm:
        controls = spec_of(here, form).controls.values()
        drawn = macros("web_forms/parts.html").grid([MarkedControl(one) for one in controls])
        return CompiledForm((compile_text(str(drawn), FILLS),))

    return here.compiled(("web form markup", form.name, here.language), draw)


def takes_file(control: ControlSpec) -> bool:
    """Return whether a control is for files: they come beside the values."""
    return isinstance(control.field.type, FileBase)


def bound_form(here: Visit, form: WebForm, sent: MultiDict[str, str] | None = None) -> BoundForm:
    """Return the posted values; files are left out, and no token of a session is asked for."""
    spec = spec_of(here, form)
    controls = {name: one for name, one in spec.controls.items() if not takes_file(one)}
    rows = tuple((one,) for one in controls.values())
    plain = replace(spec, sections=(SectionSpec("form", "", rows),), controls=controls)
    built = here.compiled(("web form class", form.name, here.language), lambda: form_class(plain))
    values = request.form if sent is None else sent
    return BoundForm(built(formdata=values, meta={"csrf": False}), controls.values(), (), values)
