"""Checks of layouts, list views and apps: every name they show exists and can be shown there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.checks.pictures import check_map, check_route
from formline.catalog.objects import Object
from formline.catalog.pages import ITEM_KINDS
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

#: Pages of the platform that an app may link.
PAGES = ("home", "inbox", "recycle_bin", "jobs", "imports", "profile", "releases", "studio")


def check_layout(checker: Checker) -> None:
    """Check a layout."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    check_audience(checker, object_)
    for index, name in enumerate(checker.data.get("highlights") or ()):
        checker.dotted(object_, name, ("highlights", index))
    for index, section in enumerate(checker.data.get("form") or ()):
        _check_section(checker, object_, section, ("form", index))
    for name, display in (checker.data.get("fields") or {}).items():
        _check_display(checker, object_, name, display, ("fields", name))
    for index, related in enumerate(checker.data.get("related") or ()):
        _check_related(checker, object_, related, ("related", index))
    _check_list(checker, object_, checker.data.get("list") or {}, ("list",))
    _check_board(checker, object_)
    _check_calendar(checker, object_)
    _check_timeline(checker, object_)
    check_map(checker, object_)
    check_route(checker, object_)


def check_audience(checker: Checker, object_: Object) -> None:
    """Record types, roles and the app that a page is for exist."""
    declared = checker.data.get("for") or {}
    for index, name in enumerate(declared.get("record_types") or ()):
        if name not in object_.record_types:
            hint = did_you_mean(name, object_.record_types)
            message = f'{object_.name} has no record type "{name}".'
            checker.error("unknown-record-type", message, ("for", "record_types", index), hint)
    for index, name in enumerate(declared.get("roles") or ()):
        checker.known("role", name, ("for", "roles", index))
    if "app" in declared:
        checker.known("app", declared["app"], ("for", "app"))


def _check_section(checker: Checker, object_: Object, section: Mapping[str, Any], path: Path) -> None:
    checker.condition(section.get("visible"), (*path, "visible"), object_.name)
    for row, names in enumerate(section.get("rows") or ()):
        for column, name in enumerate(names):
            checker.dotted(object_, name, (*path, "rows", row, column))
    if "table" in section:
        child = checker.reverse(object_, section["table"], (*path, "table"))
        if child is not None:
            check_columns(checker, child, section.get("columns"), (*path, "columns"))
            check_sort(checker, child, section.get("sort"), (*path, "sort"))


def _check_display(checker: Checker, object_: Object, name: str, display: Mapping[str, Any], path: Path) -> None:
    field = checker.dotted(object_, name, path, key=True)
    for word in ("visible", "required", "read_only"):
        checker.condition(display.get(word), (*path, word), object_.name)
    if field is None:
        return
    loosened = (
        (display.get("required") is False and field.required is not False, "required"),
        (display.get("read_only") is False and field.read_only is not False, "read_only"),
        (display.get("visible") is True and field.visible is not True, "visible"),
    )
    for loose, word in loosened:
        if loose:
            message = f'The layout loosens "{word}" of {name}; a layout may only hide or tighten.'
            checker.error("layout-loosens", message, (*path, word), f"change {word} on the object", key=True)


def _check_related(checker: Checker, object_: Object, related: Mapping[str, Any], path: Path) -> None:
    child = checker.reverse(object_, related["list"], (*path, "list"))
    if child is not None:
        check_columns(checker, child, related.get("columns"), (*path, "columns"))
        check_sort(checker, child, related.get("sort"), (*path, "sort"))
        checker.condition(related.get("where"), (*path, "where"), object_.name, where_of=child.name)


def _check_list(checker: Checker, object_: Object, shown: Mapping[str, Any], path: Path) -> None:
    check_columns(checker, object_, shown.get("columns"), (*path, "columns"))
    check_sort(checker, object_, shown.get("sort"), (*path, "sort"))
    for index, name in enumerate(shown.get("filters") or ()):
        checker.dotted(object_, name, (*path, "filters", index))


def check_columns(checker: Checker, object_: Object, columns: Any, path: Path) -> None:
    """Every column leads to a field; a total needs something to add up."""
    for index, column in enumerate(columns or ()):
        here: Path = (*path, index)
        if not isinstance(column, Mapping):
            checker.dotted(object_, column, here)
            continue
        field = checker.dotted(object_, column["field"], (*here, "field"))
        total = column.get("total")
        if field is not None and total in ("sum", "avg") and not field.shown.type.aggregatable:
            message = f'"{column["field"]}" is of type {field.shown.type.name}, which has no {total}.'
            checker.error("no-total", message, (*here, "total"), "write count, or leave total out")


