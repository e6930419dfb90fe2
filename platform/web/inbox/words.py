"""What approvals say in words: states, decisions, events, conditions, who was chosen and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from formline.catalog.objects import Object
from formline.web.i18n import gettext as _
from formline.web.records.targets import path_label
from formline.web.visit import Visit
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.explaining import Because
from formline.workflow.approvals.grounds import grounds
from formline.workflow.approvals.state import Path

_NAME = re.compile(r"\"[^\"]*\"|'[^']*'|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*|[<>!=]=")
#: A comparison that says first that there is something to compare, which goes without saying.
_FILLED = re.compile(r"\(?\b([\w.]+) != null and (\1 [<>=!]+ [\w.]+)\)?")
_SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
TONES: Mapping[str, str] = {
    "running": "blue",
    "approved": "green",
    "rejected": "red",
    "returned": "orange",
    "withdrawn": "grey",
    "stopped": "grey",
    "apply_failed": "red",
    "abstained": "grey",
}


def status(name: str) -> str:
    """Return what a state of an instance is called."""
    return {
        "running": _("In approval"),
        "returned": _("Returned"),
        "approved": _("Approved"),
        "apply_failed": _("Approved, but not carried out"),
        "rejected": _("Rejected"),
        "withdrawn": _("Withdrawn"),
        "stopped": _("Stopped"),
    }.get(name, name)


def decision(name: str) -> str:
    """Return what a cast ballot is called."""
    return {
        "approved": _("Approved"),
        "rejected": _("Rejected"),
        "abstained": _("Abstained"),
        "returned": _("Returned"),
    }.get(name, "")


def place(name: str) -> str:
    """Return how a step of the picture stands, for who does not see its color."""
    return {
        "done": _("Done"),
        "now": _("Now"),
        "lost": _("Ended here"),
        "skipped": _("Skipped"),
        "coming": _("Coming"),
    }.get(name, "")


def what(approval: Approval) -> str:
    """Return what an approval asks for in a word: creation, change, deletion or a transition."""
    return {"create": _("New record"), "update": _("Change"), "delete": _("Deletion")}.get(approval.guard.event, "")


def condition(here: Visit, obj: Object, written: str) -> str:
    """Return a condition with the labels of its fields in place of their names."""

    def word(found: re.Match[str]) -> str:
        name = found[0]
        if name in _SIGNS:
            return _SIGNS[name]
        known = {
            "and": _("and"),
            "or": _("or"),
            "not": _("not"),
            "null": _("empty"),
            "true": _("yes"),
            "false": _("no"),
        }
        if name in known:
            return known[name]
        return path_label(here, obj, name) if _is_path(here, obj, name) else name

    return _NAME.sub(word, _FILLED.sub(r"\2", written))


def rule(here: Visit, approval: Approval, path: Path) -> str:
    """Return why a step applies as its definition words it, "" where it does not."""
    if not path:
        return ""
    found = (here.labels.because(approval, one.block, one.branch) for one in grounds(approval, path))
    return " ".join(dict.fromkeys(text for text in found if text))


def formula(here: Visit, obj: Object, approval: Approval, path: Path) -> str:
    """Return the conditions that let a step apply, with the labels of fields; "" where there are none."""
    written = " and ".join(one.when for one in grounds(approval, path) if one.when)
    return condition(here, obj, written) if written else ""


def _is_path(here: Visit, obj: Object, path: str) -> bool:
    current = obj
    for step in path.split("."):
        field = current.fields.get(step)
        if field is None:
            return False
        if field.to and here.release.catalog.has("object", field.to[0]):
            current = here.release.catalog.object(field.to[0])
    return True


def chosen(here: Visit, obj: Object, selector: str) -> str:
    """Return what a selector, kept as evidence, says in words."""
    word, _colon, value = selector.partition(": ")
    value, *more = value.split(", ")
    match word:
        case "role":
            known = here.release.catalog.has("role", value)
            label = here.release.catalog.get("role", value).label if known else value
            return _("has the role %(role)s") % {"role": here.labels.text("role", value, "label", label)}
        case "managers_of" if any(one.startswith("until") for one in more):
            return _("is in the line of managers of %(person)s") % {"person": _person(here, obj, value)}
        case "managers_of":
            return _("is the manager of %(person)s") % {"person": _person(here, obj, value)}
        case "department_head_of":
            return _("heads the department of %(person)s") % {"person": _person(here, obj, value)}
        case "field":
            return _("is named by the record: %(field)s") % {"field": _person(here, obj, value)}
        case "chosen_by":
            return _("was chosen at the submission")
        case "manager":
            return _("is the manager of who was asked before")
        case "group" | "queue" | "team":
            return _("belongs to %(group)s") % {"group": value}
        case "department":
            return _("belongs to the department")
        case "find":
            return _("was found in a table of responsibilities")
        case "script":
            return _("was chosen by a script")
    return _("was named")


def _person(here: Visit, obj: Object, path: str) -> str:
    if path == "submitter":
        return _("who submitted it")
    return path_label(here, obj, path) if _is_path(here, obj, path) else path


def because(here: Visit, approval: Approval, reason: Because, names: Mapping[UUID, str]) -> str:
    """Return one reason in words; ``names`` are those of people."""
    obj = here.release.catalog.object(approval.object)
    values = reason.values
    who = named(names, [values["by"]]) if "by" in values and is_id(values["by"]) else ""
    match reason.code:
        case "chosen":
            return _("Asked, because this person %(why)s.") % {"why": chosen(here, obj, str(values["selector"]))}
        case "condition":
            said = rule(here, approval, approval.places.get(str(values["step"]), ()))
            return said or _("The step applies: %(when)s.") % {"when": condition(here, obj, str(values["when"]))}
        case "transferred":
            return _("%(person)s transferred the task.") % {"person": who}
        case "reassigned":
            return _("%(person)s reassigned the task.") % {"person": who or _("The system")}
        case "added":
            return _("%(person)s added this person to the step.") % {"person": who}
        case "late":
            return _("The time was up; the task moved on to this person.")
        case "administrator":
            text = _("Nobody was found for the step, so an administrator decides.")
            return f"{text} {values['reason']}" if values.get("reason") else text
        case "repeated":
            return _("The same decision was made before and still holds.")
        case "skipped":
            text = skipped(str(values["reason"]))
            return f"{text} {values['failure']}" if values.get("failure") else text
        case "returned":
            return _("It waits for changes by who submitted it.")
        case "cannot_be_done":
            return _("Approved, but it could not be carried out: %(message)s") % {"message": values["message"]}
        case "waits":
            told = {"people": named(names, values["people"]), "step": here.labels.step(approval, str(values["step"]))}
            text = _("It waits for %(people)s in the step %(step)s") % told
            since = values.get("since")
            return (
                f"{text} {_('since %(moment)s') % {'moment': here.formats.moment(since, here.now)}}" if since else text
            )
    return ""


def skipped(reason: str) -> str:
    """Return why a step was left out."""
    return {
        "when": _("Skipped: its condition does not hold."),
        "nobody": _("Skipped: nobody was found to decide."),
        "submitter": _("Skipped: only who submitted it would have decided."),
    }.get(reason, _("Skipped"))


def named(names: Mapping[UUID, str], people: Iterable[Any]) -> str:
    """Return names of people given as ids or texts of ids."""
    return "、".join(names.get(UUID(str(one))) or "…" for one in people if is_id(one))


def is_id(value: Any) -> bool:
    """Return whether a value is the id of a person."""
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
