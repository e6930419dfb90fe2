"""What the live release expects of the database against what is there; reports, mends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from formline.errors import Level, Problem
from formline.runtime.migration.introspect import Found, introspect
from formline.runtime.release import ObjectModel
from formline.runtime.releases import unfinished
from formline.runtime.site import Site
from formline.runtime.tables import METADATA

_POSTGRESQL_NAMES = {"timestamp with time zone": "timestamptz", "character varying": "varchar"}


def doctor(site: Site) -> list[Problem]:
    """Return every difference between the live release and the database, and everything left unfinished."""
    release = site.refresh()
    with site.reading(patient=True) as connection:
        found = introspect(connection)
        problems = [*_unfinished(connection), *_platform(found)]
        for name in release.physical:
            problems += _object(release.model(name), found, connection.dialect)
    return problems


def _unfinished(connection: Connection) -> Iterator[Problem]:
    running = unfinished(connection)
    if running is not None:
        message = f"The apply of release {running.number} is not finished."
        yield Problem(
            "apply-unfinished", message, "run `formline apply --resume` unless it is running", where="formline_release"
        )


def _platform(found: Found) -> Iterator[Problem]:
    for table in METADATA.tables.values():
        there = found.tables.get(table.name)
        if there is None:
            yield Problem("missing-table", "A table of the platform is missing.", "restore a backup", where=table.name)
            continue
        for column in table.columns:
            if column.name not in there:
                where = f"{table.name}.{column.name}"
                yield Problem(
                    "missing-column", "A column of the platform is missing.", "run `formline upgrade`", where=where
                )


def _object(model: ObjectModel, found: Found, dialect: Dialect) -> Iterator[Problem]:
    table = model.table
    there = found.tables.get(table.name)
    if there is None:
        yield _problem("missing-table", f"The table of {model.object.name} is missing.", "restore a backup", table.name)
        return
    yield from _columns(model, there, dialect)
    for join in model.join_tables.values():
        if join.name not in found.tables:
            yield _problem(
                "missing-table", f"A join table of {model.object.name} is missing.", "restore a backup", join.name
            )
    for spec in model.indexes:
        index = found.indexes.get(spec.name)
        if index is None or not index.valid:
            what = "is missing" if index is None else "was not finished"
            columns = ", ".join(spec.columns)
            yield _problem(
                "missing-index",
                f"The index on {model.object.name} ({columns}) {what}.",
                "run `formline doctor --mend`",
                f"{table.name}.{spec.name}",
                Level.ERROR if spec.unique else Level.WARNING,
            )


def _columns(model: ObjectModel, there: Mapping[str, str], dialect: Dialect) -> Iterator[Problem]:
    for column in model.table.columns:
        where = f"{model.table.name}.{column.name}"
        if column.name not in there:
            yield _problem(
                "missing-column", f"A column of {model.object.name} is missing.", "run `formline doctor --mend`", where
            )
            continue
        wanted, is_now = _type(column.type.compile(dialect)), _type(there[column.name])
        if wanted != is_now:
            yield _problem("changed-column", f"The column is {is_now}, not {wanted}.", "restore a backup", where)


def _type(text: str) -> str:
    """Return a type's name as it is compared: without collation, in the short form."""
    name = text.lower().partition(" collate")[0].strip()
    return _POSTGRESQL_NAMES.get(name, name)


def _problem(code: str, message: str, hint: str, where: str, level: Level = Level.ERROR) -> Problem:
    return Problem(code, message, hint, where=where, level=level)
