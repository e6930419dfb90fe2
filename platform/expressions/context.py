"""What the SQL target asks of its caller: columns, rows of the other side, the clock. Joins and physical names are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, FromClause

from formline.expressions.scope import Path

Dialect = Literal["sqlite", "postgresql"]


class SqlContext(Protocol):
    """Names of one row as SQL. Bare names are that row's; :attr:`this` is the record's own context seen from inside rows.

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
        """Return whether ``element`` is, or lies below, ``above`` (one key, or the path of several) in ``object``'s tree."""

    def has_role(self, person: Path, role: str) -> ColumnElement[bool]:
        """Return whether the user at ``person`` has the role."""

    def convert(
        self, amount: ColumnElement[Any], currency: ColumnElement[Any] | None, target: str, day: ColumnElement[Any] | None
    ) -> ColumnElement[Any]:
        """Return ``amount`` in another currency; all numbers as the SQL target has them, null without a rate."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A set of rows to select from: ``source`` (with its joins), the ``where`` that ties it to the outer row, names.

    ``context.joined()`` is not asked: the implementation adds joins that paths inside the rows need to ``source`` lazily,
    so ``source`` is read after all columns were taken. ``key`` is the row's id, for first, last and count of distinct.
    """

    context: RowContext
    key: ColumnElement[Any]
    where: ColumnElement[bool] | None


class RowContext(SqlContext, Protocol):
    """The context of a row inside :class:`Rows`."""

    def source(self) -> FromClause:
        """Return the rows' FROM clause, with every join the columns taken so far need."""
