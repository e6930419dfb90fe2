"""The version of the platform's own tables and its forward migrations; objects' tables are not its business.

A migration only adds (expand); what became useless goes in a later version (contract), so that two versions of the
code serve side by side. Until the first published version everything is migration 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection, insert, inspect, select, update

from formline.errors import FormlineError
from formline.runtime import tables
from formline.runtime.fence import STABLE


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from ``number - 1`` to ``number``."""

    number: int
    description: str
    apply: Callable[[Connection], None]


class SchemaError(FormlineError):
    """The platform's tables are absent, older or newer than this code; the hint names the command."""

    code = "schema"


def _create(connection: Connection) -> None:
    tables.METADATA.create_all(connection)


MIGRATIONS: tuple[Migration, ...] = (Migration(1, "all tables of the first version", _create),)
NEWEST = MIGRATIONS[-1].number


def version_of(connection: Connection) -> int:
    """Return the version of the database's platform tables, 0 where there are none."""
    if not inspect(connection).has_table(tables.live.name):
        return 0
    return connection.execute(select(tables.live.c.schema_version)).scalar() or 0


def pending(connection: Connection) -> list[Migration]:
    """Return the migrations the database has not had.

    Raises:
        SchemaError: the tables are newer than this code.
    """
    found = version_of(connection)
    if found > NEWEST:
        raise _newer(found)
    return [migration for migration in MIGRATIONS if migration.number > found]


def migrate(connection: Connection) -> list[Migration]:
    """Bring the tables to the newest version in the caller's transaction; return what was done.

    Raises:
        SchemaError: the tables are newer than this code.
    """
    found = version_of(connection)
    todo = pending(connection)
    for migration in todo:
        migration.apply(connection)
    if not found:
        first = {"id": 1, "site_id": uuid4(), "revision": 0, "phase": STABLE, "muted": False}
        connection.execute(insert(tables.live).values(**first, schema_version=NEWEST, created_at=datetime.now(UTC)))
    elif todo:
        connection.execute(update(tables.live).values(schema_version=NEWEST))
    return todo


def require_known(connection: Connection) -> None:
    """Raise SchemaError unless the tables are those of this code."""
    found = version_of(connection)
    if found > NEWEST:
        raise _newer(found)
    if found < NEWEST:
        state = "has no Formline tables yet" if not found else f"has tables of version {found}, not {NEWEST}"
        raise SchemaError(
            f"The database {state}.", hint="run `formline init`" if not found else "run `formline upgrade`"
        )


def _newer(found: int) -> SchemaError:
    return SchemaError(
        f"The database has tables of version {found}; this code knows {NEWEST}.", hint="install the newer Formline"
    )
