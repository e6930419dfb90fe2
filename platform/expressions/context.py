"""What the SQL target asks of its caller: columns, rows of the other side, the clock; joins are the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, FromClause

from formline.expressions.scope import Path

Dialect = Literal["sqlite", "postgresql"]


class SqlContext(Protocol):
    """Names of one row as SQL. Bare names are the row's; :attr:`this` is the record's own context, seen from rows.

    Every column comes in its storage form (see ``storage_types``); a root known by value (``user``, ``old``) comes as a
    bound parameter of that storage type.
    """

    @property
    def dialect(self) -> Dialect:
        """The database the statement is for."""

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""

    @property
    def this(self) -> SqlContext:
        """The context of the record itself; the context, where it is not inside rows."""

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return the column at ``path``, joining through lookups; a missing target gives null.

        The path starts with a field of this row or with a root (``user``, ``old``, ``candidate``, ``input``, a loop
        variable). ``part``: ``base`` or ``currency`` of money, ``object`` of a lookup with several targets.
        """

    def today(self) -> ColumnElement[Any]:
        """Return today's date as a bound parameter of type ``Day``."""

    def now(self) -> ColumnElement[Any]:
        """Return the moment as a bound parameter of type ``Instant``."""

    def rows(self, path: Path) -> Rows:
        """Return the rows of the collection at ``path``: another side, several in a row, or a many_to_many field."""

    def find(self, object: str) -> Rows:
        """Return all live rows of ``object``, not correlated with anything."""

    def contains(self, path: Path, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether the references at ``path`` include the key ``element``."""

    def within(self, object: str, element: ColumnElement[Any], above: ColumnElement[Any] | Path) -> ColumnElement[bool]:
        """Return whether ``element`` is, or lies below, ``above`` (a key, or a path to several) in the tree."""

    def has_role(self, person: Path, role: str) -> ColumnElement[bool]:
        """Return whether the user at ``person`` has the role."""

    def convert(
        self,
        amount: ColumnElement[Any],
        currency: ColumnElement[Any] | None,
        target: str,
        day: ColumnElement[Any] | None,
    ) -> ColumnElement[Any]:
        """Return ``amount`` in another currency; all numbers as the SQL target has them, null without a rate."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A set of rows to select from: the names of a row, its id, and the ``where`` that ties it to the outer row.

    ``context.source()`` is read after all columns were taken, because taking a column may add a join.
    """

    context: RowContext
    key: ColumnElement[Any]
    where: ColumnElement[bool] | None


class RowContext(SqlContext, Protocol):
    """The context of a row inside :class:`Rows`."""

    def source(self) -> FromClause:
        """Return the rows' FROM clause, with every join the columns taken so far need."""
