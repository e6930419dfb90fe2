"""Integrations as definitions describe them: what leaves, what may arrive; addresses and secrets are the site's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formline.catalog.messages import pieces
from formline.expressions.compiler import ROOTS
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.checker import Checker
    from formline.catalog.objects import Object
    from formline.metadata.layers import Definition

#: The connector that needs no plug-in.
WEBHOOK = "webhook"
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_FOR_IN = ("mapping", "rows", "schedule", "cursor", "on_conflict")
_FOR_OUT = ("object", "on", "when", "fields", "message")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """One event that is told of; ``fields``: only where one of these changed; ``transition``: only this one."""

    event: str
    fields: frozenset[str] = frozenset()
    transition: str = ""


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration. ``out``: with ``object``, ``on``, ``when``, ``fields``, ``message``; else ``mapping``, ``rows``.

    ``message`` is in pieces: literal text and paths in turn.
    """

    name: str
    label: str
    connector: str
    out: bool
    object: str
    on: tuple[EventFilter, ...]
    when: Expression | None
    fields: tuple[str, ...]
    message: tuple[str, ...]
    mapping: str
    rows: tuple[str, ...]

    @property
    def told(self) -> tuple[str, ...]:
        """The paths that are read of a record; empty for all fields."""
        wanted = dict.fromkeys([*self.fields, *self.message[1::2]])
        return tuple(wanted) if self.fields or self.message else ()


def build_integration(catalog: Catalog, definition: Definition) -> Integration:
    """Make an integration of a checked definition; the object of one that arrives is its mapping's."""
    data = definition.data
    out = data["direction"] == "out"
    mapping = str(data.get("mapping") or "")
    of_object = str(data.get("object") or "")
    if mapping:
        of_object = str(catalog.source("mapping", mapping).data["object"])
    when = data.get("when")
    return Integration(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("connector") or WEBHOOK),
        out,
        of_object,
        tuple(_event(each) for each in data.get("on") or ()),
        None if when is None else catalog.compiler.compile(when, object=of_object, expects=BOOLEAN),
        tuple(data.get("fields") or ()),
        tuple(piece for piece, _ in pieces(str(data["message"]))) if "message" in data else (),
        mapping,
        tuple(str(data["rows"]).split(".")) if "rows" in data else (),
    )


def _event(given: Any) -> EventFilter:
    if not isinstance(given, Mapping):
        return EventFilter(str(given))
    if "transition" in given:
        return EventFilter("transition", transition=str(given["transition"]))
    return EventFilter("updated", frozenset(given["updated"]))


def check_integration(checker: Checker) -> None:
    """Check that it says what its direction needs and names what exists."""
    data = checker.data
    out = data["direction"] == "out"
    needed, foreign = ("object", _FOR_IN) if out else ("mapping", _FOR_OUT)
    if needed not in data:
        message = f"An integration of direction {data['direction']} needs {needed}."
        checker.error("integration-parts", message, ("direction",), f"write {needed}:")
    for key in foreign:
        if key in data:
            other = "in" if out else "out"
            checker.error("integration-parts", f"{key} is for direction {other}.", (key,), "remove it", key=True)
    if not out and "mapping" in data:
        checker.known("mapping", data["mapping"], ("mapping",))
    if out and "object" in data:
        object_ = checker.object(data["object"], ("object",))
        if object_ is not None:
            _check_told(checker, object_)


def _check_told(checker: Checker, object_: Object) -> None:
    data = checker.data
    # After a commit nobody knows the values before, nor is there one person everything is told for.
    checker.condition(data.get("when"), ("when",), object_.name, roots=ROOTS - {"old", "user"})
    for index, path in enumerate(data.get("fields") or ()):
        checker.dotted(object_, path, ("fields", index))
    for index, event in enumerate(data.get("on") or ()):
        if isinstance(event, Mapping) and "updated" in event:
            checker.fields(object_, event["updated"], ("on", index, "updated"))
        if isinstance(event, Mapping) and "transition" in event:
            _check_transition(checker, object_, str(event["transition"]), ("on", index, "transition"))
    for number, (piece, _offset) in enumerate(pieces(str(data.get("message", "")))):
        if number % 2 and not _PATH.fullmatch(piece):
            message = f'"{piece}" is no path.'
            hint = "put a field or a path in braces; what must be computed is a formula field"
            checker.error("integration-message", message, ("message",), hint)
        elif number % 2:
            checker.dotted(object_, piece, ("message",))


def _check_transition(checker: Checker, object_: Object, name: str, path: Path) -> None:
    definitions = checker.catalog.definitions
    machines = [one.data for (kind, _name), one in definitions.items() if kind == "state_machine"]
    known = {way for one in machines if one.get("object") == object_.name for way in one.get("transitions") or ()}
    if name not in known:
        message = f'{object_.name} has no transition "{name}".'
        checker.error("unknown-transition", message, path, did_you_mean(name, known))
