"""Asking the index: two statements, one for the words, one for the titles of what may be read; newest first.

Only documents of fields that the person reads unmasked on every record are asked. What a term as common as a whole
alphabet finds is cut to the newest: ``Found.cut`` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, text

from formline.runtime.access.actor import Actor
from formline.runtime.access.rights import rights
from formline.runtime.queries.budget import time_budget
from formline.runtime.queries.title_texts import titles
from formline.runtime.search import terms
from formline.runtime.tables import search_document

if TYPE_CHECKING:
    from formline.runtime.release import Release

#: Documents looked at, the newest that match.
MOST_DOCUMENTS = 2_000
#: On PostgreSQL, of a term that more than one of PROBED / ENOUGH documents has: each is read and compared.
MOST_COMMON = 300
PROBED, ENOUGH = 2_000, 10
#: So many documents with all words are enough to show.
MANY = 100
#: Records of one object whose rights are asked.
MOST_RECORDS = 300

_SQLITE = """
SELECT d.rid, d.object_id, d.record_id, d.field_id
FROM formline_search_words w JOIN formline_search_document d ON d.rid = w.rowid
WHERE w.terms MATCH :words AND d.field_id IN (SELECT value FROM json_each(:fields)){more}
ORDER BY w.rowid DESC LIMIT :most
"""
_SQLITE_MORE = """
AND d.record_id IN (
    SELECT e.record_id FROM formline_search_words v JOIN formline_search_document e ON e.rid = v.rowid
    WHERE v.terms MATCH :words_{n} AND e.field_id IN (SELECT value FROM json_each(:fields)))"""
_POSTGRESQL = """
SELECT d.rid, d.object_id, d.record_id, d.field_id FROM {documents} d
WHERE d.terms @@ CAST(:words AS tsquery) AND d.field_id = ANY(CAST(:fields AS integer[])){more}
"""
_POSTGRESQL_MORE = """
AND d.record_id IN (
    SELECT e.record_id FROM formline_search_document e
    WHERE e.terms @@ CAST(:words_{n} AS tsquery) AND e.field_id = ANY(CAST(:fields AS integer[])))"""
_ALL = "formline_search_document"
#: How common a term is, told by the newest documents.
_NEWEST = "(SELECT * FROM formline_search_document ORDER BY rid DESC LIMIT :probed)"
#: A rare term by the index, then sorted: the planner must not walk all documents in the hope of a match.
_RARE = "WITH found AS MATERIALIZED ({found} LIMIT :most) SELECT * FROM found ORDER BY rid DESC"
#: A common term by walking from the newest on: behind the OFFSET the planner must not take the index and sort it all.
_WALKED = "(SELECT * FROM formline_search_document ORDER BY rid DESC OFFSET 0)"


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found; ``field`` is what matched, "" for the title."""

    id: UUID
    title: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits by object, the objects in the order asked for; ``cut`` where only the newest matches were looked at."""

    hits: Mapping[str, tuple[Hit, ...]]
    cut: bool = False


def find(
    connection: Connection, release: Release, actor: Actor, asked: str, objects: Iterable[str], *, limit: int = 8
) -> Found:
    """Return up to ``limit`` records of each of the objects that have all words of ``asked``.

    Raises:
        BudgetError: the words are too common to be found in time.
    """
    words = terms.query_words(asked)
    fields = _searched(release, actor, objects)
    if not words or not fields:
        return Found({})
    with time_budget(connection):
        rows = _documents(connection, release, words, list(fields))
        keys, matched = _records(rows, fields)
        known = titles(connection, release, actor, keys)
    begin = asked.strip().casefold()
    hits: dict[str, tuple[Hit, ...]] = {}
    for name in objects:
        found = [Hit(key, known[key], matched[key]) for key in keys.get(name, ()) if key in known]
        # Stable: of those that begin alike the newest stays first.
        found.sort(key=lambda hit: not hit.title.casefold().startswith(begin))
        if found:
            hits[name] = tuple(found[:limit])
    return Found(hits, len(rows) >= (MOST_COMMON if release.dialect == "postgresql" else MOST_DOCUMENTS))


def _searched(release: Release, actor: Actor, objects: Iterable[str]) -> dict[int, tuple[str, str]]:
    """Return the fields the actor may search, by id: (object, field, "" for the title)."""
    access = rights(release, actor)
    found: dict[int, tuple[str, str]] = {}
    for name in objects:
        described, on = release.catalog.object(name), access.object(name)
        if not on.can("read"):
            continue
        ids = release.model(name).field_ids
        for field in described.search:
            if field in ids and on.readable(field):
                found[ids[field]] = (name, "" if field == described.title else field)
    return found


def _records(
    rows: Sequence[tuple[int, int, UUID, int]], fields: Mapping[int, tuple[str, str]]
) -> tuple[dict[str, list[UUID]], dict[UUID, str]]:
    """Return the newest records by object, and by what each was found."""
    keys: dict[str, list[UUID]] = {}
    matched: dict[UUID, str] = {}
    for _rid, _object_id, key, field_id in rows:
        name, field = fields[field_id]
        if key in matched:
            matched[key] = "" if field == "" else matched[key]
        elif len(keys.setdefault(name, [])) < MOST_RECORDS:
            keys[name].append(key)
            matched[key] = field
    return keys, matched


def _documents(
    connection: Connection, release: Release, words: Sequence[str], fields: list[int]
) -> list[tuple[int, int, UUID, int]]:
    """Return (rid, object id, record, field id) of the newest documents: all words in one, or in fields of one record.

    Where many documents have all words, the records that have them in different fields are not asked for.
    """
    together = _run(connection, release, [words], fields)
    if len(words) == 1 or len(together) >= MANY:
        return together
    return _run(connection, release, [[word] for word in words], fields)


def _run(
    connection: Connection, release: Release, groups: Sequence[Sequence[str]], fields: list[int]
) -> list[tuple[int, int, UUID, int]]:
    """Return documents with the first group of words whose records have the others, too."""
    values: dict[str, Any] = {"most": MOST_DOCUMENTS}
    postgresql = release.dialect == "postgresql"
    for number, group in enumerate(groups):
        spelt = [terms.postgresql_query(word) if postgresql else terms.sqlite_query(word) for word in group]
        both = [f"({each})" for each in spelt] if postgresql else spelt
        values["words" if number == 0 else f"words_{number}"] = (" & " if postgresql else " AND ").join(both)
    more = range(1, len(groups))
    if not postgresql:
        sql = _SQLITE.format(more="".join(_SQLITE_MORE.format(n=number) for number in more))
        return _fetch(connection, sql, values | {"fields": str(fields)})
    condition = "".join(_POSTGRESQL_MORE.format(n=number) for number in more)
    values["fields"] = fields
    newest = _POSTGRESQL.format(documents=_NEWEST, more=condition) + "LIMIT :most"
    if len(_fetch(connection, newest, {**values, "probed": PROBED, "most": ENOUGH})) < ENOUGH:
        found = _POSTGRESQL.format(documents=_ALL, more=condition)
        return _fetch(connection, _RARE.format(found=found), values)
    walked = _POSTGRESQL.format(documents=_WALKED, more=condition) + "LIMIT :most"
    return _fetch(connection, walked, values | {"most": MOST_COMMON})


def _fetch(connection: Connection, sql: str, values: Mapping[str, Any]) -> list[tuple[int, int, UUID, int]]:
    columns = search_document.c
    typed = text(sql).columns(columns.rid, columns.object_id, columns.record_id, columns.field_id)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(typed, dict(values))]
