"""The dialog of a record's assignment: why its owner got it, row by row, and the button that asks the rules again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access.permitted import permitted
from formline.runtime.tables import assignment_log
from formline.runtime.unit import Unit, run_unit
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit
from formline.workflow.assignment.assigning import assign
from formline.workflow.assignment.definition import AssignmentRule, rules_of

blueprint = Blueprint("assignment", __name__)
OUTCOMES = {
    "condition": N_("does not apply"),
    "nobody": N_("finds nobody free"),
    "queue": N_("goes to a queue"),
    "assigned": N_("decides"),
}
PASSED = {"full": N_("has enough"), "absent": N_("is absent")}


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the rule table that was asked; ``passed`` says who was passed over and why."""

    label: str
    outcome: str
    passed: tuple[str, ...]
    decides: bool


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to the dialog for who may transfer this record."""
    if rules_of(here.release, obj.name) and _may(here, obj, record["id"]):
        address = url_for("assignment.dialog", object_name=obj.name, record_id=record["id"])
        yield Action(_("Assignment"), address, "user", dialog=True)


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/assignment")
def dialog(object_name: str, record_id: UUID) -> str:
    """Say why the owner got the record, and offer the rules of its object."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    rules = rules_of(here.release, obj.name)
    if not rules or not _may(here, obj, record_id):
        raise NotFoundError
    log = assignment_log.c
    last = select(assignment_log).where(log.object_id == here.release.physical[obj.name].id, log.record_id == record_id)
    row = here.connection.execute(last.order_by(log.id.desc()).limit(1)).mappings().first()
    rule = next((one for one in rules if row is not None and one.name == row["rule"]), None)
    values = {
        "object": obj,
        "record_id": record_id,
        "rules": [(one.name, here.labels.text("assignment_rule", one.name, "label", one.label)) for one in rules],
        "steps": _steps(here, rule, row["steps"]) if row is not None and rule is not None else (),
        "when": here.formats.moment(row["at"], here.now) if row is not None else "",
    }
    return fragments.dialog("assignment/dialog.html", _("Assignment"), **values)


@blueprint.post("/o/<object_name>/<uuid:record_id>/assignment", endpoint="run")
def ask_again(object_name: str, record_id: UUID) -> Response:
    """Have a rule decide who gets the record."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    rule = next((one for one in rules_of(here.release, obj.name) if one.name == request.form.get("rule")), None)
    if rule is None:
        raise NotFoundError
    run_unit(here.site, here.actor, lambda unit: _assign(unit, rule, record_id), source="form", confirm=True)
    return answers.go(f"{addresses.list_of(obj.name)}?saved=1")


def _assign(unit: Unit, rule: AssignmentRule, record_id: UUID) -> None:
    if not unit.permitted(unit.plan(rule.object), [record_id], "transfer"):
        raise AccessDeniedError("You may not transfer this record.")
    assign(unit, rule, [record_id])


def _may(here: Visit, obj: Object, record_id: UUID) -> bool:
    return bool(permitted(here.connection, here.release, here.actor, obj.name, [record_id], "transfer"))


def _steps(here: Visit, rule: AssignmentRule, logged: list[Mapping[str, Any]]) -> list[Step]:
    """Return the rows asked, with the names of who was passed over as far as the reader may know them."""
    labels = {
        row.name: here.labels.text("assignment_rule", rule.name, f"rules.{row.name}.label", row.label)
        for row in rule.rows
    }
    people = {UUID(one) for step in logged for one, _why in step.get("passed", ())}
    names = titles_of(here, {"user": people})
    return [
        Step(
            labels.get(step["row"], step["row"]),
            _(OUTCOMES.get(step["outcome"], step["outcome"])),
            tuple(f"{names.get(UUID(one), '…')} {_(PASSED.get(why, why))}" for one, why in step.get("passed", ())),
            step["outcome"] in ("assigned", "queue"),
        )
        for step in logged
    ]
