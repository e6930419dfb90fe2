"""Where something is used: every place in the definitions that would break if it went away, with positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from formline.catalog.catalog import Catalog
from formline.catalog.check import examine
from formline.catalog.checker import Use
from formline.errors import Position
from formline.metadata.positions import Path


@dataclass(frozen=True, slots=True, order=True)
class Usage:
    """One place that uses something: where it is written, the definition, and the path in it."""

    position: Position
    kind: str
    name: str
    path: Path

    def __str__(self) -> str:
        """Return ``file:line:column  kind/name.path``."""
        return f"{self.position}  {'.'.join([f'{self.kind}/{self.name}', *map(str, self.path)])}"


class Uses:
    """All uses in a catalog by what is used, found by running every check once."""

    def __init__(self, catalog: Catalog) -> None:
        """Run the checks; problems are not of interest here."""
        found: dict[Use, dict[Usage, None]] = defaultdict(dict)
        for checker in examine(catalog):
            one = checker.definition
            for use, path in checker.uses:
                found[use][Usage(one.positions.at(path), one.kind, one.name, path)] = None
        self._found: Mapping[Use, dict[Usage, None]] = found

    def of(self, use: Use) -> list[Usage]:
        """Return the uses in the order of files and lines."""
        return sorted(self._found.get(use, ()), key=lambda one: (one.position, one.kind, one.name, str(one.path)))


def where_used(catalog: Catalog, object: str, field: str | None = None) -> list[Usage]:
    """Return all uses of an object, or of one of its fields or reverse names, outside its own declaration.

    Expressions count by what they read, so a path through two lookups uses every field on its way. An object is used
    by what points to it, shows it, gives rights to it or reads any of its fields from another object.
    """
    if field is not None:
        uses = catalog.uses.of(Use("field", field, object))
        return [one for one in uses if not _inside(one, object, ("fields", field))]
    return [one for one in catalog.uses.of(Use("object", object)) if not _inside(one, object, ())]


def definition_used(catalog: Catalog, kind: str, name: str) -> list[Usage]:
    """Return all uses of a definition of another kind: a choice list, state machine, role, app or list view."""
    return [one for one in catalog.uses.of(Use(kind, name)) if (one.kind, one.name) != (kind, name)]


def choice_used(catalog: Catalog, object: str, field: str, choice: str) -> list[Usage]:
    """Return all uses of one choice, state or record type of a field: comparisons, defaults, values, rows.

    Of a shared list, ask for each field that :func:`definition_used` finds.
    """
    return catalog.uses.of(Use("choice", choice, f"{object}.{field}"))


def _inside(usage: Usage, object_name: str, path: Path) -> bool:
    return (usage.kind, usage.name) == ("object", object_name) and usage.path[: len(path)] == path
