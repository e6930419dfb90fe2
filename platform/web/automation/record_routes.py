"""The dialog of a record: what automations did with it, and why others did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import RowMapping

from formline.catalog.objects import Object
from formline.web import fragments
from formline.web.access import answers
from formline.web.automation import wording
from formline.web.automation.blueprint import blueprint
from formline.web.i18n import gettext as _
from formline.web.records.actions import PROVIDERS, Action
from formline.web.visit import Visit, visit
from formline.workflow.automation.definition import automations_of
from formline.workflow.automation.explaining import Explained, explain, runs_of

MANAGERS = "manage_definitions"


@dataclass(frozen=True, slots=True)
class Line:
    """One run in words; ``error`` only for who may manage definitions, since it may quote values."""

    name: str
    trigger: str
    state: str
    tone: str
    when: str
    error: str
    steps: list[wording.Step]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An automation that never ran for the record, with the reason."""

    name: str
    trigger: str
    why: str
    condition: str


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to the dialog for objects with automations."""
    if automations_of(here.release, obj.name):
        address = url_for("automation.of_record", object_name=obj.name, record_id=record["id"])
        yield Action(_("Automations"), address, "bolt", dialog=True)


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/automations")
def of_record(object_name: str, record_id: UUID) -> str:
    """Show what ran for a record, and why the rest did not."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    clock = {"now": here.now, "today": here.now.astimezone(here.release.zone).date()}
    explained = explain(here.connection, here.release, obj.name, record_id, clock)
    lines = [line_of(here, obj.name, row) for row in runs_of(here.connection, here.release, obj.name, record_id)]
    never = [_waiting(here, one) for one in explained if not one.runs]
    return fragments.dialog("automation/record.html", _("Automations"), lines=lines, never=never)


def line_of(here: Visit, object_name: str, row: RowMapping) -> Line:
    """Return a run in words."""
    error = row["error"] or ""
    if row["state"] == "skipped" and error != "gone":
        error = _("Its condition did not hold.")
    elif error == "gone":
        error = _("The record was gone by then.")
    elif row["state"] == "failed" and not here.rights.may(MANAGERS):
        error = _("It failed; an administrator can see why.")
    if row["state"] == "waiting" and row["wake_at"]:
        error = _("Goes on: %(when)s") % {"when": here.formats.moment(row["wake_at"], here.now)}
    return Line(
        wording.origin(here, row["origin"]),
        wording.trigger(row["trigger"]),
        _(wording.STATES[row["state"]]),
        wording.TONES[row["state"]],
        here.formats.moment(row["at"], here.now),
        error,
        wording.steps(here, object_name, row["trace"]),
    )


def _waiting(here: Visit, one: Explained) -> Waiting:
    trigger = wording.trigger(one.automation.trigger.event)
    why = _("Nothing has set it off yet.")
    if one.holds is False:
        why = _("Nothing has set it off yet, and its condition does not hold now.")
    elif one.holds:
        why = _("Nothing has set it off yet; its condition holds now.")
    when = one.automation.when
    condition = when.source if when is not None and here.rights.may(MANAGERS) else ""
    return Waiting(wording.label(here, one.automation), trigger, why, condition)
