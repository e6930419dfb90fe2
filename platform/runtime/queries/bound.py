"""Records known by value inside a statement (user, old record, unsaved form); their fields are parameters.

Paths that go on through a lookup of such a record are subqueries that start at the parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, null, select
from sqlalchemy.types import TypeEngine

from formline.expressions.context import Dialect, Rows
from formline.expressions.scope import Path
from formline.expressions.storage_types import Key, Words
from formline.fields.base import name_of
from formline.runtime.queries import trees
from formline.runtime.queries.source import Reader, Root, SqlSource, collect, has_row, inner_select, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.queries.surroundings import Surroundings


@dataclass(slots=True, eq=False)
class BoundRow(Surroundings):
    """A record of ``object`` whose values are given when the statement runs, under the root name ``root``.

    It is both a root (``user``) and a context (``this`` of a picker's condition).
    """

    statement: Statement
    object: str
    root: str
    reader: Reader | None = None
    roots: Mapping[str, Root] | None = None

    @property
    def dialect(self) -> Dialect:
        """The database the statement is for."""
        return self.statement.dialect

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.statement.zone

    @property
    def this(self) -> BoundRow:
        """Itself: a record in memory is never inside rows."""
        return self

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return a field as a parameter, or what a lookup of the record leads to as a subquery."""
        if not path or path == ("id",):
            return self.statement.value(self.root, "id", Key())
        if path[0] == "id":  # a record's id leads to the record itself
            return self.column(path[1:], part)
        other = self._other_root(path)
        if other is not None:
            return other.column(path[1:], part)
        if len(path) == 1:
            return self._parameter(path[0], part)
        target = self._target(path[0])
        column = target.column(path[1:], part)
        return inner_select(column, target.source(), self._is_target(target, path[0])).scalar_subquery()

    def _other_root(self, path: Path) -> Root | None:
        return (self.roots or {}).get(path[0])

    def _parameter(self, name: str, part: str) -> ColumnElement[Any]:
        type_ = self._type(name, part)
        if type_ is None:
            return null().cast(Words()) if part != "base" else self._parameter(name, "")
        return self.statement.value(self.root, name_of(part, name), type_)

    def _type(self, name: str, part: str) -> TypeEngine[Any] | None:
        found = self.statement.release.catalog.object(self.object).fields[name]
        parts = found.parts or found.shown.parts  # a mirror or formula has the type of what it shows
        return next((each.type for each in parts if each.name == part), None)

    def _target(self, name: str) -> SqlSource:
        to = self.statement.release.catalog.object(self.object).fields[name].to[0]
        return source_of(self.statement, to, reader=self.reader).aliased()

    def _is_target(self, target: SqlSource, name: str) -> ColumnElement[bool]:
        return and_(target.key == self._parameter(name, ""), target.alive(), *target.readable())

    def contains(self, path: Path, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether the references at ``path`` include ``element``; the record's own are one parameter."""
        other = self._other_root(path)
        if other is not None:
            return other.contains(path[1:], element)
        if len(path) == 1 and path[0] in self.statement.release.catalog.object(self.object).fields:
            return self.statement.among(element, self.root, path[0])
        return has_row(self.rows(path), element)

    def known_keys(self, path: Path) -> Select[Any] | None:
        """Return a select of the record's own references, which are one parameter; None for longer paths."""
        other = self._other_root(path)
        if other is not None:
            return other.known_keys(path[1:])
        described = self.statement.release.catalog.object(self.object)
        if len(path) != 1 or path[0] not in described.fields:
            return None
        return select(self.statement.keys(self.root, path[0]))

    def rows(self, path: Path) -> Rows:
        """Return the rows of a collection that starts at the stored record."""
        other = self._other_root(path)
        if other is not None:
            return other.rows(path[1:])
        start = source_of(self.statement, self.object, reader=self.reader).aliased()
        return collect(start, path, start.key == self.column(()))

    def find(self, object: str) -> Rows:
        """Return all live rows of ``object``, seen from this record."""
        child = source_of(self.statement, object, roots=self.roots, reader=self.reader).aliased(outer=self)
        return Rows(child, child.key, and_(child.alive(), *child.readable()))

    def within(self, object: str, element: ColumnElement[Any], above: ColumnElement[Any] | Path) -> ColumnElement[bool]:
        """Return whether ``element`` is, or lies below, ``above`` in ``object``'s tree."""
        if isinstance(above, tuple):
            known = self.known_keys(above)
            if known is not None:
                return trees.below_known(self.statement, object, element, known)
            return trees.below_any(self.statement, object, element, lambda key: self.contains(above, key))
        return trees.below(self.statement, object, element, above)
