"""The physical map of a release: which table and columns hold each object and field; no SQL and no decisions here.

Written once per release as JSON and read lazily, because a site may have tens of thousands of fields.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy.types import TypeEngine

from formline.expressions.storage_types import Exact, Instant, Key


@dataclass(frozen=True)
class PhysicalField:
    """Where a field lives: ``columns`` part -> name, ``storage`` part -> :func:`storage_name`, ``join`` table."""

    id: int
    columns: Mapping[str, str] = field(default_factory=dict)
    storage: Mapping[str, str] = field(default_factory=dict)
    join: str = ""

    def to_data(self) -> list[Any]:
        """Return the JSON form."""
        return [self.id, dict(self.columns), dict(self.storage), self.join]


@dataclass(frozen=True)
class PhysicalObject:
    """Where an object lives; ``fields`` by the names of this release."""

    id: int
    table: str
    fields: Mapping[str, PhysicalField]

    def to_data(self) -> list[Any]:
        """Return the JSON form."""
        return [self.id, self.table, {name: one.to_data() for name, one in self.fields.items()}]

    @cached_property
    def by_id(self) -> Mapping[int, str]:
        """Field id -> name in this release."""
        return {one.id: name for name, one in self.fields.items()}


class PhysicalMap(Mapping[str, PhysicalObject]):
    """Object name -> :class:`PhysicalObject`, each read from the stored JSON on first use."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Keep the JSON form."""
        self.data = data
        self._read: dict[str, PhysicalObject] = {}

    @staticmethod
    def of(objects: Mapping[str, PhysicalObject]) -> PhysicalMap:
        """Return a map of objects already made."""
        return PhysicalMap({name: one.to_data() for name, one in objects.items()})

    @staticmethod
    def from_json(text: str | bytes) -> PhysicalMap:
        """Read what :meth:`to_json` wrote."""
        return PhysicalMap(orjson.loads(text))

    def to_json(self) -> str:
        """Return the text kept with the release."""
        return orjson.dumps(self.data).decode()

    def __getitem__(self, name: str) -> PhysicalObject:
        """Return where an object lives; KeyError where the release has none of that name."""
        if name not in self._read:
            number, table, fields = self.data[name]
            self._read[name] = PhysicalObject(number, table, {key: PhysicalField(*one) for key, one in fields.items()})
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """Yield object names in definition order."""
        return iter(self.data)

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.data)

    def values_in(self, tables: Collection[str] | None) -> list[PhysicalObject]:
        """Return the objects that live in, or have join tables among, some tables; all of them for None."""
        if tables is None:
            return list(self.values())
        return [
            self[name]
            for name, (_, table, fields) in self.data.items()
            if table in tables or any(one[3] in tables for one in fields.values())
        ]

    @cached_property
    def by_id(self) -> Mapping[int, str]:
        """Object id -> name in this release."""
        return {one[0]: name for name, one in self.data.items()}


def storage_name(type_: TypeEngine[Any]) -> str:
    """Return the name by which a column's type is compared between releases, e.g. ``Exact(2)``."""
    return f"Exact({type_.scale})" if isinstance(type_, Exact) else type(type_).__name__


#: Physical parts of every object that no definition mentions.
DELETED_AT = "deleted_at"
DELETION_ID = "deletion_id"
RESERVED_COLUMNS: Mapping[str, TypeEngine[Any]] = {DELETED_AT: Instant(), DELETION_ID: Key()}