def check_sort(checker: Checker, object_: Object, sort: Any, path: Path) -> None:
    """Every sort key leads to a field that has an order."""
    for index, key in enumerate(sort or ()):
        field = checker.dotted(object_, str(key).lstrip("-"), (*path, index))
        if field is not None and not field.shown.type.sortable:
            message = f'"{str(key).lstrip("-")}" is of type {field.shown.type.name}, which has no order.'
            checker.error("not-sortable", message, (*path, index), "sort by another field")


def _check_board(checker: Checker, object_: Object) -> None:
    board = checker.data.get("board")
    if not board:
        return
    field = checker.field(object_, board["group_by"], ("board", "group_by"))
    if field is not None and field.shown.type.name not in ("choice", "state", "record_type"):
        message = f'A board has a column per choice or state; "{field.name}" is of type {field.type.name}.'
        checker.error("board-groups", message, ("board", "group_by"), "group by a state or choice field")
    for index, name in enumerate(board.get("card") or ()):
        checker.dotted(object_, name, ("board", "card", index))
    if "total" in board:
        total = checker.dotted(object_, board["total"], ("board", "total"))
        if total is not None and not total.shown.type.aggregatable:
            message = f'"{total.name}" is of type {total.shown.type.name}, which cannot be added up.'
            checker.error("no-total", message, ("board", "total"), "name a number or money")
    check_sort(checker, object_, board.get("sort"), ("board", "sort"))


def _check_calendar(checker: Checker, object_: Object) -> None:
    calendar = checker.data.get("calendar") or {}
    for word in ("start", "end", "title", "color"):
        if word not in calendar:
            continue
        field = checker.dotted(object_, calendar[word], ("calendar", word))
        if field is not None and word in ("start", "end") and field.shown.type.name not in ("date", "datetime"):
            checker.error("not-a-date", f'"{field.name}" is no date.', ("calendar", word), "name a date field")


def _check_timeline(checker: Checker, object_: Object) -> None:
    timeline = checker.data.get("timeline") or {}
    child = checker.reverse(object_, timeline["list"], ("timeline", "list")) if timeline else None
    if child is None:
        return
    for word in ("text", "kind", "at", "next"):
        field = checker.field(child, timeline[word], ("timeline", word)) if word in timeline else None
        if field is not None and word in ("at", "next") and field.shown.type.name not in ("date", "datetime"):
            checker.error("not-a-date", f'"{field.name}" is no date.', ("timeline", word), "name a date field")


def check_list_view(checker: Checker) -> None:
    """Check a list view."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    check_audience(checker, object_)
    _check_list(checker, object_, checker.data, ())
    checker.condition(checker.data.get("where"), ("where",), object_.name)
    if "group_by" in checker.data:
        field = checker.dotted(object_, checker.data["group_by"], ("group_by",))
        if field is not None and not field.shown.type.groupable:
            message = f'"{field.name}" is of type {field.shown.type.name}, which makes no groups.'
            checker.error("not-groupable", message, ("group_by",), "group by a choice, a lookup or a state")


def check_app(checker: Checker) -> None:
    """Check an app: every entry leads somewhere."""
    for key in ("items", "bottom"):
        _check_items(checker, checker.data.get(key) or (), (key,))
    if "account" in checker.data:
        checker.object(checker.data["account"], ("account",))


def _check_items(checker: Checker, items: Any, path: Path) -> None:
    for index, item in enumerate(items):
        here: Path = (*path, index)
        if isinstance(item, str):
            _check_bare(checker, item, here)
            continue
        kind = next((word for word in ITEM_KINDS if word in item), "")
        if kind in ("object", "list_view", "dashboard"):
            checker.known(kind, item[kind], (*here, kind))
        elif kind == "page" and item["page"] not in PAGES:
            message = f'The platform has no page "{item["page"]}".'
            checker.error("unknown-page", message, (*here, "page"), did_you_mean(item["page"], PAGES))
        _check_items(checker, item.get("items") or (), (*here, "items"))


def _check_bare(checker: Checker, name: str, path: Path) -> None:
    known = {name for kind in ("object", "list_view", "dashboard") for name in checker.catalog.names(kind)} | {*PAGES}
    if name not in known:
        message = f'There is no object, list view, dashboard or page "{name}".'
        checker.error("unknown-item", message, path, did_you_mean(name, known))
