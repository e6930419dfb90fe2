"""Pages of records and single records, within the rights of who asks; statements are built once per shape."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, select

from formline.errors import BudgetError, NotFoundError
from formline.expressions.storage_types import Key
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import Predicates
from formline.runtime.access.rights import Rights
from formline.runtime.queries.budget import time_budget
from formline.runtime.queries.cache import Recent
from formline.runtime.queries.conditions import Conditions
from formline.runtime.queries.cursors import CursorBox, Position
from formline.runtime.queries.errors import QueryError, unusable
from formline.runtime.queries.filters import MOST_JOINS, compared_part
from formline.runtime.queries.narrow import branches_of, first_ids, gathered, sees_few
from formline.runtime.queries.ordering import Range, SortKey, conditions, order_by, position_parameters, ranges
from formline.runtime.queries.paths import lookups_of, usable
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.query import MOST_ROWS, Page, Query
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.selection import Selection, select_fields
from formline.runtime.queries.source import SqlSource
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release

#: From so many records on it matters to nobody at once whether some of them have gone.
MANY = 1_000
MANY_FOR = 60.0  # seconds
#: Columns that the platform fills in every row.
_NEVER_NULL = frozenset({"id", "created_at", "updated_at", "version"})


def fetch(connection: Connection, release: Release, actor: Actor, query: Query) -> Page:
    """Return a page of the records the actor may read.

    Raises:
        QueryError, ExpressionError: a path, operator or value the actor may not use, or that is none.
        CursorError: a cursor of another actor or query.
        BudgetError: a query that took too long.
    """
    view = reading(release, actor)
    access = view.access.object(query.object)
    if not (access.can("read") and access.can(query.right)):
        return Page([], count=0 if query.count_limit else None)
    return _Fetch(connection, view, query).page()


class _Fetch:
    """One run of a query."""

    def __init__(self, connection: Connection, view: Reading, query: Query) -> None:
        self.connection = connection
        self.view = view
        self.query = query
        self.limit = max(1, min(query.limit, MOST_ROWS))
        self.conditions = Conditions(view.release, view.access, query.object, query.where, query.base)
        self.sort = tuple((path, bool(down)) for path, down in query.sort) or (("id", True),)
        self.shape = (query.object, query.fields, self.conditions.key, self.sort, query.deleted, query.right, view.key)

    @cached_property
    def box(self) -> CursorBox:
        """What seals this query's cursors for this actor."""
        keys = self.view.release.keys
        if keys is None:
            raise QueryError("This release was opened without the site's keys: it has no cursors.")
        query = self.query
        identity = repr(
            (query.object, query.where, query.base and query.base.source, self.sort, query.deleted, query.right)
        )
        secret = self.view.release.memo("cursor_key", lambda: keys.key("cursor"))
        return CursorBox(secret, self.view.actor.key, identity)

    def page(self) -> Page:
        """Return the page the query asks for."""
        position = self.box.open(self.query.cursor) if self.query.cursor else None
        backward = position is not None and position.backward
        plan = statements(self.view.release).get(("list", self.shape), lambda: _Plan(self))
        parameters = self.conditions.parameters(self.connection.dialect)
        # A declared order alone is quick; what a person asks for besides may be anything.
        quick = plan.declared and not self.conditions.asked
        with nullcontext() if quick else time_budget(self.connection):
            rows = plan.rows(self, position, backward, parameters)
            count = self._count(parameters, len(rows) if position is None else None)
        return self._page(plan, rows, position, backward, count)

    def _page(self, plan: _Plan, rows: list[Any], position: Position | None, backward: bool, count: int | None) -> Page:
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        if backward:
            rows.reverse()
        before = more if backward else position is not None
        after = backward or more
        return Page(
            plan.records(self, rows),
            self.box.seal(Position(plan.position(rows[-1]))) if after and rows else None,
            self.box.seal(Position(plan.position(rows[0]), backward=True)) if before and rows else None,
            None if count is None else min(count, self.query.count_limit),
            count is None or count <= self.query.count_limit,
        )

    def _count(self, parameters: dict[str, Any], from_start: int | None) -> int | None:
        """Return how many records there are up to the limit; a first page that is not full has them all.

        That a list without filters has far more than a page would say is remembered for a while.
        """
        if not self.query.count_limit:
            return None
        if from_start is not None and from_start <= self.limit:
            return from_start
        limit = self.query.count_limit
        if parameters or limit < MANY:
            return self._counted(parameters, limit + 1)
        remembered: Recent[Any, tuple[float, int]] = self.view.release.memo("counts", lambda: Recent(20_000))
        key = (self.view.actor.key, self.view.actor.epochs, self.shape, limit)
        moment, found = remembered.get(key, lambda: (time.monotonic(), self._counted(parameters, 2 * limit)))
        if found < 2 * limit or time.monotonic() - moment > MANY_FOR:
            remembered.forget(key)
        return found

    def _counted(self, parameters: dict[str, Any], most: int) -> int:
        prepared: Prepared = statements(self.view.release).get(("count", self.shape), self._counting)
        return int(prepared.run(self.connection, self.view.actor, {**parameters, "count_limit": most})[0][0])

    def _counting(self) -> Prepared:
        source = self.view.source(self.query.object)
        where = self.conditions.on(source, self.view.predicates, deleted=self.query.deleted, right=self.query.right)
        some = select(literal(1)).select_from(source.source()).where(*where).limit(bindparam("count_limit"))
        return Prepared(select(func.count()).select_from(some.subquery()), source.statement)


