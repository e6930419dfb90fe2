"""Checks of an automation: its trigger, whose rights it has, its actions, and circles between automations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from formline.catalog.checker import Checker
from formline.errors import FormlineError
from formline.expressions.compiler import ROOTS
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path
from formline.runtime import cron
from formline.workflow.actions.checking import check_actions
from formline.workflow.actions.moving import transitions_of
from formline.workflow.automation.circles import check_circles
from formline.workflow.automation.definition import (
    BEFORE,
    CLOCK,
    TRIGGERING,
    WRITES,
    asked_of,
    event_of,
    place_of,
    trigger_of,
)
from formline.workflow.state_machine_checks import check_selector

if TYPE_CHECKING:
    from formline.catalog.objects import Object

#: Keys that belong to a trigger besides its word.
_KEYS: Mapping[str, frozenset[str]] = {
    "approval": frozenset({"outcome"}),
    "schedule": frozenset({"zone"}),
    "date": frozenset({"offset", "at"}),
}
_DERIVED = frozenset({"formula", "rollup", "mirror"})


def check_automation(checker: Checker) -> None:
    """Check an automation."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    event = event_of(data["trigger"])
    if not _check_trigger(checker, object_, event):
        return
    _check_timing(checker, event)
    _check_run_as(checker, event)
    try:
        trigger = trigger_of(checker.catalog, object_, data["trigger"], "")
    except FormlineError:
        return  # reported at the button
    place = place_of(checker.catalog, object_, data, trigger)
    checker.condition(data.get("when"), ("when",), object_.name, **place.names)
    check_actions(checker, place, data["actions"], ("actions",))
    if not checker.problems:
        check_circles(checker)


def _check_trigger(checker: Checker, object_: Object, event: str) -> bool:
    """Check what a trigger names; return whether it is one."""
    declared = checker.data["trigger"]
    if isinstance(declared, str):
        return True
    path: Path = ("trigger",)
    if not event:
        message = "Nothing says what makes it run."
        hint = "begin with created, updated, deleted, transition, approval, schedule, date, webhook or button"
        checker.error("trigger-kind", message, path, hint)
        return False
    for key in declared:
        if key != event and key not in _KEYS.get(event, ()):
            message = f"A trigger on {event} has no {key}."
            checker.error("trigger-key", message, (*path, key), f"remove {key}", key=True)
    _CHECKS[event](checker, object_, declared[event], (*path, event))
    zone = declared.get("zone")
    if zone is not None:
        try:
            ZoneInfo(str(zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f'There is no time zone "{zone}".'
            checker.error("unknown-zone", message, (*path, "zone"), "write it as Asia/Shanghai")
    return True


def _check_updated(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    for index, name in enumerate(value or ()):
        field = checker.field(object_, name, (*path, index))
        if field is not None and field.type.name in _DERIVED:
            message = f'"{name}" is of type {field.type.name}: it changes by itself, and nothing tells of it.'
            checker.error("derived-trigger", message, (*path, index), "name the fields it is made of")


def _check_transition(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    known = transitions_of(checker, object_.name)
    for name in value if isinstance(value, list) else [value]:
        if name not in known:
            message = f'No machine of {object_.name} has the transition "{name}".'
            checker.error("unknown-transition", message, path, did_you_mean(str(name), known))


def _check_approval(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    if checker.known("approval", value, path):
        about = checker.catalog.source("approval", value).data.get("object")
        if about != object_.name:
            message = f'"{value}" is about {about}, not {object_.name}.'
            checker.error("wrong-object", message, path, "name an approval of this object")


def _check_schedule(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    try:
        cron.parse(str(value))
    except cron.CronError as error:
        checker.error("bad-schedule", error.message, path, error.hint)


def _check_date(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    field = checker.field(object_, value, path)
    if field is None:
        return
    if field.value_type.kind not in ("date", "datetime") or not field.stored or not field.parts:
        message = f'"{value}" is of type {field.type.name}; a date that is stored is wanted.'
        checker.error("not-a-date", message, path, "name a field of type date or datetime")
    elif field.value_type.kind == "datetime" and "at" in checker.data["trigger"]:
        message = f'"{value}" has a time of day of its own.'
        checker.error("trigger-key", message, ("trigger", "at"), "remove at", key=True)


def _check_webhook(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    checker.known("integration", value, path)


def _check_button(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    data = value or {}
    checker.condition(data.get("visible"), (*path, "visible"), object_.name, roots=ROOTS - {"old"})
    if "allowed" in data:
        check_selector(checker, object_, data["allowed"], (*path, "allowed"))
    for name, one in asked_of(data).items():
        here: Path = (*path, "ask", name)
        kind = one["type"]
        if "to" in one:
            checker.known("object", one["to"], (*here, "to"))
        elif kind == "lookup":
            checker.error("missing-key", '"to" is missing.', here, "say which object is looked up")
        if kind == "choice" and "choices" not in one and "choice_list" not in one:
            checker.error("missing-key", '"choices" is missing.', here, "add choices, or a choice_list")
        if "choice_list" in one:
            checker.known("choice_list", one["choice_list"], (*here, "choice_list"))


_CHECKS: Mapping[str, Any] = {
    "updated": _check_updated,
    "transition": _check_transition,
    "approval": _check_approval,
    "schedule": _check_schedule,
    "date": _check_date,
    "webhook": _check_webhook,
    "button": _check_button,
}


def _check_timing(checker: Checker, event: str) -> None:
    if checker.data.get("timing") == BEFORE and event not in WRITES:
        message = f"Nothing is saved when {event} makes it run."
        checker.error("action-timing", message, ("timing",), "leave it out")


def _check_run_as(checker: Checker, event: str) -> None:
    declared = checker.data.get("run_as")
    if declared == TRIGGERING and event in CLOCK:
        message = f"Nobody causes a {event}, so nobody's rights can be taken."
        checker.error("run-as-nobody", message, ("run_as",), "name an integration user, or leave it out: the platform")
    if declared is not None and checker.data.get("timing") == BEFORE:
        message = "What runs before a save belongs to that save; it has no rights of its own."
        checker.error("run-as-nobody", message, ("run_as",), "leave it out")
