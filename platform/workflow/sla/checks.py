"""Checks of service levels: what starts and ends a clock, its targets and calendar, the fields it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.kinds import Kind, register
from formline.catalog.objects import Object
from formline.expressions.types import Kind as TypeKind
from formline.metadata.positions import Path
from formline.workflow.actions.checking import check_actions
from formline.workflow.actions.places import Place
from formline.workflow.sla.definition import DURATION, build_sla
from formline.workflow.sla.timing import STATUSES


def check_sla(checker: Checker) -> None:
    """Check a service level."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    if object_.append_only:
        message = f"{object_.plural} can only be added: nothing stops a clock of theirs."
        checker.error("sla-object", message, ("object",), "name an object whose records change")
        return
    for key in ("starts", "pauses", "stops"):
        checker.condition(data.get(key), (key,), object_.name)
    if "since" in data:
        _check_since(checker, object_, data["since"])
    _check_targets(checker, object_)
    if "calendar" in data:
        _check_calendar(checker, object_, data["calendar"])
    _check_kept(checker, object_, "due", "datetime")
    _check_kept(checker, object_, "status", "choice")
    for share, actions in (data.get("at") or {}).items():
        check_actions(checker, Place(checker.catalog, object_), actions, ("at", share))


def _check_since(checker: Checker, object_: Object, dotted: str) -> None:
    field = checker.dotted(object_, dotted, ("since",))
    if field is not None and field.value_type.kind is not TypeKind.DATETIME:
        message = f'"{dotted}" is of type {field.type.name}; a clock counts from a date and time.'
        checker.error("sla-since", message, ("since",), "name a field of type datetime")


def _check_targets(checker: Checker, object_: Object) -> None:
    data = checker.data
    if ("target" in data) == ("targets" in data):
        message = "A service level has one target, or targets by name."
        path: Path = ("targets",) if "target" in data else ()
        checker.error("sla-target", message, path, "write target, or targets with a when for each", key=bool(path))
        return
    if "target" in data:
        _check_time(checker, object_, data["target"], ("target",))
    for name, row in (data.get("targets") or {}).items():
        checker.condition(row.get("when"), ("targets", name, "when"), object_.name)
        _check_time(checker, object_, row["time"], ("targets", name, "time"))


def _check_time(checker: Checker, object_: Object, source: str | Mapping[str, Any], path: Path) -> None:
    if isinstance(source, str) and DURATION.match(source):
        return
    if isinstance(source, str):
        field = checker.dotted(object_, source, path)
        if field is not None:
            _require_duration(checker, source, field.type.name, path)
    elif checker.expression(source, path, object_.name) is not None:
        searched = checker.catalog.objects[source["find"]]
        if "value" not in source:
            _require_duration(checker, searched.name, "a record", path)
        elif (found := checker.dotted(searched, source["value"], (*path, "value"))) is not None:
            _require_duration(checker, source["value"], found.type.name, (*path, "value"))


def _require_duration(checker: Checker, name: str, what: str, path: Path) -> None:
    if what != "duration":
        message = f'"{name}" is {what}, which says no time.'
        checker.error("sla-target", message, path, "write a duration such as 4wh, or name a field of type duration")


def _check_calendar(checker: Checker, object_: Object, dotted: str) -> None:
    field = checker.dotted(object_, dotted, ("calendar",))
    if field is not None and field.to != ("calendar",):
        message = f'"{dotted}" leads to no calendar.'
        checker.error("sla-calendar", message, ("calendar",), "name a lookup to calendar")


def _check_kept(checker: Checker, object_: Object, key: str, type_name: str) -> None:
    """The field that keeps what the clock says fits it, and nothing else writes it."""
    if key not in checker.data:
        return
    field = checker.field(object_, checker.data[key], (key,))
    if field is None:
        return
    missing = [one for one in STATUSES if one not in field.choices] if type_name == "choice" else []
    if field.type.name != type_name:
        message = f"{field.name} is of type {field.type.name} and cannot keep it."
        checker.error("sla-field", message, (key,), f"name a field of type {type_name}")
    elif missing:
        message = f"{field.name} has no choice {', '.join(missing)}."
        checker.error("sla-field", message, (key,), f"give it the choices {', '.join(STATUSES)}")


register(Kind("sla", build_sla, check_sla))