class _Plan:
    """The statements of one shape: one per range and kind of start, made when first needed."""

    def __init__(self, fetching: _Fetch) -> None:
        self.selection = self._selected(fetching, self._source(fetching))
        keys = self._keys(fetching, self._source(fetching))
        self.first_never_null = keys[0].never_null
        self.places: tuple[int, ...] = ()
        columns = index_order(fetching.view.release, fetching.query.object, keys)
        self.declared = columns is not None
        gathers = columns is not None and fetching.query.right == "read"
        self.branches = branches_of(fetching.view, fetching.query.object, columns or ()) if gathers else ()
        self._prepared: dict[tuple[Range, bool, bool], Prepared] = {}

    @staticmethod
    def _source(fetching: _Fetch) -> SqlSource:
        return fetching.view.source(fetching.query.object)

    @staticmethod
    def _selected(fetching: _Fetch, source: SqlSource) -> Selection:
        return select_fields(source, fetching.view.access, fetching.query.fields)

    @staticmethod
    def _keys(fetching: _Fetch, source: SqlSource) -> list[SortKey]:
        return [*sort_keys(source, fetching.view.access, fetching.sort)]

    def rows(
        self, fetching: _Fetch, position: Position | None, backward: bool, parameters: dict[str, Any]
    ) -> list[Any]:
        """Return up to one row more than the page has, in walking order."""
        wanted = fetching.limit + 1
        few = sees_few(fetching.connection, fetching.view, fetching.query.object, self.branches)
        found: list[Any] = []
        after = position_parameters(position) if position else {}
        for range_ in ranges(self.first_never_null, position, backward):
            prepared = self._statement(fetching, range_, backward, few)
            values = {**parameters, **after, "row_limit": wanted - len(found)}
            found.extend(prepared.run(fetching.connection, fetching.view.actor, values))
            if len(found) >= wanted:
                break
        return found

    def _statement(self, fetching: _Fetch, range_: Range, backward: bool, few: bool) -> Prepared:
        key = (range_, backward, few)
        if key not in self._prepared:
            self._prepared[key] = self._build(fetching, range_, backward, few)
        return self._prepared[key]

    def _build(self, fetching: _Fetch, range_: Range, backward: bool, few: bool) -> Prepared:
        source = self._source(fetching)
        selection = self._selected(fetching, source)
        keys = self._keys(fetching, source)
        where: list[ColumnElement[bool]]
        if few:
            where = [source.key.in_(self._gathered(fetching, source.statement, range_, backward))]
        else:
            where = self._where(fetching, source, keys, range_, backward, fetching.view.predicates)
        columns = [*selection.columns, *selection.flags]
        for key in keys:
            if not any(key.column is column for column in columns):
                columns.append(key.column)
        at = {id(column): place for place, column in enumerate(columns)}
        self.places = tuple(at[id(key.column)] for key in keys)
        labelled = [column.label(f"c{index}") for index, column in enumerate(columns)]
        executable = (
            select(*labelled)
            .select_from(source.source())
            .where(*where)
            .order_by(*order_by(keys, range_, backward))
            .limit(bindparam("row_limit"))
        )
        return Prepared(executable, source.statement)

    @staticmethod
    def _where(
        fetching: _Fetch,
        source: SqlSource,
        keys: Sequence[SortKey],
        range_: Range,
        backward: bool,
        predicates: Predicates | None,
    ) -> list[ColumnElement[bool]]:
        query = fetching.query
        found = fetching.conditions.on(source, predicates, deleted=query.deleted, right=query.right)
        return [*found, *conditions(keys, range_, backward)]

    def _gathered(self, fetching: _Fetch, statement: Statement, range_: Range, backward: bool) -> Select[Any]:
        """Return the ids that may be on the page, gathered branch by branch."""

        def limited(source: SqlSource, branch: ColumnElement[bool]) -> Select[Any]:
            keys = self._keys(fetching, source)
            where = self._where(fetching, source, keys, range_, backward, None)
            return first_ids(source, [branch, *where], order_by(keys, range_, backward))

        return gathered(fetching.view, fetching.query.object, statement, self.branches, limited)

    def position(self, row: Any) -> tuple[Any, ...]:
        """Return the sort values of a row."""
        return tuple(row[place] for place in self.places)

    def records(self, fetching: _Fetch, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows as records, with the many-to-many fields asked for."""
        return records(fetching.connection, fetching.view.release, fetching.query.object, self.selection, rows)


def sort_keys(source: SqlSource, access: Rights, sort: Sequence[tuple[str, bool]]) -> Iterator[SortKey]:
    """Yield the keys of an order that a person asked for, the id last.

    Raises:
        QueryError: a path that is not theirs, or that has no order. BudgetError: they follow too many lookups.
    """
    if len(lookups_of(path for path, _down in sort)) > MOST_JOINS:
        raise BudgetError(f"A sort may follow {MOST_JOINS} lookups at most.")
    down = False
    for path, down in sort:
        if path == "id":
            break
        field = usable(access, source.object.name, path, "sort")
        if not field.shown.type.sortable or field.value_type.many:
            raise unusable(path, "sort")
        part = "sort" if any(each.name == "sort" for each in field.parts) else compared_part(field)
        yield SortKey(source.column(tuple(path.split(".")), part), down, path in _NEVER_NULL)
    yield SortKey(source.key, down, True)


def index_order(release: Release, object: str, keys: Sequence[SortKey]) -> tuple[str, ...] | None:
    """Return the columns of an order that has an index, so that no page needs a time limit; None where none has."""
    model = release.model(object)
    if not all(getattr(key.column, "table", None) is model.table for key in keys):
        return None
    names = tuple(str(getattr(key.column, "name", "")) for key in keys)
    return names if len(names) == 1 or any(spec.columns == names for spec in model.indexes) else None


def records(
    connection: Connection, release: Release, object: str, selection: Selection, rows: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return rows of ``selection`` as records; each many-to-many field costs one statement for all of them."""
    found = [selection.record(row) for row in rows]
    for name in selection.many:
        members = members_of(connection, release, object, name, [record["id"] for record in found])
        for record in found:
            record[name] = members.get(record["id"], ())
    return found


def members_of(
    connection: Connection, release: Release, object: str, name: str, ids: Sequence[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    """Return the targets of a many-to-many field by record, in order."""
    near, far, *_ = release.model(object).join_tables[name].c
    found: dict[UUID, list[UUID]] = {}
    for record_id, target in connection.execute(select(near, far).where(near.in_(ids)).order_by(near, far)):
        found.setdefault(record_id, []).append(target)
    return {record_id: tuple(targets) for record_id, targets in found.items()}


def get(
    connection: Connection,
    release: Release,
    actor: Actor,
    object: str,
    id: UUID,
    fields: Sequence[str] | None = None,
    *,
    deleted: bool = False,
) -> dict[str, Any]:
    """Return one record as the actor may see it; ``fields`` as in :class:`Query`.

    Raises:
        NotFoundError: absent, deleted (or not deleted, where ``deleted`` asks for the bin) or not to be read.
    """
    view = reading(release, actor)
    paths = tuple(fields or ())
    key = ("get", object, paths, deleted, view.key)
    prepared, selection = statements(release).get(key, lambda: _getting(view, object, paths, deleted))
    rows = prepared.run(connection, actor, {"record_id": id})
    if not rows:
        raise NotFoundError
    return records(connection, release, object, selection, rows)[0]


def _getting(view: Reading, object: str, paths: tuple[str, ...], deleted: bool) -> tuple[Prepared, Selection]:
    source = view.source(object)
    selection = select_fields(source, view.access, paths)
    where = Conditions(view.release, view.access, object, None, None).on(source, view.predicates, deleted=deleted)
    columns = [column.label(f"c{index}") for index, column in enumerate([*selection.columns, *selection.flags])]
    found: Select[Any] = select(*columns).select_from(source.source())
    found = found.where(source.key == bindparam("record_id", type_=Key()), *where)
    return Prepared(found, source.statement), selection
