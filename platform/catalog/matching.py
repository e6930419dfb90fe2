"""Matching rules as definitions describe them: which fields say that two records are one. Nothing is compared here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition

Action = Literal["block", "warn", "report", "ignore"]


@dataclass(frozen=True, slots=True)
class Compared:
    """A field of a way and what counts as equal; ``at_least`` is a percentage, None where the values are equal."""

    field: str
    by: str
    at_least: int | None


@dataclass(frozen=True, slots=True)
class Way:
    """Fields that all agree; one way is enough."""

    name: str
    parts: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """When records of ``object`` are the same; ``also``: fields of other objects that stand for its own."""

    name: str
    label: str
    object: str
    where: Expression | None
    within: tuple[str, ...]
    ways: tuple[Way, ...]
    also: Mapping[str, Mapping[str, str]]
    on_create: Action
    on_update: Action
    on_import: Action

    def action(self, *, new: bool, importing: bool) -> Action:
        """Return what happens to a row that matches."""
        if importing:
            return self.on_import
        return self.on_create if new else self.on_update


def build_matching_rule(catalog: Catalog, definition: Definition) -> MatchingRule:
    """Make a matching rule."""
    data = definition.data
    name = str(data["object"])
    where = data.get("where")
    on_create: Action = data.get("on_create") or "warn"
    return MatchingRule(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        name,
        None if where is None else catalog.compiler.compile(where, object=name, expects=BOOLEAN, stored=True),
        tuple(data.get("within") or ()),
        tuple(Way(way, tuple(map(_compared, parts))) for way, parts in data["match"].items()),
        MappingProxyType(dict(data.get("also") or {})),
        on_create,
        data.get("on_update") or on_create,
        data.get("on_import") or ("block" if on_create == "block" else "report"),
    )


def _compared(data: Mapping[str, Any]) -> Compared:
    return Compared(str(data["field"]), str(data.get("by") or "text"), data.get("at_least"))


def rules_of(catalog: Catalog, object_name: str) -> tuple[MatchingRule, ...]:
    """Return the rules that compare records of an object, its own or another's."""
    found = []
    for name in catalog.names("matching_rule"):
        data = catalog.source("matching_rule", name).data
        if data.get("object") == object_name or object_name in (data.get("also") or {}):
            found.append(catalog.get("matching_rule", name))
    return tuple(found)
