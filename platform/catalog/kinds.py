"""The registry of kinds of definition; a kind says how it is built, checked, compared and planned.

Kinds of the upper layers arrive through the entry point group ``formline.kinds``, so that every process knows them
without importing upward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from formline.errors import Problem
from formline.metadata.schemas import schema_for

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.checker import Checker
    from formline.catalog.diff import Change
    from formline.metadata.layers import Definition

Build = Callable[["Catalog", "Definition"], Any]
Check = Callable[["Checker"], None]
Diff = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable["Change"]]
#: Called with each change of a definition of this kind; yields what the administrator should know before an apply.
PlanHook = Callable[["Catalog", "Catalog", "Change"], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: ``build`` makes its value lazily, ``check`` examines everything it refers to (None: nothing).

    ``diff`` compares two versions (None: by named parts and properties). ``plan_hook`` warns of what a change means for
    the records that exist.
    """

    name: str
    build: Build
    check: Check | None = None
    diff: Diff | None = None
    plan_hook: PlanHook | None = None

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of the kind's definitions."""
        return schema_for(self.name)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind; a name may be taken once."""
    if kind.name in _kinds:
        raise ValueError(f"The kind {kind.name} is registered twice.")
    _kinds[kind.name] = kind
    return kind


@cache
def _load() -> None:
    """Import the modules that register kinds: the catalog's own, then those of installed packages."""
    from formline.catalog import own_kinds

    own_kinds.load()
    for entry in entry_points(group="formline.kinds"):
        entry.load()


def kinds() -> Mapping[str, Kind]:
    """Return all kinds by name."""
    _load()
    return _kinds


def kind_named(name: str) -> Kind | None:
    """Return a kind, or None where nothing of that name is registered."""
    return kinds().get(name)
