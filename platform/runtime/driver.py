"""Statements compiled down to the driver once, because every request runs them; nothing here knows records.

``Connection.execute`` looks up its cache, orders parameters, asks the driver to describe each column and wraps each
row, at every call: more than the database's own work where a statement is small. Values still travel as parameters,
converted by the same column types; listeners of statements and SQLAlchemy's exceptions are those of ``execute``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Delete, Executable, Insert, Update
from sqlalchemy.engine import Dialect

Convert = Callable[[Any], Any]


class _Compiled:
    """The text of a statement and how its parameters are bound."""

    def __init__(self, compiled: Any, dialect: Dialect, sources: Mapping[str, str] | None = None) -> None:
        self.text = str(compiled)
        self._positional = bool(compiled.positional)
        order = list(compiled.positiontup) if self._positional else list(compiled.binds)
        types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        of = sources or {}
        self._parameters: list[tuple[str, str, Convert | None]] = [
            (name, of.get(name, name), types[name].bind_processor(dialect)) for name in order
        ]
        self._constants = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}

    def bound(self, row: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        if self._constants:
            row = {**self._constants, **row}
        if self._positional:
            return tuple([convert(row[key]) if convert else row[key] for _name, key, convert in self._parameters])
        return {name: convert(row[key]) if convert else row[key] for name, key, convert in self._parameters}


class DriverStatement(_Compiled):
    """One INSERT, UPDATE or DELETE for one dialect; ``names`` are the columns an INSERT fills.

    ``sources`` says by parameter under which key a row has its value, where that is another one.
    """

    def __init__(
        self,
        statement: Insert | Update | Delete,
        dialect: Dialect,
        names: Sequence[str],
        sources: Mapping[str, str] | None = None,
    ) -> None:
        """Compile the statement and find the converter of each parameter."""
        super().__init__(statement.compile(dialect=dialect, column_keys=list(names) or None), dialect, sources)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for every row of values: one statement for the driver, however many rows."""
        bound: list[Any] = [self.bound(row) for row in rows]
        many = len(bound) > 1
        _run(connection, self.text, bound if many else bound[0], many=many)


class DriverQuery:
    """One query, compiled for the dialect of the connection that first runs it."""

    def __init__(self, statement: Executable) -> None:
        """Keep the statement."""
        self.statement: Any = statement
        self._compiled: _Compiled | None = None
        self._converters: list[tuple[int, Convert]] | None = None
        self._names: list[str] | None = None
        #: Whether it goes straight to the driver; known once it was run.
        self.in_driver = False
        self._dialect: Dialect

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """Run it and return all rows, each a sequence of values in the order of the columns."""
        compiled = self._compiled or self._compile(connection.dialect)
        if not self.in_driver:
            return list(connection.execute(self.statement, values))
        found = _run(connection, compiled.text, compiled.bound(values), fetch=self._fetch)
        converters = self._converters
        return [_converted(row, converters) for row in found] if converters else found

    def first(self, connection: Connection, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Run it and return the first row by the names of its columns; None where there is none."""
        found = self.all(connection, values)
        return found[0] if found else None

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run it and return all rows by the names of their columns."""
        found = self.rows(connection, values)
        if self._names is None:
            self._names = [str(column.name) for column in self.statement.selected_columns]
        return [dict(zip(self._names, row, strict=True)) for row in found]

    def _fetch(self, cursor: Any) -> list[Sequence[Any]]:
        """Return all rows; the driver describes the columns once, the first time."""
        if self._converters is None:
            self._converters = list(self._converting(cursor.description))
        found: list[Sequence[Any]] = cursor.fetchall()
        return found

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self.statement.compile(dialect=dialect)
        # A list written out in the text (IN over a Python list) changes the text with its length: that is left to
        # ``execute``. A list of ``literal(...)`` is part of the text.
        self.in_driver = not (
            compiled.post_compile_params or compiled.literal_execute_params or compiled.escaped_bind_names
        )
        self._dialect = dialect
        self._compiled = _Compiled(compiled, dialect)
        return self._compiled

    def _converting(self, described: Sequence[Any]) -> Iterator[tuple[int, Convert]]:
        """Yield position and converter of the columns whose values are not taken as they come."""
        dialect = self._dialect
        columns = zip(self.statement.selected_columns, described, strict=True)
        for position, (column, description) in enumerate(columns):
            convert = column.type.dialect_impl(dialect).result_processor(dialect, description[1])
            if convert is not None:
                yield position, convert


def _converted(row: Sequence[Any], converters: list[tuple[int, Convert]]) -> Sequence[Any]:
    values = list(row)
    for position, convert in converters:
        values[position] = convert(values[position])
    return values


def _run(
    connection: Connection,
    text: str,
    values: Any,
    *,
    many: bool = False,
    fetch: Callable[[Any], list[Sequence[Any]]] | None = None,
) -> list[Sequence[Any]]:
    """Run a statement as ``Connection.execute`` runs one; return what ``fetch`` gets from the driver's cursor."""
    if not connection.in_transaction():
        connection.begin()
    return run_text(connection, text, values, many=many, fetch=fetch)


def run_text(
    connection: Connection,
    text: str,
    values: Any = (),
    *,
    many: bool = False,
    fetch: Callable[[Any], list[Sequence[Any]]] | None = None,
) -> list[Sequence[Any]]:
    """Run the driver's own text in the transaction that is there; return what ``fetch`` gets from its cursor."""
    cursor = connection.connection.cursor()
    context = SimpleNamespace()  # where listeners keep what they find before for after
    for tell in connection.dispatch.before_cursor_execute:
        tell(connection, cursor, text, values, context, many)
    found: list[Sequence[Any]] = []
    try:
        if many:
            cursor.executemany(text, values)
        else:
            cursor.execute(text, values)
        if fetch is not None:
            found = fetch(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, text, values, cursor, None)
    cursor.close()
    for tell in connection.dispatch.after_cursor_execute:
        tell(connection, cursor, text, values, context, many)
    return found
