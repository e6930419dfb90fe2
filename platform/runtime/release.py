"""A release in memory: a catalog on its physical map, and the tables compiled from both; no statements are run here."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Column, ColumnClause, MetaData, PrimaryKeyConstraint, Table, TableClause, column, table
from sqlalchemy.sql.selectable import NamedFromClause

from formline.catalog.catalog import Catalog
from formline.catalog.model import Unique
from formline.catalog.objects import Object
from formline.expressions.context import Dialect
from formline.expressions.storage_types import Key
from formline.fields.base import name_of
from formline.runtime.fence import STABLE
from formline.runtime.indexes import IndexSpec, indexes_of
from formline.runtime.physical import RESERVED_COLUMNS, PhysicalMap, PhysicalObject

if TYPE_CHECKING:
    from formline.runtime.keyring import KeyRing
    from formline.runtime.migration.shadow import Shadow

T = TypeVar("T")
_ABSENT = object()


@dataclass(frozen=True, eq=False)
class ObjectModel:
    """One object on its table.

    ``keys`` are record keys (``amount``, ``amount.currency``) and ``columns`` their columns, in the same order;
    ``deleted_at`` and ``deletion_id`` are columns of the table but not among them.
    """

    object: Object
    physical: PhysicalObject
    table: Table
    keys: tuple[str, ...]
    columns: tuple[Column[Any], ...]
    join_tables: Mapping[str, Table]

    @property
    def object_id(self) -> int:
        """The permanent id."""
        return self.physical.id

    @cached_property
    def field_ids(self) -> Mapping[str, int]:
        """Field name -> permanent id."""
        return {name: field.id for name, field in self.physical.fields.items()}

    @cached_property
    def field_names(self) -> Mapping[int, str]:
        """Permanent id -> field name in this release."""
        return self.physical.by_id

    @cached_property
    def by_key(self) -> Mapping[str, Column[Any]]:
        """Record key -> column."""
        return dict(zip(self.keys, self.columns, strict=True))

    def column(self, field: str, part: str = "") -> Column[Any]:
        """Return the column of a field's part; KeyError where the field has none."""
        return self.by_key[name_of(part, field)]

    @property
    def id(self) -> Column[Any]:
        """The key's column."""
        return self.by_key["id"]

    @property
    def deleted_at(self) -> Column[Any]:
        """When the record was deleted; null for live records."""
        return self.table.c["deleted_at"]

    @property
    def deletion_id(self) -> Column[Any]:
        """The deletion the record went with."""
        return self.table.c["deletion_id"]

    @cached_property
    def _bare(self) -> TableClause:
        """The table with nothing but names and types of its columns: an alias of it costs a quarter."""
        columns: list[ColumnClause[Any]] = []
        for each in self.table.columns:
            columns.append(column(each.name, each.type))
            columns[-1].key = each.key
        return table(self.table.name, *columns)

    def alias(self, name: str) -> NamedFromClause:
        """Return the table under another name, for one row of it among others in a statement."""
        return self._bare.alias(name)

    @cached_property
    def indexes(self) -> tuple[IndexSpec, ...]:
        """All indexes this release wants on the table."""
        return indexes_of(self)

    @cached_property
    def unique_indexes(self) -> Mapping[str, Unique]:
        """Index name -> what must be unique, to explain an IntegrityError."""
        return MappingProxyType({spec.name: spec.unique for spec in self.indexes if spec.unique is not None})


class Release:
    """A numbered catalog as the database holds it; ``shadow`` is there while an adjacent release is live too."""

    def __init__(
        self,
        number: int,
        catalog: Catalog,
        physical: PhysicalMap,
        *,
        dialect: Dialect,
        zone: tzinfo,
        revision: int = 0,
        phase: str = STABLE,
        keys: KeyRing | None = None,
        going_back: bool = False,
    ) -> None:
        """Keep catalog and map; models are made on first use. ``zone`` and ``keys`` are the site's."""
        self.keys = keys
        self.dialect: Dialect = dialect
        self.zone = zone
        self.number = number
        #: A rollback or restore: values come back as they were, ``convert_from`` is not applied again.
        self.going_back = going_back
        self.revision = revision
        self.phase = phase
        self.catalog = catalog
        self.physical = physical
        self.shadow: Shadow | None = None
        self._metadata = MetaData()
        self._models: dict[str, ObjectModel] = {}
        self._lock = threading.Lock()
        self._memo: dict[Hashable, Any] = {}

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what ``build`` makes for ``key``, made once per release: statements, plans, validators."""
        found = self._memo.get(key, _ABSENT)
        if found is _ABSENT:
            found = self._memo.setdefault(key, build())
        return cast(T, found)

    def at(self, revision: int, phase: str) -> Release:
        """Return the same release as it is in another phase; models are shared."""
        other = copy.copy(self)
        other.revision, other.phase, other.shadow = revision, phase, None
        return other

    @property
    def hash(self) -> str:
        """The catalog's content hash."""
        return self.catalog.hash

    def model(self, name: str) -> ObjectModel:
        """Return an object's model; DefinitionError with the nearest name where there is none."""
        found = self._models.get(name)
        if found is not None:
            return found
        built = self.catalog.object(name)
        with self._lock:
            if name not in self._models:
                self._models[name] = _model(built, self.physical[name], self._metadata)
            return self._models[name]

    def object_named(self, object_id: int) -> str | None:
        """Return the name of an object id in this release, None where it has none."""
        return self.physical.by_id.get(object_id)


def _model(built: Object, physical: PhysicalObject, metadata: MetaData) -> ObjectModel:
    keys: list[str] = []
    columns: list[Column[Any]] = []
    joins: dict[str, Table] = {}
    for name, where in physical.fields.items():
        if where.join:
            joins[name] = join_table(where.join, metadata)
            continue
        for part in built.fields[name].parts:
            keys.append(name_of(part.name, name))
            columns.append(Column(where.columns[part.name], part.type, primary_key=name == "id"))
    reserved: list[Column[Any]] = [Column(name, type_) for name, type_ in RESERVED_COLUMNS.items()]
    table = Table(physical.table, metadata, *columns, *reserved)
    return ObjectModel(built, physical, table, tuple(keys), tuple(columns), MappingProxyType(joins))


def join_table(name: str, metadata: MetaData) -> Table:
    """Return the table of a many-to-many field: pairs of the record's key and the target's."""
    return Table(
        name,
        metadata,
        Column("record_id", Key),
        Column("target_id", Key),
        PrimaryKeyConstraint("record_id", "target_id"),
    )
