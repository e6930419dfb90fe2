"""Rules about state machines, roles and objects: what contradicts itself inside one definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formline.errors import Level
from formline.metadata import names, wording
from formline.metadata.positions import Path
from formline.metadata.rules import Finding, maps, rule

_BY_PERSON = ("none", "own", "own_and_reports", "team")
_BY_PLACE = ("department", "department_and_below", "company", "account", "account_and_below", "all")
SCOPES = (*_BY_PERSON, *_BY_PLACE)
_NO_SCOPE = ("actions", "fields")


@rule("state_machine")
def known_states(data: dict[str, Any]) -> Iterator[Finding]:
    """``initial``, ``from`` and ``to`` name states of the machine."""
    states = data["states"]
    for path, state in _mentioned(data):
        if state not in states:
            hint = names.did_you_mean(state, states)
            yield Finding("unknown-state", f'The machine has no state "{state}".', hint, path)


def _mentioned(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    yield ("initial",), data["initial"]
    for name, transition in maps(data.get("transitions")):
        start = transition["from"]
        if isinstance(start, list):
            for index, state in enumerate(start):
                yield ("transitions", name, "from", index), state
        else:
            yield ("transitions", name, "from"), start
        yield ("transitions", name, "to"), transition["to"]


@rule("state_machine")
def reachable_states(data: dict[str, Any]) -> Iterator[Finding]:
    """Every state but the initial one is where some transition leads."""
    reached = {data["initial"]} | {transition["to"] for _, transition in maps(data.get("transitions"))}
    for state in data["states"]:
        if state not in reached:
            message = f'No transition leads to the state "{state}".'
            path = ("states", state)
            yield Finding(
                "unreachable-state", message, "add one, or remove the state", path, at_key=True, level=Level.WARNING
            )


@rule("state_machine")
def automatic_transitions(data: dict[str, Any]) -> Iterator[Finding]:
    """An automatic transition says when, and asks nobody."""
    for name, transition in maps(data.get("transitions")):
        if transition.get("automatic") is not True:
            continue
        path = ("transitions", name, "automatic")
        if "when" not in transition:
            message = f'The automatic transition "{name}" does not say when.'
            yield Finding("automatic-without-when", message, "write when: and a condition", path)
        for key in ("confirm", "ask"):
            if key in transition:
                message = f'The automatic transition "{name}" asks nobody.'
                yield Finding("contradicting-keys", message, f"remove {key} or automatic", ("transitions", name, key))


@rule("state_machine")
def editable_or_read_only(data: dict[str, Any]) -> Iterator[Finding]:
    """A state lists what can be changed, or what cannot."""
    for name, state in maps(data["states"]):
        if "editable" in state and "read_only" in state:
            message = f'The state "{name}" has editable and read_only.'
            yield Finding("contradicting-keys", message, "keep one of them", ("states", name, "read_only"))


@rule("object")
def choices_or_list(data: dict[str, Any]) -> Iterator[Finding]:
    """A field has choices of its own, or a shared list."""
    for name, field in maps(data.get("fields")):
        if "choices" in field and "choice_list" in field:
            message = f'The field "{name}" has choices and choice_list.'
            yield Finding("contradicting-keys", message, "keep one of them", ("fields", name, "choice_list"))


@rule("object", "layout")
def yes_and_no(data: dict[str, Any]) -> Iterator[Finding]:
    """A condition that is always so is ``true`` or ``false``."""
    for name, field in maps(data.get("fields")):
        for key in ("visible", "required", "read_only"):
            value = field.get(key)
            word = wording.boolean_word(value) if isinstance(value, str) else ""
            if word:
                message = f'"{key}" is the text "{value}", not true, false or a condition.'
                yield Finding("wrong-type", message, f"write {word}", ("fields", name, key))


@rule("object", "state_machine")
def braces_of_messages(data: dict[str, Any]) -> Iterator[Finding]:
    """The expression in a message is closed."""
    for path, text in _texts(data, ()):
        plain = text.replace("{{", "").replace("}}", "")
        if plain.count("{") != plain.count("}"):
            yield Finding(
                "open-brace", "A brace in the text is not closed.", "write {expression}, or {{ for a brace", path
            )


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("message", "confirm") and isinstance(inner, str):
                yield (*path, key), inner
            else:
                yield from _texts(inner, (*path, key))


@rule("role")
def known_scopes(data: dict[str, Any]) -> Iterator[Finding]:
    """A single word is a scope; one that nearly is, is a slip."""
    for name, rights in maps(data.get("objects")):
        for right, scope in rights.items():
            if right in _NO_SCOPE or not isinstance(scope, str) or scope in SCOPES or not scope.isidentifier():
                continue
            near = names.nearest(scope, SCOPES)
            if near:
                message = f'There is no scope "{scope}".'
                yield Finding("unknown-scope", message, f'did you mean "{near}"?', ("objects", name, right))


@rule("role")
def includes_itself(data: dict[str, Any]) -> Iterator[Finding]:
    """A role includes others."""
    for index, other in enumerate(data.get("includes", ())):
        if other == data.get("name"):
            yield Finding("includes-itself", "The role includes itself.", "remove it", ("includes", index))
