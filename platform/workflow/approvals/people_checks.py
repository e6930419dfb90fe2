"""Checks that people selectors name roles, groups and paths that lead to people; any kind of selector may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.checks.sharing import check_script_of_people
from formline.catalog.objects import Object
from formline.expressions.compiler import ROOTS
from formline.expressions.types import BOOLEAN, Kind, Type, ref
from formline.metadata.names import did_you_mean, nearest
from formline.metadata.positions import Path

#: What conditions of an approval may start with, besides fields.
PEOPLE_ROOTS = ROOTS | {"submitter"}
_WITH_CANDIDATE = PEOPLE_ROOTS | {"candidate"}
USER = ref("user")
#: Selectors that are a path to a person.
_PATHS = ("field", "managers_of", "department_head_of", "chosen_by")
KINDS = ("user", "role", "group", "department", "team", "queue", *_PATHS, "find", "script")
Variables = Mapping[str, Type]


def check_people(checker: Checker, object_: Object, selector: Any, path: Path, variables: Variables) -> None:
    """Check a selector, or a list of them; ``item`` and ``submitter`` are people too."""
    if isinstance(selector, list):
        for index, one in enumerate(selector):
            check_people(checker, object_, one, (*path, index), variables)
    elif isinstance(selector, str):
        _check_path(checker, object_, selector, path, variables)
    else:
        _check_part(checker, object_, selector, path, variables)


def _check_part(
    checker: Checker, object_: Object, selector: Mapping[str, Any], path: Path, variables: Variables
) -> None:
    if not any(word in selector for word in KINDS):
        hint = f"name people by one of {', '.join(KINDS)}"
        checker.error("selector-kind", "Nothing says which people are meant.", path, hint)
    if "role" in selector:
        checker.known("role", selector["role"], (*path, "role"))
    if "script" in selector:
        check_script_of_people(checker, object_, selector["script"], (*path, "script"))
    for word in _PATHS:
        if word in selector:
            _check_path(checker, object_, selector[word], (*path, word), variables)
    if "from" in selector:
        check_people(checker, object_, selector["from"], (*path, "from"), variables)
    until = selector.get("until")
    if isinstance(until, Mapping):
        checker.known("role", until["role"], (*path, "until", "role"))
    elif until is not None:
        checker.condition(until, (*path, "until"), object_.name, roots=_WITH_CANDIDATE, variables=variables)
    if "find" in selector:
        spec = {key: selector[key] for key in ("find", "where", "sort", "value") if key in selector}
        checker.expression(spec, path, object_.name, roots=PEOPLE_ROOTS, variables=variables, expects=USER)
    elif "where" in selector:
        checker.expression(
            selector["where"],
            (*path, "where"),
            object_.name,
            expects=BOOLEAN,
            roots=_WITH_CANDIDATE,
            variables=variables,
        )


def _check_path(checker: Checker, object_: Object, dotted: str, path: Path, variables: Variables) -> None:
    """A path starts at the record, at the submitter, or at the item of a for_each."""
    first, _, rest = dotted.partition(".")
    start: Object | None = object_
    if first == "submitter":
        start = checker.catalog.objects.get("user")
    elif first == "item" and "item" in variables:
        targets = variables["item"].objects
        if not rest and targets and "user" in targets:
            return
        start = checker.catalog.objects.get(targets[0]) if len(targets) == 1 else None
    else:
        rest = dotted
    if rest == dotted and first not in object_.fields:
        message = f'{object_.name} has no field "{first}" that leads to people.'
        checker.error("unknown-field", message, path, _selector_for(checker, object_, first))
        return
    if not rest or start is None:
        if first != "submitter":
            checker.error("not-people", f'"{dotted}" names no people.', path, "name a path to a person")
        return
    field = checker.dotted(start, rest, path)
    if field is not None and "user" not in field.to:
        what = f"leads to {', '.join(field.to)}" if field.to else f"is of type {field.type.name}"
        checker.error("not-people", f'"{dotted}" {what}, not to people.', path, "name a field of type user")


def _selector_for(checker: Checker, object_: Object, word: str) -> str:
    """Return how a selector is written that a bare word does not name."""
    if checker.catalog.has("role", word):
        return f"write {{role: {word}}} for everybody with this role"
    people = [field.name for field in object_.fields.values() if "user" in field.to]
    if nearest(word, people):
        return did_you_mean(word, people)
    person = "owner" if "owner" in people else next(iter(people), "submitter")
    manager = f"{{managers_of: {person}}} for the manager of a person"
    return f"write {manager}, {{role: ...}} for everybody with a role, or a field that names a person, such as {person}"


def check_over(checker: Checker, object_: Object, source: Any, path: Path, variables: Variables) -> Type | None:
    """Check the items of a for_each and return the type of one; None where they are not sound."""
    if isinstance(source, str) and object_.child(source) is not None:
        rows = checker.reverse(object_, source, path)
        return None if rows is None else ref(rows.name)
    over = checker.expression(source, path, object_.name, roots=PEOPLE_ROOTS, variables=variables)
    if over is None:
        return None
    if over.type.kind is not Kind.REF:
        message = f"The items are {over.type}; records or people are wanted."
        checker.error(
            "not-items", message, path, "write distinct(lines.product.manager), or the name of the other side"
        )
        return None
    return replace(over.type, many=False)
