"""Lists of people who may see few records: the first rows of each owner, merged, instead of a walk past all others.

A walk of the sort's index finds a page at once where a person sees much, and reads the whole table where they own
twenty old records. Which of the two is decided per person and object, and remembered for a while.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, select, text, true, union_all

from formline.expressions.storage_types import Key
from formline.runtime.access import shares
from formline.runtime.access.scopes import stamp
from formline.runtime.queries.cache import Recent
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.reading import Reading
from formline.runtime.queries.source import SqlSource, inner_select
from formline.runtime.queries.statement import Statement

FEW = 0.05  # of all records: what a person sees less of is gathered owner by owner
SMALL = 20_000  # records that are walked as fast as gathered
MOST_KEYS = 1_000  # owners to gather from
REMEMBERED = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of what a person may read: a stamp that equals ``key`` of the user or is in a set around them."""

    stamp: str
    root: str
    key: str

    @property
    def several(self) -> bool:
        """Whether the stamp may have several values."""
        return self.root == "reach"

    def condition(self, source: SqlSource) -> ColumnElement[bool]:
        """Return the alternative as a condition on a row."""
        if self.stamp == "share":
            return shares.in_team(source) if self.key == "team" else shares.shared(source, "read")
        if self.several:
            return source.statement.among(stamp(source, self.stamp), self.root, self.key)
        return stamp(source, self.stamp) == source.statement.value(self.root, self.key, Key())


_OWN = Branch("owner", "user", "id")
_BRANCHES: Final[dict[str, tuple[Branch, ...]]] = {
    "own": (_OWN,),
    "own_and_reports": (Branch("owner", "reach", "reports"),),
    "team": (_OWN, Branch("share", "", "team")),
    "own_and_team": (_OWN, Branch("share", "", "team")),
    "department": (Branch("department", "user", "department"),),
    "department_and_below": (Branch("department", "reach", "departments"),),
}


def branches_of(view: Reading, object: str, sort: Sequence[str]) -> tuple[Branch, ...]:
    """Return the alternatives for lists in an order; () where one has no index for it, or is a free condition."""
    model = view.release.model(object)
    if view.access.object(object).restrictions("read"):
        return ()  # the first rows of an owner may all be taken away
    found: list[Branch] = []
    for scope in view.access.object(object).scopes("read"):
        if not isinstance(scope, str) or scope not in _BRANCHES:
            return ()
        found.extend(_BRANCHES[scope])
    if model.object_id in view.actor.shared:
        found.append(Branch("share", "", "all"))
    indexes = {spec.columns for spec in model.indexes}
    needed = {each.stamp for each in found} - {"share"}
    columns = {name: str(model.column(name).name) for name in needed if name in model.by_key}
    if needed - set(columns) or any((column, *sort) not in indexes for column in columns.values()):
        return ()
    return tuple(dict.fromkeys(found))


# --- deciding --------------------------------------------------------------------------------------------------------


def sees_few(connection: Connection, view: Reading, object: str, branches: tuple[Branch, ...]) -> bool:
    """Return whether the person sees so little of an object that gathering beats walking; counted now and then."""
    if not branches or len(view.actor.reach.reports) > MOST_KEYS:
        return False
    remembered: Recent[Any, tuple[float, bool]] = view.release.memo("sees_few", lambda: Recent(20_000))
    key = (view.actor.key, view.actor.epochs, object, branches)
    moment, few = remembered.get(key, lambda: (time.monotonic(), _counted(connection, view, object, branches)))
    if time.monotonic() - moment > REMEMBERED:
        remembered.forget(key)
    return few


def _counted(connection: Connection, view: Reading, object: str, branches: tuple[Branch, ...]) -> bool:
    table = view.release.model(object).table.name
    size = connection.execute(_SIZES[view.release.dialect](table)).scalar() or 0
    if size < SMALL:
        return False
    most = int(size * FEW)
    prepared: Prepared = statements(view.release).get(
        ("few", object, branches), lambda: _counting(view, object, branches)
    )
    return bool(prepared.run(connection, view.actor, {"most": most + 1})[0][0] <= most)


_SIZES: Final[dict[str, Callable[[str], Any]]] = {
    "sqlite": lambda table: text(f'SELECT max(rowid) FROM "{table}"'),  # noqa: S608  # a table of ours
    "postgresql": lambda table: text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)").bindparams(
        table=f'"{table}"'
    ),
}


def _counting(view: Reading, object: str, branches: tuple[Branch, ...]) -> Prepared:
    statement = Statement(view.release)
    counts = []
    for branch in branches:
        source = view.source(object, statement).definition().aliased()
        some = select(literal(1)).select_from(source.row).where(branch.condition(source)).limit(bindparam("most"))
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery())
    return Prepared(select(reduce(operator.add, counts)), statement)


# --- gathering -------------------------------------------------------------------------------------------------------

#: Returns the select of the ids of a row's source, limited to a page and in page order, where the condition holds.
Limited = Callable[[SqlSource, ColumnElement[bool]], Select[Any]]


def gathered(
    view: Reading, object: str, statement: Statement, branches: tuple[Branch, ...], limited: Limited
) -> Select[Any]:
    """Return a select of the ids that may be on the page: the first of every branch and owner."""
    members = [_branch(view, object, statement, branch, limited) for branch in branches]
    return members[0] if len(members) == 1 else select(union_all(*members).subquery().c.id)


def _branch(view: Reading, object: str, statement: Statement, branch: Branch, limited: Limited) -> Select[Any]:
    source = view.source(object, statement).aliased()
    if not branch.several:
        return select(limited(source, branch.condition(source)).subquery().c.id)
    keys = select(statement.keys(branch.root, branch.key)).subquery(statement.alias("key"))
    first = limited(source, stamp(source, branch.stamp) == keys.c.id)
    if view.release.dialect == "postgresql":
        lateral = first.lateral(statement.alias("first"))
        return select(lateral.c.id).select_from(keys.join(lateral, true()))
    row = view.source(object, statement).aliased().row
    # SQLite has no LATERAL: the rows are looked up by a subquery per key, which CROSS JOIN keeps the outer loop.
    return select(row.c["id"].label("id")).select_from(keys.join(row, row.c["id"].in_(first)))


def first_ids(source: SqlSource, where: Sequence[ColumnElement[bool]], order: Sequence[Any]) -> Select[Any]:
    """Return the select of the first ids of a source in an order."""
    found = inner_select(source.key.label("id"), source.source(), None)
    return found.where(*where).order_by(*order).limit(bindparam("row_limit"))
