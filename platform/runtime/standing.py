"""Statements of the platform's own tables that many requests run, compiled once per kind of database when first run.

A module keeps them as constants. What they are for is its own affair; how they reach the driver is ``driver``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Delete, Insert, Select, Update

from formline.expressions.context import Dialect
from formline.runtime.driver import DriverQuery, DriverStatement

#: Builds a statement for a kind of database; every value is a parameter of its own name.
BuildQuery = Callable[[Dialect], Select[Any] | CompoundSelect[Any]]
BuildStatement = Callable[[Dialect], Insert | Update | Delete]


class StandingQuery:
    """A query; see ``DriverQuery`` for what must not be in it."""

    def __init__(self, build: BuildQuery) -> None:
        """Keep how it is built."""
        self._build = build
        self._queries: dict[str, DriverQuery] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """Run it and return all rows, each a sequence of values in the order of the columns."""
        return self._on(connection).rows(connection, values)

    def first(self, connection: Connection, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Run it and return the first row by the names of its columns; None where there is none."""
        return self._on(connection).first(connection, values)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run it and return all rows by the names of their columns."""
        return self._on(connection).all(connection, values)

    def _on(self, connection: Connection) -> DriverQuery:
        name: Any = connection.dialect.name
        found = self._queries.get(name)
        if found is None:
            found = self._queries[name] = DriverQuery(self._build(name))
        return found


class StandingStatement:
    """An INSERT, UPDATE or DELETE; an INSERT without values fills the columns of ``names``."""

    def __init__(self, build: BuildStatement, names: Sequence[str] = ()) -> None:
        """Keep how it is built."""
        self._build = build
        self._names = names
        self._statements: dict[str, DriverStatement] = {}

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> None:
        """Run it for every row of values; without rows nothing is run."""
        if not rows:
            return
        name: Any = connection.dialect.name
        found = self._statements.get(name)
        if found is None:
            found = self._statements[name] = DriverStatement(self._build(name), connection.dialect, self._names)
        found.run(connection, rows)
