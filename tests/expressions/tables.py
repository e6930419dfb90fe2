"""The test world in a database: tables, rows, and the SQL view of names that the runtime has in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Table,
    and_,
    case,
    create_engine,
    event,
    exists,
    literal,
    select,
)

from formline.expressions.context import Dialect, Rows
from formline.expressions.functions import register_sqlite_functions
from formline.expressions.numbers import UNIT
from formline.expressions.scope import Path
from formline.expressions.storage_types import Day, Exact, Instant, Key, Words, storage_for
from formline.expressions.template import Template
from formline.expressions.types import Kind
from tests.expressions.rows import NOW, TODAY
from tests.expressions.rows import Rows as WorldRows
from tests.expressions.world import OBJECTS, REVERSES

METADATA = MetaData()
PRICE = Exact(2)


def _columns(object: str) -> Iterator[Column[Any]]:
    for name, type_ in OBJECTS[object].items():
        if type_.many or len(type_.objects) > 1:
            continue
        if type_.kind is Kind.MONEY:
            yield Column(name, PRICE)
            yield Column(f"{name}.currency", Words())
            yield Column(f"{name}.base", PRICE)
        else:
            yield Column(name, storage_for(type_), primary_key=name == "id")
    if object == "deal":
        yield Column("old", Key())


TABLES = {object: Table(object, METADATA, *_columns(object)) for object in OBJECTS}
WATCHERS = Table("watchers", METADATA, Column("deal", Key()), Column("user", Key()))
ABOVE = Table("above", METADATA, Column("region", Key()), Column("above", Key()))


def fill(connection: Connection, rows: WorldRows) -> None:
    """Create the tables and insert the rows."""
    METADATA.create_all(connection)
    for object, table in TABLES.items():
        names = [column.name for column in table.columns]
        connection.execute(table.insert(), [{name: row.get(name) for name in names} for row in rows.records[object]])
    pairs = [{"deal": deal["id"], "user": user} for deal in rows.records["deal"] for user in deal["watchers"]]
    connection.execute(WATCHERS.insert(), pairs)
    closure = [{"region": r["id"], "above": a} for r in rows.records["region"] for a in rows.ancestors(r["id"])]
    connection.execute(ABOVE.insert(), closure)


@contextmanager
def opened(url: str, rows: WorldRows) -> Iterator[Connection]:
    """Yield a connection to a database filled with ``rows``."""
    options = {"connect_args": {"options": "-c timezone=UTC"}} if url.startswith("postgresql") else {}
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: register_sqlite_functions(connection))
    with engine.connect() as connection:
        fill(connection, rows)
        connection.commit()
        yield connection
    engine.dispose()


@dataclass(slots=True)
class WorldContext:
    """One row of the world; ``joins`` grow as columns are asked for."""

    dialect: Dialect
    zone: tzinfo
    user: dict[str, Any]
    object: str = "deal"
    row: FromClause = TABLES["deal"]
    outer: WorldContext | None = None
    joins: dict[Path, tuple[FromClause, ColumnElement[bool]]] = field(default_factory=dict)

    @property
    def this(self) -> WorldContext:
        """The record's own context."""
        return self.outer or self

    def source(self) -> FromClause:
        """The row with its joins."""
        found = self.row
        for table, condition in self.joins.values():
            found = found.outerjoin(table, condition)
        return found

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return the column at ``path``."""
        if path[0] == "user":
            return self._of_user(path[1:])
        if path[0] == "old":
            old = self._join(("old",), "deal", self.row.c.old)
            return old.c[f"{path[1]}.{part}" if part else path[1]]
        row, object = self.row, self.object
        for index, name in enumerate(path[:-1]):
            object = OBJECTS[object][name].objects[0]
            row = self._join(path[: index + 1], object, row.c[name])
        return row.c[f"{path[-1]}.{part}" if part else path[-1]]

    def _join(self, path: Path, object: str, key: ColumnElement[Any]) -> FromClause:
        if path not in self.joins:
            table = TABLES[object].alias()
            self.joins[path] = (table, table.c.id == key)
        return self.joins[path][0]

    def _of_user(self, path: Path) -> ColumnElement[Any]:
        if len(path) > 1:
            target = TABLES["department"].alias()
            found = select(target.c[path[1]]).where(target.c.id == literal(self.user["department"], Key()))
            return found.scalar_subquery()
        return literal(self.user[path[0]], storage_for(OBJECTS["user"][path[0]]))

    def today(self) -> ColumnElement[Any]:
        """The bound day."""
        return literal(TODAY, Day())

    def now(self) -> ColumnElement[Any]:
        """The bound moment."""
        return literal(NOW, Instant())

    def _child(self, object: str) -> WorldContext:
        return replace(self, object=object, row=TABLES[object].alias(), outer=self.this, joins={})

    def rows(self, path: Path) -> Rows:
        """Return the rows of the other side."""
        object = self.object
        for name in path[:-1]:
            object = OBJECTS[object][name].objects[0]
        child, lookup = REVERSES[object, path[-1]]
        context = self._child(child)
        parent = self.column((*path[:-1], "id"))
        return Rows(context, context.row.c.id, context.row.c[lookup] == parent)

    def find(self, object: str) -> Rows:
        """Return all rows of ``object``."""
        context = self._child(object)
        return Rows(context, context.row.c.id, None)

    def contains(self, path: Path, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether the keys at ``path`` include ``element``."""
        if path == ("user", "regions"):
            return element.in_([literal(each, Key()) for each in self.user["regions"]])
        tie = and_(WATCHERS.c.deal == self.column(("id",)), WATCHERS.c.user == element)
        return exists(select(WATCHERS.c.user).where(tie).correlate_except(WATCHERS))

    def within(self, object: str, element: ColumnElement[Any], above: Any) -> ColumnElement[bool]:
        """Return whether ``element`` lies below ``above``."""
        line = ABOVE.alias()
        tie = self.contains(above, line.c.above) if isinstance(above, tuple) else line.c.above == above
        return exists(select(line.c.region).where(and_(line.c.region == element, tie)).correlate_except(line))

    def has_role(self, person: Path, role: str) -> ColumnElement[bool]:
        """Return whether the person has the role."""
        text = "EXISTS (SELECT 1 FROM json_each({1}) WHERE value = {0})"
        if self.dialect == "postgresql":
            text = "({0} = ANY({1}))"
        return Template(text, Boolean(), literal(role, Words()), self.column((*person, "roles")))

    def convert(
        self,
        amount: ColumnElement[Any],
        currency: ColumnElement[Any] | None,
        target: str,
        day: ColumnElement[Any] | None,
    ) -> ColumnElement[Any]:
        """Return the amount at the test's fixed rates."""
        rates = {"CNY": 1, "EUR": 8, "USD": 7}
        rate = literal(1) if currency is None else case(*((currency == name, value) for name, value in rates.items()))
        if self.dialect == "sqlite":
            text = f"formline_divide(formline_multiply({{0}}, {{1}} * {UNIT}), {rates[target] * UNIT})"
        else:
            text = f"round(({{0}} * {{1}})::numeric(60, 30) / {rates[target]}, 6)"
        return Template(text, amount.type, amount, rate)
