"""Buttons of automations on a record: their dialog, which asks what the actions need, and pressing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import make_response, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import NotFoundError, ValidationError
from formline.fields.field import Field
from formline.web import fragments
from formline.web.access import answers
from formline.web.automation.blueprint import blueprint
from formline.web.records.actions import PROVIDERS, Action
from formline.web.visit import Visit, visit
from formline.workflow.automation.definition import Automation
from formline.workflow.automation.pressing import buttons, press

#: HTML input types by field type; others are texts.
_INPUTS = {"integer": "number", "decimal": "text", "percent": "text", "date": "date", "datetime": "datetime-local"}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a button asks for. ``kind``: an HTML input type, ``textarea``, ``select`` or ``checkbox``."""

    name: str
    label: str
    help: str
    kind: str
    value: str
    required: bool
    options: tuple[tuple[str, str], ...]
    error: str
    limits: Mapping[str, Any]


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the buttons that somebody may press on this record."""
    for one in _buttons(here, obj.name, record["id"]):
        button = one.trigger.button
        address = url_for("automation.button", object_name=obj.name, record_id=record["id"], name=one.name)
        icon = button.icon if button is not None and button.icon else "bolt"
        yield Action(_label(here, one), address, icon, dialog=True)


PROVIDERS.append(actions)


def _buttons(here: Visit, object_name: str, key: UUID) -> list[Automation]:
    clock = {"now": here.now, "today": here.now.astimezone(here.release.zone).date()}
    return buttons(here.connection, here.release, here.actor, object_name, key, clock)


def _label(here: Visit, one: Automation) -> str:
    default = one.trigger.button.label if one.trigger.button is not None else one.label
    return here.labels.text("automation", one.name, "trigger.button.label", default)


@blueprint.get("/o/<object_name>/<uuid:record_id>/press/<name>")
def button(object_name: str, record_id: UUID, name: str) -> str:
    """Show the dialog of a button."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    return _show(here, obj, record_id, _one(here, obj, record_id, name), {}, {})


@blueprint.post("/o/<object_name>/<uuid:record_id>/press/<name>", endpoint="press")
def press_button(object_name: str, record_id: UUID, name: str) -> Response:
    """Press it, or show the dialog again with what is missing or refused."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    one = _one(here, obj, record_id, name)
    given = {key: request.form.get(key, "") for key in one.place.inputs}
    try:
        press(here.site, here.actor, name, record_id, given, locale=here.locale)
    except ValidationError as error:
        errors = {each.field if each.field in given else "": each.message for each in error.errors}
        return make_response(_show(here, obj, record_id, one, given, errors), 422)
    return answers.done(obj, record_id)


def _one(here: Visit, obj: Object, key: UUID, name: str) -> Automation:
    for one in _buttons(here, obj.name, key):
        if one.name == name:
            return one
    raise NotFoundError


def _show(
    here: Visit, obj: Object, key: UUID, one: Automation, given: Mapping[str, str], errors: Mapping[str, str]
) -> str:
    questions = questions_of(here, one, given, errors)
    confirm = one.trigger.button.confirm if one.trigger.button is not None else ""
    return fragments.dialog(
        "automation/button.html",
        _label(here, one),
        label=_label(here, one),
        help=here.labels.text("automation", one.name, "trigger.button.confirm", confirm),
        questions=questions,
        general=errors.get("", ""),
        address=url_for("automation.press", object_name=obj.name, record_id=key, name=one.name),
    )


def questions_of(
    here: Visit, one: Automation, given: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[Question, ...]:
    """Return what a button asks for, as a form shows it."""
    return tuple(_question(here, one, field, given, errors) for field in one.place.inputs.values())


def _question(
    here: Visit, one: Automation, field: Field, given: Mapping[str, str], errors: Mapping[str, str]
) -> Question:
    path = f"trigger.button.ask.{field.name}"
    options: tuple[tuple[str, str], ...] = ()
    kind = _INPUTS.get(field.type.name, "text")
    if field.to:
        kind = "select"
        options = tuple((str(key), title) for key, title in answers.titled(here, field.to[0]))
    elif field.choices:
        kind, options = "select", tuple((name, choice.label) for name, choice in field.choices.items())
    elif field.type.name in ("boolean", "long_text"):
        kind = {"boolean": "checkbox", "long_text": "textarea"}[field.type.name]
    return Question(
        field.name,
        here.labels.text("automation", one.name, f"{path}.label", field.label),
        here.labels.text("automation", one.name, f"{path}.help", field.help),
        kind,
        given.get(field.name, ""),
        field.params.get("required") is True,
        options,
        errors.get(field.name, ""),
        {key: field.params[key] for key in ("min", "max") if key in field.params and kind == "number"},
    )
