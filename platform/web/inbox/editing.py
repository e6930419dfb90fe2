"""Inputs in the dialogs of approvals: what a step lets its people edit, and the proposal when it is submitted again."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from formline.errors import FieldError, ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.queries import get
from formline.runtime.unit.plan import plan_of
from formline.web.inbox import line_editing
from formline.web.records import initial
from formline.web.records.form_binding import BoundForm, controls_class
from formline.web.records.form_markup import compile_controls
from formline.web.records.form_spec import ControlSpec, controls_of
from formline.web.records.form_values import fill, ids_in
from formline.web.records.targets import titles_of
from formline.web.visit import Visit
from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.proposals import overlaid, values_of
from formline.workflow.approvals.storage import Case


def form(here: Visit, case: Case, action: str, ballot: str) -> Markup | str:
    """Return the inputs of a dialog with the values as they would be; "" where there are none."""
    controls = _controls(here, case, action, ballot)
    if not controls:
        return ""
    record = get(here.connection, here.release, Actor.system(), case.definition.object, case.record_id)
    record = overlaid(plan_of(here.release, case.definition.object, here.site.dialect), record, case.proposal)
    values = initial.blank(here)
    fill(values, controls, record, titles_of(here, ids_in(controls, record)), here.formats)
    drawn = here.compiled(("drawn", controls, here.language), lambda: compile_controls(controls))
    return drawn.render(values)


def values(here: Visit, case: Case, ballot: str) -> dict[str, Any]:
    """Return what the dialog of a decision changes in the fields and lines of its step.

    Raises:
        ValidationError: what was typed is no value of its field.
    """
    return {**_given(here, _controls(here, case, "approve", ballot)), **line_editing.values(here, case, ballot)}


def proposed(here: Visit, case: Case) -> dict[str, Any]:
    """Return the proposal as the dialog of a new submission has it."""
    return _given(here, _controls(here, case, "resubmit", ""))


def _controls(here: Visit, case: Case, action: str, ballot: str) -> tuple[ControlSpec, ...]:
    obj = here.release.catalog.object(case.definition.object)
    names: tuple[str, ...] = ()
    if action == "approve":
        found = case.state.find(ballot)
        step = case.definition.blocks.get(found[0].name) if found else None
        names = tuple(path for path in step.editable if "." not in path) if isinstance(step, Approve) else ()
    elif action == "resubmit":
        plan = plan_of(here.release, obj.name, here.site.dialect)
        names = tuple(values_of(plan, case.proposal))
    # The step itself gives the right to edit; what may not even be read stays out.
    shown = tuple(name for name in names if name in obj.fields and here.rights.object(obj.name).readable(name))
    key = ("approval inputs", obj.name, shown, here.language, here.rights)
    return here.compiled(key, lambda: controls_of(here, obj, "", shown)) if shown else ()


def _given(here: Visit, controls: tuple[ControlSpec, ...]) -> dict[str, Any]:
    if not controls:
        return {}
    built = here.compiled(("controls", controls), lambda: controls_class(controls))
    bound = BoundForm(built(), controls)
    if not bound.valid():
        raise ValidationError([FieldError(control.name, "wrong_value", text) for control, text in _wrong(bound)])
    return bound.values()


def _wrong(bound: BoundForm) -> list[tuple[ControlSpec, str]]:
    found = []
    for name in bound.controls:
        field = bound.form[f"field_{name}"]
        found += [(field.control, f"{field.control.label}: {error}") for error in field.errors]
    return found
