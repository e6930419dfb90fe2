"""Checks of dashboards: every field, view and transition exists and fits the widget that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.dashboards import CHART, LIST, group_of, kind_of
from formline.catalog.objects import Object
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

#: Types whose values can stand in a funnel: they have an order of their own.
_STEPS = ("state", "choice")
_DATES = ("date", "datetime")


def check_dashboard(checker: Checker) -> None:
    """Check a dashboard."""
    declared = checker.data.get("for") or {}
    for index, name in enumerate(declared.get("roles") or ()):
        checker.known("role", name, ("for", "roles", index))
    if "app" in declared:
        checker.known("app", declared["app"], ("for", "app"))
    for index, widget in enumerate(checker.data.get("widgets") or ()):
        _check_widget(checker, widget, ("widgets", index))


def _check_widget(checker: Checker, widget: Mapping[str, Any], path: Path) -> None:
    kind = kind_of(widget)
    object_ = _object(checker, widget, kind, path)
    if object_ is None:
        return
    _check_date(checker, object_, widget.get("date"), (*path, "date"))
    _check_owner(checker, object_, widget.get("owner"), (*path, "owner"))
    if kind == LIST:
        _check_actions(checker, object_, widget, path)
        return
    checker.condition(widget.get("where"), (*path, "where"), object_.name)
    checker.condition(widget.get("share_of"), (*path, "share_of"), object_.name)
    _check_total(checker, object_, widget, widget, path)
    for name, series in (widget.get("series") or {}).items():
        here: Path = (*path, "series", name)
        checker.condition(series.get("where"), (*here, "where"), object_.name)
        _check_total(checker, object_, series, {**widget, **series}, here)
    if kind == CHART:
        _check_group(checker, object_, widget, path)


def _object(checker: Checker, widget: Mapping[str, Any], kind: str, path: Path) -> Object | None:
    word = "view" if kind == LIST else "object"
    if word not in widget:
        return None  # the rules about its keys say so
    if kind != LIST:
        return checker.object(widget["object"], (*path, "object"))
    if not checker.known("list_view", widget["view"], (*path, "view")):
        return None
    view = checker.catalog.definitions["list_view", widget["view"]].data
    return checker.catalog.objects.get(str(view.get("object")))


def _check_date(checker: Checker, object_: Object, declared: Any, path: Path) -> None:
    field = None if declared is None else checker.dotted(object_, declared, path)
    if field is not None and field.shown.type.name not in _DATES:
        checker.error("not-a-date", f'"{field.name}" is no date.', path, "name a date field")


def _check_owner(checker: Checker, object_: Object, declared: Any, path: Path) -> None:
    field = None if declared is None else checker.dotted(object_, declared, path)
    if field is not None and (field.to != ("user",) or field.value_type.many):
        message = f'"{declared}" is no person, so no team can be chosen by it.'
        checker.error("not-a-person", message, path, "name a field of type user")


def _check_total(
    checker: Checker, object_: Object, declared: Mapping[str, Any], widget: Mapping[str, Any], path: Path
) -> None:
    """Check what is added up; ``declared`` is the map the words stand in, ``widget`` has those it inherits."""
    if "of" in declared:
        field = checker.dotted(object_, declared["of"], (*path, "of"))
        if field is not None and widget.get("aggregate") in ("sum", "avg") and not field.shown.type.aggregatable:
            message = f'"{declared["of"]}" is of type {field.shown.type.name}, which has no {widget["aggregate"]}.'
            checker.error("no-total", message, (*path, "of"), "name a number or money")
    elif "of" not in widget and declared.get("aggregate", "count") != "count":
        message = f"{declared['aggregate']} needs a field to add up."
        checker.error("no-total", message, (*path, "aggregate"), "write of: and a field, or aggregate: count")


def _check_group(checker: Checker, object_: Object, widget: Mapping[str, Any], path: Path) -> None:
    declared = widget.get("group_by")
    if declared is None:
        return
    here: Path = (*path, "group_by", "field") if isinstance(declared, Mapping) else (*path, "group_by")
    group, _colon, period = group_of(widget)[0].partition(":")
    field = checker.dotted(object_, group, here)
    if field is None:
        return
    kind = field.shown.type.name
    if period and kind not in _DATES:
        checker.error("not-a-date", f'"{field.name}" is no date.', here, "name a date field")
    elif not field.shown.type.groupable:
        message = f'"{group}" is of type {kind}, which makes no groups.'
        checker.error("not-groupable", message, here, "group by a choice, a lookup or a state")
    elif widget.get("type") == "funnel" and kind not in _STEPS:
        message = f'A funnel has a step per state or choice; "{group}" is of type {kind}.'
        checker.error("funnel-steps", message, here, "group by a state or choice field, or write type: bar")


def _check_actions(checker: Checker, object_: Object, widget: Mapping[str, Any], path: Path) -> None:
    definitions = checker.catalog.definitions
    machines = [one.data for (kind, _name), one in definitions.items() if kind == "state_machine"]
    known = {name for one in machines if one.get("object") == object_.name for name in one.get("transitions") or ()}
    for index, name in enumerate(widget.get("actions") or ()):
        if name not in known:
            message = f'{object_.name} has no transition "{name}".'
            hint = did_you_mean(name, known)
            checker.error("unknown-transition", message, (*path, "actions", index), hint)
