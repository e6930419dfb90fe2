"""Rules about names: reserved words, former names that are still there, texts that people could not tell apart."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any

from formline.errors import Level
from formline.metadata import names
from formline.metadata.positions import Path
from formline.metadata.rules import Finding, maps, rule

#: Maps whose keys are names that expressions use, by kind.
_NAMED = {"object": ("fields", "record_types"), "state_machine": ("states", "transitions"), "package": ("settings",)}
#: Maps whose entries may have been renamed.
_RENAMED = frozenset({"fields", "choices", "states", "transitions", "record_types"})


@rule("object", "state_machine", "package")
def python_keywords(data: dict[str, Any]) -> Iterator[Finding]:
    """A name that is a word of the expression language could not be read there."""
    for path, name in _names(data):
        if keyword.iskeyword(name):
            message = f'"{name}" is a word of the expression language.'
            yield Finding("keyword-name", message, f"write {name}_ or a fuller name", path, at_key=path[0] != "name")


@rule("object")
def reserved_roots(data: dict[str, Any]) -> Iterator[Finding]:
    """A field may not hide what expressions start with."""
    for name, field in maps(data.get("fields")):
        if name in names.RESERVED_ROOTS:
            message = f'"{name}" means something else in every expression.'
            yield Finding("reserved-name", message, f"write {name}_ or a fuller name", ("fields", name), at_key=True)
        if name in names.SYSTEM_FIELDS:
            hint = "leave it out, or choose another name"
            yield Finding("system-field", f'Every record has "{name}" already.', hint, ("fields", name), at_key=True)
        reverse = field.get("reverse")
        if isinstance(reverse, str) and (reverse in names.RESERVED_ROOTS or keyword.iskeyword(reverse)):
            message = f'"{reverse}" means something else in every expression.'
            yield Finding("reserved-name", message, "choose another name for the way back", ("fields", name, "reverse"))


@rule("object")
def ownership(data: dict[str, Any]) -> Iterator[Finding]:
    """Who owns a record is what every right is about: an object may say more about it, and not something else."""
    for name, meant in names.OWNERSHIP.items():
        field = (data.get("fields") or {}).get(name)
        if data.get("name") in names.ORGANISATION or not isinstance(field, dict) or "type" not in field:
            continue
        if (field["type"], field.get("to", meant.get("to"))) != (meant["type"], meant.get("to")):
            words = ", ".join(f"{key}: {value}" for key, value in meant.items())
            message = f'Every record has "{name}" already, and it is {{{words}}}.'
            yield Finding("system-field", message, "choose another name", ("fields", name), at_key=True)


@rule("object")
def ways_back(data: dict[str, Any]) -> Iterator[Finding]:
    """Two lookups of one object to one target need two names for the way back."""
    seen: dict[tuple[str, str], str] = {}
    for name, field in maps(data.get("fields")):
        reverse, to = field.get("reverse"), field.get("to")
        for target in to if isinstance(to, list) else [to]:
            key = (str(target), str(reverse))
            if reverse and key in seen:
                message = f'"{reverse}" is the way back of {seen[key]} already.'
                yield Finding("duplicate-name", message, "give each its own name", ("fields", name, "reverse"))
            seen.setdefault(key, name)


@rule("object", "state_machine", "choice_list")
def former_names(data: dict[str, Any]) -> Iterator[Finding]:
    """``was`` names something that is gone, and gone once."""
    for path, siblings in _families(data, ()):
        claimed: dict[str, str] = {}
        for name, inner in maps(siblings):
            was = inner.get("was", [])
            for old in was if isinstance(was, list) else [was]:
                place = (*path, name, "was")
                if old in siblings:
                    hint = "remove the old one, or the word was"
                    yield Finding(
                        "was-still-there", f'"{old}" was renamed to "{name}" but is still there.', hint, place
                    )
                elif old in claimed:
                    message = f'"{claimed[old]}" was "{old}" too.'
                    yield Finding("was-twice", message, "one name becomes one name", place)
                claimed[old] = name


@rule("object", "state_machine", "choice_list")
def same_labels(data: dict[str, Any]) -> Iterator[Finding]:
    """Two things with one label look the same in a list to choose from."""
    for path, siblings in _families(data, ()):
        if path[-1] == "transitions":
            continue
        seen: dict[str, str] = {}
        for name, inner in maps(siblings):
            label = inner.get("label")
            if not isinstance(label, str) or inner.get("retired"):
                continue
            if label in seen:
                message = f'"{seen[label]}" and "{name}" have the same label.'
                hint = "nobody could tell them apart"
                yield Finding("same-label", message, hint, (*path, name, "label"), level=Level.WARNING)
            seen.setdefault(label, name)


def _names(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the names an expression may use, with their paths."""
    if data.get("kind") == "object" and isinstance(data.get("name"), str):
        yield ("name",), data["name"]
    for key in _NAMED.get(str(data.get("kind")), ()):
        for name in data.get(key) or ():
            yield (key, name), name


def _families(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every map of things that can be renamed."""
    if isinstance(value, dict):
        if path and path[-1] in _RENAMED:
            yield path, value
        for key, inner in value.items():
            yield from _families(inner, (*path, key))
