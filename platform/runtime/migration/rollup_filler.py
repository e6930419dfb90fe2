"""Fills rollups that only the adjacent release has, for given parents; which parents is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update

from formline.expressions.expression import Expression
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.releases import dialect_of

if TYPE_CHECKING:
    from formline.runtime.release import ObjectModel, Release


class RollupFiller:
    """One rollup of ``other``. ``parent``, ``child`` and ``link`` are names of the current release."""

    def __init__(self, other: Release, parent: tuple[str, ObjectModel], child: tuple[str, str], field: Field) -> None:
        """Keep what is read and written; the statement is made on first use."""
        self.other = other
        self.parent, self._model = parent
        self.child, self.link = child
        self.field = field
        self._columns = {part.name: self._model.column(field.name, part.name) for part in field.parts}

    def fill(self, connection: Connection, ids: Sequence[UUID]) -> None:
        """Lock the parents, then read their children anew and write the total: never a child that is not committed."""
        dialect = dialect_of(connection)
        key = self._model.id
        lock = select(key).where(in_keys(key, "ids", dialect)).order_by(key).with_for_update(key_share=True)
        parents = list(connection.execute(lock, bind_keys("ids", ids, dialect)).scalars())
        values: dict[UUID, list[Any]] = {parent: [] for parent in parents}
        statement, built = self._reading()
        for row in connection.execute(built, statement.parameters({}) | bind_keys("parents", parents, dialect)):
            if row[1] is not None:
                values[row[0]].append(row[1])
        if values:
            connection.execute(self._write(), [self._bound(parent, found) for parent, found in values.items()])

    def _bound(self, parent: UUID, values: list[Any]) -> dict[str, Any]:
        # Imported late: the write pipeline imports the site, which imports this when two releases are live.
        from formline.runtime.unit.aggregates import from_values

        spec = self.field.rollup
        parts = from_values(spec.aggregate, values) if spec else {"": None}
        parts = {**self.field.type.derive(self.field, parts[""]), **parts}
        return {"row_id": parent, **{f"v{n}": parts.get(part) for n, part in enumerate(self._columns)}}

    def _write(self) -> Any:
        values = {
            column.name: bindparam(f"v{number}", type_=column.type)
            for number, column in enumerate(self._columns.values())
        }
        return update(self._model.table).where(self._model.id == bindparam("row_id")).values(values)

    def _reading(self) -> tuple[Statement, Any]:
        """Return the statement that gives (parent, value) of every child that counts, in order of their ids."""
        spec = self.field.rollup
        if spec is None:
            raise ValueError(f"{self.field.name} is no rollup")
        statement = Statement(self.other)
        source = source_of(statement, spec.child)
        link = source.column((spec.link,))
        value = source.column((spec.of,), self._part(spec.child, spec.of)) if spec.of else source.key
        built = select(link, value).where(in_keys(link, "parents", self.other.dialect))
        built = built.where(source.row.c["deleted_at"].is_(None))
        if isinstance(spec.where, Expression):
            built = built.where(spec.where.where(source))
        return statement, built.select_from(source.source()).order_by(source.key)

    def _part(self, child: str, of: str) -> str:
        """Money is added up in the company's currency."""
        return "base" if name_of("base", of) in self.other.model(child).by_key else ""


def rollup_fillers(
    current: Release, other: Release, pairs: Iterable[tuple[ObjectModel, ObjectModel]]
) -> tuple[RollupFiller, ...]:
    """Return the rollups of ``other`` with columns ``current`` does not know, where the link exists in both."""
    found = []
    for here, there in pairs:
        known = {column.name for column in here.columns}
        for field in there.object.rollups:
            spec = field.rollup
            if spec is None or all(there.column(field.name, part.name).name in known for part in field.parts):
                continue
            child = current.object_named(other.physical[spec.child].id)
            link = current.physical[child].by_id.get(other.physical[spec.child].fields[spec.link].id) if child else None
            if child and link:
                found.append(RollupFiller(other, (here.object.name, there), (child, link), field))
    return tuple(found)
