"""Checks of roles: what they include and name exists, scopes are words or conditions, levels fit the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.catalog.rights import PLAIN, SCOPED, SCOPES
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

#: Scopes that follow a field every owned record has.
_OWNED = frozenset({"own", "own_and_reports", "own_and_team", "team", "department", "department_and_below", "company"})


def check_role(checker: Checker) -> None:
    """Check a role."""
    for index, name in enumerate(checker.data.get("includes") or ()):
        checker.known("role", name, ("includes", index))
    _check_circle(checker)
    for index, name in enumerate(checker.data.get("excludes") or ()):
        checker.known("role", name, ("excludes", index))
    _check_grants(checker)
    for index, name in enumerate(checker.data.get("apps") or ()):
        checker.known("app", name, ("apps", index))
    for name, rights in (checker.data.get("objects") or {}).items():
        path: Path = ("objects", name)
        if checker.concerned(name, rights) and checker.known("object", name, path, key=True):
            _check_rights(checker, checker.catalog.objects[name], rights or {}, path)


def _check_grants(checker: Checker) -> None:
    """Roles that are given without being held administer nothing: else rights of administration would grow."""
    grants = checker.data.get("grants") or ()
    for index, name in enumerate(() if isinstance(grants, str) else grants):
        path: Path = ("grants", index)
        if checker.known("role", name, path) and _administers(checker, name):
            message = f'The role "{name}" has rights of administration; only who holds those gives them.'
            checker.error("grants-administration", message, path, "remove it, or take admin: out of that role")


def _administers(checker: Checker, name: str) -> bool:
    waiting, seen = [name], set[str]()
    while waiting:
        each = waiting.pop()
        found = checker.catalog.definitions.get(("role", each))
        if found is not None and each not in seen:
            seen.add(each)
            if found.data.get("admin"):
                return True
            waiting += found.data.get("includes") or ()
    return False


def _check_circle(checker: Checker) -> None:
    """Roles do not include each other in a circle."""
    own = checker.definition.name
    waiting: list[tuple[str, tuple[str, ...]]] = [(own, (own,))]
    while waiting:
        name, way = waiting.pop()
        for included in _includes(checker, name):
            if included == own and own == min(way):
                text = " -> ".join((*way, own))
                checker.error(
                    "role-cycle", f"Roles include each other in a circle: {text}.", ("includes",), "break the circle"
                )
                return
            if included not in way:
                waiting.append((included, (*way, included)))


def _includes(checker: Checker, name: str) -> list[str]:
    found = checker.catalog.definitions.get(("role", name))
    return list(found.data.get("includes") or ()) if found else []


def _check_rights(checker: Checker, object_: Object, rights: Mapping[str, Any], path: Path) -> None:
    for word in SCOPED:
        if word in rights:
            check_scope(checker, object_, rights[word], (*path, word))
    for word in PLAIN:
        value = rights.get(word)
        if isinstance(value, str) and value not in SCOPES:
            message = f'"{word}" is given or not: it cannot depend on a condition.'
            checker.error("plain-right", message, (*path, word), "write true or false")
    actions = actions_of(object_)
    for index, name in enumerate(rights.get("actions") or ()):
        if name not in actions:
            message = f'{object_.name} has no transition or button "{name}".'
            checker.error("unknown-action", message, (*path, "actions", index), did_you_mean(name, actions))
    for name, right in (rights.get("fields") or {}).items():
        _check_field_right(checker, object_, name, right, (*path, "fields", name))


def actions_of(object_: Object) -> frozenset[str]:
    """Return the names of the transitions of all machines of an object, and of its buttons."""
    transitions = (name for data in _about(object_, "state_machine") for name in data.get("transitions") or {})
    buttons = (
        str(data["name"])
        for data in _about(object_, "automation")
        if isinstance(data.get("trigger"), Mapping) and "button" in data["trigger"]
    )
    return frozenset((*transitions, *buttons))


def _about(object_: Object, kind: str) -> Iterator[Mapping[str, Any]]:
    """Yield the definitions of a kind about an object, as written."""
    for name in object_.catalog.names(kind):
        data = object_.catalog.definitions[kind, name].data
        if data.get("object") == object_.name:
            yield data


def check_scope(checker: Checker, object_: Object, value: Any, path: Path) -> None:
    """A scope is true, false, a known word that fits the object, or a condition."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, str) and value.isidentifier() and value not in (*SCOPES, *object_.fields):
        message = f'"{value}" is no scope and no field of {object_.name}.'
        checker.error("unknown-scope", message, path, did_you_mean(value, SCOPES))
    elif value not in SCOPES:
        checker.condition(value, path, object_.name)
    elif value in _OWNED and "owner" not in object_.fields and object_.name != "user":
        message = f'Records of {object_.name} have no owner, so the scope "{value}" holds for none.'
        checker.error("scope-without-owner", message, path, "write all, none or a condition")
    elif value in ("own_and_team", "team") and object_.default_access == "controlled_by_parent":
        return


def _check_field_right(checker: Checker, object_: Object, name: str, right: Any, path: Path) -> None:
    field = checker.field(object_, name, path, key=True)
    if field is None:
        return
    if isinstance(right, Mapping):
        for word in ("read", "edit"):
            if word in right:
                check_scope(checker, object_, right[word], (*path, word))
    edits = right == "edit" or (isinstance(right, Mapping) and "edit" in right)
    if edits and not field.type.writable:
        message = f'Nobody edits "{name}", which is of type {field.type.name}.'
        checker.warning("right-without-effect", message, path, "write read")
    if right in ("hidden", "masked") and name == object_.title:
        message = f'"{name}" is the title of {object_.name}; it is shown wherever a record is named.'
        checker.error("title-hidden", message, path, "choose another title, or give no right to read the object")
