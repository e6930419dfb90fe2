"""The SQL target's view of records: columns through joined lookups, rows of the other side; no rights of its own.

One :class:`SqlSource` is one row of an object inside a statement. Definitions see everything through it. With a
``reader``, paths are a person's: a lookup's target that the reader may not read is null, rows of the other side that
they may not read are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, exists, null, select
from sqlalchemy.sql.selectable import NamedFromClause

from formline.catalog.objects import Object
from formline.expressions.context import Dialect, Rows
from formline.expressions.scope import Path
from formline.expressions.storage_types import Words
from formline.fields.field import Field
from formline.runtime.queries import trees
from formline.runtime.queries.statement import Statement
from formline.runtime.queries.surroundings import Surroundings
from formline.runtime.release import ObjectModel

Row = Table | NamedFromClause[Any]

#: Returns what a reader may read of a row given as a definition's source; None where that is everything.
Reader = Callable[["SqlSource"], ColumnElement[bool] | None]


class Root(Protocol):
    """A word an expression may start with besides fields: ``user``, ``old``, ``candidate``, a loop variable."""

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return the value at ``path`` below the root; the empty path is the id of a root that is a record."""

    def contains(self, path: Path, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether the references at ``path`` include ``element``."""

    def rows(self, path: Path) -> Rows:
        """Return the rows of the collection at ``path``."""

    def known_keys(self, path: Path) -> Select[Any] | None:
        """Return a select of the ids at ``path`` (column ``id``) where they are a parameter, else None."""


Roots = Mapping[str, Root]


@dataclass(slots=True, eq=False)
class Frame:
    """The FROM clause of one row: its table and the lookups joined to it so far."""

    row: Row
    joins: dict[tuple[Path, bool], tuple[SqlSource, ColumnElement[bool]]] = field(default_factory=dict)

    def source(self) -> FromClause:
        """Return the row's table with all joins."""
        result: FromClause = self.row
        for target, condition in self.joins.values():
            result = result.outerjoin(target.row, condition)
        return result


@dataclass(slots=True, eq=False)
class SqlSource(Surroundings):
    """One row as :class:`~formline.expressions.context.SqlContext`; see the module for ``reader``.

    ``prefix`` is how the row was reached inside its ``frame``; ``outer`` the record's own source inside rows.
    """

    statement: Statement
    model: ObjectModel
    row: Row
    frame: Frame
    prefix: Path = ()
    outer: SqlSource | Any | None = None
    roots: Roots = field(default_factory=dict)
    reader: Reader | None = None

    @property
    def dialect(self) -> Dialect:
        """The database the statement is for."""
        return self.statement.dialect

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.statement.zone

    @property
    def object(self) -> Object:
        """The object of the row."""
        return self.model.object

    @property
    def this(self) -> Any:
        """The record's own context."""
        return self if self.outer is None else self.outer

    @property
    def key(self) -> ColumnElement[Any]:
        """The row's id."""
        return self.row.c["id"]

    def source(self) -> FromClause:
        """Return the FROM clause; read it after all columns were taken."""
        return self.frame.source()

    def definition(self) -> SqlSource:
        """Return the same row as definitions see it: without the reader's limits."""
        return self if self.reader is None else self._with(reader=None)

    def _with(self, **changes: Any) -> SqlSource:
        return replace(self, **changes)

    def aliased(self, outer: Any = None) -> SqlSource:
        """Return a source like this one whose table has a name of its own, for use inside other rows."""
        row = self.model.alias(self.statement.alias(self.object.name))
        return self._with(row=row, frame=Frame(row), prefix=(), outer=outer)

    def inside(self, outer: Any) -> SqlSource:
        """Return the same row seen from another record, which ``this`` then is."""
        return self._with(outer=outer)

    # --- columns -----------------------------------------------------------------------------------------------------

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return the column at ``path``; see :class:`~formline.expressions.context.SqlContext`."""
        root = self.roots.get(path[0])
        if root is not None:
            return root.column(path[1:], part)
        *through, name = path
        return self.follow(tuple(through))._own(name, part)

    def follow(self, path: Path) -> SqlSource:
        """Return the source of the record a path of lookups leads to, joining it once."""
        if not path:
            return self
        if path[-1] == "id":  # a record's id leads to the record itself
            return self.follow(path[:-1])
        return self.follow(path[:-1])._join(path[-1])

    def _join(self, name: str) -> SqlSource:
        prefix = (*self.prefix, name)
        key = (prefix, self.reader is not None)
        if key not in self.frame.joins:
            target = self._target(self.object.fields[name].to[0], prefix)
            condition = and_(target.key == self._own(name, ""), target.alive(), *target.readable())
            self.frame.joins[key] = (target, condition)
        return self.frame.joins[key][0]._with(roots=self.roots, outer=self.outer)

    def _target(self, object: str, prefix: Path) -> SqlSource:
        model = self.statement.release.model(object)
        row = model.alias(self.statement.alias(object))
        return self._with(model=model, row=row, prefix=prefix)

    def _own(self, name: str, part: str) -> ColumnElement[Any]:
        found: Field | None = self.object.fields.get(name)
        if found is None:
            return self.row.c[name]  # deleted_at, deletion_id: physical only
        if found.mirror:
            return self.definition().column(found.mirror, part)
        if not found.stored and found.expression is not None:
            return found.expression.sql(self.definition()) if not part else self._lacking(found, part)
        names = {each.name for each in found.parts}
        if part in names:
            return self.row.c[self.model.column(name, part).key]
        return self._lacking(found, part)

    def _lacking(self, found: Field, part: str) -> ColumnElement[Any]:
        """Return a part the field does not keep: its base amount is its amount, anything else is unknown."""
        return self._own(found.name, "") if part == "base" else null().cast(Words())

    # --- conditions every row is under -------------------------------------------------------------------------------

    def alive(self) -> ColumnElement[bool]:
        """Return that the row is not deleted."""
        return self.row.c["deleted_at"].is_(None)

    def readable(self) -> list[ColumnElement[bool]]:
        """Return what the reader may read of the row, as conditions that need no join outside themselves."""
        if self.reader is None:
            return []
        alone = self._alone(self.row)
        condition = self.reader(alone)
        if condition is None:
            return []
        if not alone.frame.joins:
            return [condition]
        inner = self._alone(self.model.alias(self.statement.alias(self.object.name)))
        where = and_(inner.key == self.key, self.reader(inner))  # type: ignore[arg-type]  # not None, as above
        return [exists_in(inner, where)]

    def _alone(self, row: Row) -> SqlSource:
        return self._with(row=row, frame=Frame(row), prefix=(), outer=None, reader=None)

    # --- rows --------------------------------------------------------------------------------------------------------

    def find(self, object: str) -> Rows:
        """Return all live rows of ``object`` that the reader may read."""
        child = self.child(object)
        return Rows(child, child.key, and_(child.alive(), *child.readable()))

    def child(self, object: str) -> SqlSource:
        """Return a new row of ``object`` with its own FROM clause, seen from this record."""
        model = self.statement.release.model(object)
        row = model.alias(self.statement.alias(object))
        return self._with(model=model, row=row, frame=Frame(row), prefix=(), outer=self.this)

    def rows(self, path: Path) -> Rows:
        """Return the rows of the collection at ``path``; several collections in a row are followed to the last."""
        root = self.roots.get(path[0])
        if root is not None:
            return root.rows(path[1:])
        return collect(self, path, None)

    def contains(self, path: Path, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether the references at ``path`` include the key ``element``."""
        root = self.roots.get(path[0])
        if root is not None:
            return root.contains(path[1:], element)
        return has_row(self.rows(path), element)

    def any_row(self, path: Path) -> ColumnElement[bool]:
        """Return whether the collection at ``path`` has a row."""
        rows = self.rows(path)
        return exists(inner_select(rows.key, rows.context.source(), rows.where))

    # --- trees -------------------------------------------------------------------------------------------------------

    def within(self, object: str, element: ColumnElement[Any], above: ColumnElement[Any] | Path) -> ColumnElement[bool]:
        """Return whether ``element`` is, or lies below, ``above`` in ``object``'s tree."""
        if isinstance(above, tuple):
            root = self.roots.get(above[0])
            known = root.known_keys(above[1:]) if root else None
            if known is not None:
                return trees.below_known(self.statement, object, element, known)
            return trees.below_any(self.statement, object, element, lambda key: self.contains(above, key))
        return trees.below(self.statement, object, element, above)


def source_of(
    statement: Statement, object: str, *, roots: Roots | None = None, reader: Reader | None = None
) -> SqlSource:
    """Return the source of a statement about ``object``: its own table, joined to as columns are taken."""
    model = statement.release.model(object)
    return SqlSource(statement, model, model.table, Frame(model.table), roots=roots or {}, reader=reader)


def collect(holder: SqlSource, path: Path, where: ColumnElement[bool] | None) -> Rows:
    """Return the rows at ``path`` from ``holder``, which is itself inside rows where ``where`` is given."""
    current = holder
    lookups: Path = ()
    for name in path:
        at = current.follow(lookups)
        if name in at.object.fields and not at.object.fields[name].value_type.many:
            lookups = (*lookups, name)
            continue
        current, where, lookups = *_step(current, at, name, where), ()
    return Rows(current, current.column((*lookups, "id")), where)


def _step(
    holder: SqlSource, at: SqlSource, name: str, where: ColumnElement[bool] | None
) -> tuple[SqlSource, ColumnElement[bool]]:
    """Return the rows behind one collection of ``at``, a record reached from ``holder``, and their condition."""
    child, link = _linked(at, name)
    # The first collection is tied to the outer row, a further one to the rows of the one before.
    tie = link(at.key if where is None else inner_select(at.key, holder.source(), where))
    return child, and_(tie, child.alive(), *child.readable())


def _linked(at: SqlSource, name: str) -> tuple[SqlSource, Callable[[Any], ColumnElement[bool]]]:
    """Return the row of a collection and the function that ties it to one key or to a selection of keys."""
    release = at.statement.release
    if name in at.object.fields:
        child = at.child(at.object.fields[name].to[0])
        table = at.model.join_tables[name]
        source_id, target_id, *_ = table.c
        return child, lambda keys: child.key.in_(inner_select(target_id, table, _is(source_id, keys)))
    link = at.object.child(name)
    if link is None:
        raise KeyError(f"{at.object.name}.{name}")
    child = at.child(link.object)
    if link.many:
        table = release.model(link.object).join_tables[link.field]
        source_id, target_id, *_ = table.c
        return child, lambda keys: child.key.in_(inner_select(source_id, table, _is(target_id, keys)))
    column = child.column((link.field,))
    return child, lambda keys: _is(column, keys)


def _is(column: ColumnElement[Any], keys: Any) -> ColumnElement[bool]:
    return column == keys if isinstance(keys, ColumnElement) else column.in_(keys)


def inner_select(column: ColumnElement[Any], source: FromClause, where: ColumnElement[bool] | None) -> Select[Any]:
    """Return a select inside another statement: it names its own rows, all others are the outer statement's."""
    found = select(column).select_from(source)
    return (found if where is None else found.where(where)).correlate_except(source)


def exists_in(source: SqlSource, where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether ``source`` has a row where ``where``; read after all columns of ``where`` were taken."""
    return exists(inner_select(source.key, source.source(), where))


def has_row(rows: Rows, element: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return whether one of ``rows`` has the key ``element``."""
    condition = rows.key == element if rows.where is None else and_(rows.where, rows.key == element)
    return exists(inner_select(rows.key, rows.context.source(), condition))
