"""Checks of sharing and restriction rules: their conditions, whom they name, and that the answer can be stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.catalog.selectors import ASKABLE
from formline.catalog.sharing import FOR_ONE_OCCASION, SHAREABLE, find_of, people_paths, selectors_of
from formline.expressions.types import ref
from formline.metadata.positions import Path


def check_sharing_rule(checker: Checker) -> None:
    """Check a sharing rule."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    checker.condition(checker.data.get("where"), ("where",), object_.name, stored=True)
    if object_.default_access == "read_write" or (
        object_.default_access == "read" and checker.data.get("access") != "read_write"
    ):
        message = f"Everybody has this right on {object_.name} already: its default_access is {object_.default_access}."
        checker.warning("rule-without-effect", message, ("object",), "write default_access: private at the object")
    if object_.default_access == "controlled_by_parent":
        message = f"{object_.name} has the access of its parent, so its records are not shared by themselves."
        checker.error("shared-by-parent", message, ("object",), "share the parent")
    for path, selector in _parts(checker, "to"):
        _check_selector(checker, object_, selector, path, SHAREABLE)
        if "script" in selector:
            check_script_of_people(checker, object_, selector["script"], (*path, "script"))
        if "find" in selector:
            checker.expression(find_of(selector), path, object_.name, expects=ref("user"), stored=True)
        elif "where" in selector:
            message = "A sharing rule shares with all people a selector names."
            checker.error("selector-kind", message, (*path, "where"), "put the condition on the record under where")
        for dotted in people_paths(selector):
            field = checker.catalog.compiler.path_end(object_.name, tuple(dotted.split(".")))
            if field is not None and field.value_type.many:
                message = f'"{dotted}" leads to several people; a sharing rule follows lookups to one.'
                checker.error("selector-kind", message, path, "name a group, or a field of type user")


def check_script_of_people(checker: Checker, object_: Object, name: Any, path: Path) -> None:
    """Check that a selector names a script that chooses people for records of an object."""
    if not checker.known("script", name, path):
        return
    data = checker.catalog.source("script", name).data
    if data.get("object") != object_.name:
        message = f'"{name}" is about {data.get("object")}, not {object_.name}.'
        checker.error("wrong-object", message, path, "name a script of this object")
    elif data.get("runs") != "people":
        message = f'"{name}" chooses no people: it has runs: {data.get("runs")}.'
        checker.error("selector-kind", message, path, "name a script with runs: people")


def check_restriction_rule(checker: Checker) -> None:
    """Check a restriction rule."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    checker.condition(checker.data["where"], ("where",), object_.name)
    for path, selector in _parts(checker, "only"):
        _check_selector(checker, object_, selector, path, ASKABLE)


def _parts(checker: Checker, key: str) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the parts of a selector with where each stands."""
    value = checker.data.get(key)
    listed = isinstance(value, list)
    return [((key, index) if listed else (key,), part) for index, part in enumerate(selectors_of(value))]


def _check_selector(
    checker: Checker, object_: Object, selector: Mapping[str, Any], path: Path, allowed: tuple[str, ...]
) -> None:
    if not any(word in selector for word in allowed):
        reasons = [why for word, why in FOR_ONE_OCCASION.items() if word in selector]
        message = " ".join(["A rule about records cannot choose people this way.", *reasons])
        checker.error("selector-kind", message, path, f"name people by one of {', '.join(allowed)}")
        return
    if "role" in selector:
        checker.known("role", selector["role"], (*path, "role"))
    if ("group" in selector or "queue" in selector) and not checker.catalog.has("object", "group"):
        checker.known("object", "group", path)
    for dotted in people_paths(selector):
        field = checker.dotted(object_, dotted, path)
        if field is not None and "user" not in field.to:
            message = f'"{dotted}" leads to {", ".join(field.to) or field.type.name}, not to people.'
            checker.error("not-people", message, path, "name a field of type user")
