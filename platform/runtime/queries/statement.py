"""What all parts of one SQL statement share: the release, the dialect, the bound parameters it will ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Literal

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy.types import TypeEngine

from formline.expressions.context import Dialect
from formline.expressions.storage_types import Day, Instant
from formline.runtime.queries.binds import bind_keys, bind_texts, in_keys, in_values, key_rows
from formline.runtime.release import Release

#: Values of the roots by name: ``{"user": flat record, "reach": {"reports": ids}, "clock": {"today", "now"}}``.
Roots = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Bind:
    """A parameter of a statement: ``key`` of the root ``root``; ``many``: a set in one parameter."""

    name: str
    root: str
    key: str
    many: Literal["", "keys", "texts"] = ""


@dataclass(slots=True, eq=False)
class Statement:
    """Collects the parameters while a statement is built; keep it beside the built statement to run it.

    Values are never in the statement, so it may be built once and run for every user whose rights have its shape.
    """

    release: Release
    binds: dict[str, Bind] = field(default_factory=dict)
    _aliases: int = 0

    @property
    def dialect(self) -> Dialect:
        """The database the statement is for."""
        return self.release.dialect

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.release.zone

    def alias(self, name: str) -> str:
        """Return a new name for a table in this statement."""
        self._aliases += 1
        return f"{name}_{self._aliases}"

    def value(self, root: str, key: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
        """Return the parameter that will hold ``key`` of a root."""
        name = self._bind(root, key)
        return bindparam(name, type_=type_)

    def among(self, target: ColumnElement[Any], root: str, key: str) -> ColumnElement[bool]:
        """Return whether the key ``target`` is in the set of ids that ``key`` of a root will hold."""
        return in_keys(target, self._bind(root, key, "keys"), self.dialect)

    def among_texts(self, target: ColumnElement[Any], root: str, key: str) -> ColumnElement[bool]:
        """Return whether the text ``target`` is in the set of texts that ``key`` of a root will hold."""
        return in_values(target, self._bind(root, key, "texts"), self.dialect)

    def keys(self, root: str, key: str) -> ColumnElement[Any]:
        """Return a column that, selected, gives one row per id in the set."""
        return key_rows(self._bind(root, key, "keys"), self.dialect)

    def today(self) -> ColumnElement[Any]:
        """Return today's date."""
        return self.value("clock", "today", Day())

    def now(self) -> ColumnElement[Any]:
        """Return the moment."""
        return self.value("clock", "now", Instant())

    def _bind(self, root: str, key: str, many: Literal["", "keys", "texts"] = "") -> str:
        name = f"{root}__{key.replace('.', '__')}"
        self.binds[name] = Bind(name, root, key, many)
        return name

    def parameters(self, roots: Roots) -> dict[str, Any]:
        """Return the values for all parameters collected so far; a missing value is null, a missing set is empty."""
        values: dict[str, Any] = {}
        for bind in self.binds.values():
            value = roots.get(bind.root, {}).get(bind.key)
            if bind.many == "keys":
                values.update(bind_keys(bind.name, value or (), self.dialect))
            elif bind.many == "texts":
                values[bind.name] = bind_texts(value or (), self.dialect)
            else:
                values[bind.name] = value
        return values
