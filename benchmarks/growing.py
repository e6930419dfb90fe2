"""Makes a table of measurements larger inside the database, where sending every row there would take too long."""

from __future__ import annotations

from sqlalchemy import Connection, Table, text

_NEW_ROWS = {
    "postgresql": ("gen_random_uuid()", "generate_series(1, :times) AS copy (number)", "interval '1 second'"),
    "sqlite": ("randomblob(16)", "(SELECT value AS number FROM json_each(:numbers)) AS copy", "1000000"),
}


def grow(connection: Connection, table: Table, times: int) -> None:
    """Add ``times`` copies of every row, with ids and moments of creation of their own, and have all of it analysed."""
    kind = connection.dialect.name
    new_id, copies, second = _NEW_ROWS[kind]
    replaced = {"id": new_id, "created_at": f"t.created_at + copy.number * 7 * {second}"}
    names = [column.name for column in table.columns]
    values = ", ".join(replaced.get(name, f't."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    bound = {"times": times} if kind == "postgresql" else {"numbers": str(list(range(1, times + 1)))}
    if times > 0:
        source = f'FROM "{table.name}" AS t CROSS JOIN {copies}'
        connection.execute(text(f'INSERT INTO "{table.name}" ({columns}) SELECT {values} {source}'), bound)
    connection.execute(text("ANALYZE"))
