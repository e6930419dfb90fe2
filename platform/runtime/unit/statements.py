"""The SQL of writing rows of one object, prebuilt once per release and shape; nothing here runs a statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Update, bindparam, insert, select, update

from formline.expressions.context import Dialect
from formline.runtime.driver import DriverQuery, DriverStatement
from formline.runtime.queries.binds import in_keys

if TYPE_CHECKING:
    from formline.runtime.release import ObjectModel

#: Name of the parameter that holds a set of ids, see ``queries.binds``.
IDS = "ids"
#: Name of the parameter that holds the id of the row to change.
ROW = "row__id"
_SHAPES = 200  # remembered shapes of updates of one object; beyond that the oldest is built again


class Statements:
    """Statements about one object's table. Values are always bound."""

    def __init__(self, model: ObjectModel, dialect: Dialect) -> None:
        """Keep the table; each statement is built when first asked for."""
        self.model = model
        self.dialect = dialect
        self._updates: dict[tuple[str, ...], DriverStatement] = {}
        self._insert: DriverStatement | None = None
        self._names = {key: str(column.name) for key, column in model.by_key.items()}

    def names(self, keys: Sequence[str]) -> list[tuple[str, str]]:
        """Return (record key, parameter) pairs for a row of values."""
        return [(key, self._names[key]) for key in keys]

    @cached_property
    def insert_names(self) -> list[tuple[str, str]]:
        """Return (record key, parameter) of every stored key."""
        return self.names(self.model.keys)

    def insert(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert whole records, each with every stored key."""
        if self._insert is None:
            sources = {name: key for key, name in self.insert_names}
            self._insert = DriverStatement(insert(self.model.table), connection.dialect, list(sources), sources)
        self._insert.run(connection, rows)

    def update(self, connection: Connection, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Update these keys of rows; parameters are physical names with ``v_`` before them, and :data:`ROW`."""
        shape = tuple(sorted(keys))
        found = self._updates.get(shape)
        if found is None:
            columns = self.model.by_key
            values = {columns[key]: bindparam(f"v_{self._names[key]}", type_=columns[key].type) for key in shape}
            row = self.model.id == bindparam(ROW, type_=self.model.id.type)
            found = DriverStatement(update(self.model.table).where(row).values(values), connection.dialect, ())
            if len(self._updates) >= _SHAPES:
                self._updates.pop(next(iter(self._updates)), None)
            self._updates[shape] = found
        found.run(connection, rows)

    def rows(self, *keys: str) -> Select[Any]:
        """Select stored keys (all where none is named) of the live rows in :data:`IDS`, in id order."""
        by_key = self.model.by_key
        columns = [by_key[key] for key in keys] if keys else self.model.columns
        return select(*columns).where(self._among, self.model.deleted_at.is_(None)).order_by(self.model.id)

    @cached_property
    def _among(self) -> Any:
        return in_keys(self.model.id, IDS, self.dialect)

    @cached_property
    def lock(self) -> DriverQuery:
        """Lock the live rows in :data:`IDS` against other writers and return them whole."""
        return DriverQuery(self.rows().with_for_update(key_share=True))

    @cached_property
    def lock_to_delete(self) -> Select[Any]:
        """Lock the live rows in :data:`IDS` against everyone who refers to them and return them whole."""
        return self.rows().with_for_update()

    @cached_property
    def share(self) -> DriverQuery:
        """Keep the live rows in :data:`IDS` from being deleted and return their ids."""
        return DriverQuery(self.rows("id").with_for_update(read=True, key_share=True))

    @cached_property
    def lock_deleted(self) -> Select[Any]:
        """Lock the deleted rows in :data:`IDS` and return them whole."""
        gone = select(*self.model.columns).where(self._among, self.model.deleted_at.is_not(None))
        return gone.order_by(self.model.id).with_for_update()

    @cached_property
    def mark(self) -> Update:
        """Set or clear ``deleted_at`` and ``deletion_id`` of the rows in :data:`IDS`."""
        values: dict[Any, Any] = {
            self.model.deleted_at: bindparam("v_deleted_at", type_=self.model.deleted_at.type),
            self.model.deletion_id: bindparam("v_deletion_id", type_=self.model.deletion_id.type),
        }
        return update(self.model.table).where(self._among).values(values)

    def children(self, link: str, name: str | None = None) -> Select[Any]:
        """Select (id, link) of live rows whose ``link`` is among :data:`IDS`; ``name``: the object they point to."""
        column = self.model.column(link)
        statement = select(self.model.id, column).where(
            in_keys(column, IDS, self.dialect), self.model.deleted_at.is_(None)
        )
        if name is not None and f"{link}.object" in self.model.by_key:
            statement = statement.where(self.model.column(link, "object") == name)
        return statement.order_by(self.model.id)
