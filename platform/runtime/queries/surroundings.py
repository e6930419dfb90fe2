"""What expressions ask of a statement whatever row they are about: roles, money, the clock. Rows are source.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement

from formline.expressions.scope import Path
from formline.runtime.queries import rates, roles

if TYPE_CHECKING:
    from formline.runtime.queries.source import SqlSource
    from formline.runtime.queries.statement import Statement


class Surroundings:
    """The part of :class:`~formline.expressions.context.SqlContext` that stored and bound rows share."""

    __slots__ = ()

    statement: Statement

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return the column of a path; each kind of row finds it its own way."""
        raise NotImplementedError

    def has_role(self, person: Path, role: str) -> ColumnElement[bool]:
        """Return whether the user at ``person`` has the role, itself or through another."""
        return roles.has_role(self.statement, self.column((*person, "roles")), role)

    def convert(
        self,
        amount: ColumnElement[Any],
        currency: ColumnElement[Any] | None,
        target: str,
        day: ColumnElement[Any] | None,
    ) -> ColumnElement[Any]:
        """Return ``amount`` in another currency."""
        return rates.converted(cast("SqlSource", self), amount, currency, target, day)

    def today(self) -> ColumnElement[Any]:
        """Return today's date as a parameter."""
        return self.statement.today()

    def now(self) -> ColumnElement[Any]:
        """Return the moment as a parameter."""
        return self.statement.now()
