"""Checks of what layouts draw: maps of children and routes of a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.metadata.positions import Path

_CHOICES = ("choice", "state")


def check_map(checker: Checker, object_: Object) -> None:
    """The children, what stands above them, and what their boxes show exist and fit."""
    data = checker.data.get("map")
    child = checker.reverse(object_, data["list"], ("map", "list")) if data else None
    if data is None or child is None:
        return
    _check_lookup(checker, child, data["above"], child.name, ("map", "above"))
    if "note" in data:
        checker.field(child, data["note"], ("map", "note"))
    for index, name in enumerate(data.get("marks") or ()):
        _check_type(checker, child, name, _CHOICES, ("map", "marks", index))
    if "color" in data:
        _check_type(checker, child, data["color"], _CHOICES, ("map", "color"))
    if "ties" in data:
        _check_ties(checker, child, data["ties"])


def _check_ties(checker: Checker, child: Object, data: Mapping[str, Any]) -> None:
    path: Path = ("map", "ties")
    tie = checker.reverse(child, data["list"], (*path, "list"))
    if tie is not None:
        _check_lookup(checker, tie, data["to"], child.name, (*path, "to"))
        if "kind" in data:
            _check_type(checker, tie, data["kind"], _CHOICES, (*path, "kind"))


def check_route(checker: Checker, object_: Object) -> None:
    """The day, the order, the place and what is shown of a stop exist and fit."""
    data = checker.data.get("route")
    if data is None:
        return
    _check_type(checker, object_, data["day"], ("date",), ("route", "day"))
    _check_type(checker, object_, data["order"], ("integer",), ("route", "order"))
    place = checker.dotted(object_, data["place"], ("route", "place"))
    if place is not None and place.type.name != "geolocation":
        _wrong(checker, place.name, place.type.name, "geolocation", ("route", "place"))
    if "at" in data:
        _check_type(checker, object_, data["at"], ("time",), ("route", "at"))
    if "color" in data:
        _check_type(checker, object_, data["color"], _CHOICES, ("route", "color"))
    checker.condition(data.get("where"), ("route", "where"), object_.name)


def _check_lookup(checker: Checker, object_: Object, name: str, target: str, path: Path) -> None:
    field = checker.field(object_, name, path)
    if field is not None and field.to != (target,):
        _wrong(checker, name, field.type.name, f"lookup to {target}", path)


def _check_type(checker: Checker, object_: Object, name: str, types: tuple[str, ...], path: Path) -> None:
    field = checker.field(object_, name, path)
    if field is not None and field.shown.type.name not in types:
        _wrong(checker, name, field.shown.type.name, " or ".join(types), path)


def _wrong(checker: Checker, name: str, found: str, wanted: str, path: Path) -> None:
    message = f'"{name}" is of type {found}, which cannot be drawn here.'
    checker.error("picture-field", message, path, f"name a field of type {wanted}")
