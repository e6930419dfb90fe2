"""Writing the index: the documents of the rows a unit wrote, in its transaction; two statements, however many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert

from formline.runtime.driver import DriverStatement
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.search import terms
from formline.runtime.tables import search_document

if TYPE_CHECKING:
    from formline.catalog.objects import Object
    from formline.fields.field import Field
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

Record = Mapping[str, Any]
#: Types whose separators mean nothing: 138-1234-5678 is found by 13812345678.
_JOINED = frozenset({"phone", "barcode"})
#: Records whose documents one statement removes.
_CHUNK = 500


@dataclass(frozen=True)
class Indexed:
    """What of an object is searched; ``dialect`` decides how words are spelt."""

    object: Object
    field_ids: Mapping[str, int]
    object_id: int
    dialect: str
    stored: frozenset[str]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The searched fields that are stored with the record."""
        named = (self.object.fields[name] for name in self.object.search if name in self.object.fields)
        return tuple(field for field in named if field.name in self.stored and field.name != "id")

    def documents(self, key: UUID, record: Record) -> Iterable[dict[str, Any]]:
        """Yield the documents of a record."""
        spell = terms.for_postgresql if self.dialect == "postgresql" else terms.for_sqlite
        for name, text_key, field_id, title, joined in self._read:
            # Formatted text is found by its words, not by its markup.
            value = record[text_key] if text_key in record else record.get(name)
            if value is None or value == "":
                continue
            words = terms.document(_text(value), title=title, joined=joined)
            if words:
                yield {"object_id": self.object_id, "record_id": key, "field_id": field_id, "terms": spell(words)}

    @cached_property
    def _read(self) -> tuple[tuple[str, str, int, bool, bool], ...]:
        """By searched field: name, key of its words, id, whether it is the title, whether separators mean nothing."""
        return tuple(
            (
                field.name,
                f"{field.name}.text",
                self.field_ids[field.name],
                field.name == self.object.title,
                field.type.name in _JOINED,
            )
            for field in self.fields
        )

    def differ(self, before: Record | None, now: Record | None) -> bool:
        """Return whether what is searched changed."""
        if before is None or now is None:
            return True
        return any(before.get(field.name) != now.get(field.name) for field in self.fields)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return " ".join(map(str, value)) if isinstance(value, tuple | list | set | frozenset) else str(value)


def indexed(release: Release, plan: WritePlan) -> Indexed:
    """Return what of an object is searched, worked out once per release."""
    return release.memo(
        ("indexed", plan.name),
        lambda: Indexed(plan.object, plan.model.field_ids, plan.model.object_id, release.dialect, frozenset(plan.keys)),
    )


def keep(unit: Unit) -> None:
    """Bring the documents of everything the unit wrote up to date."""
    gone: list[UUID] = []
    made: list[dict[str, Any]] = []
    for name, key, row in unit.ledger:
        what = indexed(unit.release, unit.plan(name))
        if not what.fields or not what.differ(row.before, row.now):
            continue
        if row.before is not None:
            gone.append(key)
        if row.now is not None:
            made += what.documents(key, row.now)
    remove(unit.connection, unit.release, gone)
    add(unit.connection, unit.release, made)


def remove(connection: Connection, release: Release, keys: list[UUID]) -> None:
    """Take records out of the index."""
    statement = release.memo(("search", "remove"), lambda: _removal(release))
    for start in range(0, len(keys), _CHUNK):
        connection.execute(statement, bind_keys("ids", keys[start : start + _CHUNK], release.dialect))


def _removal(release: Release) -> Any:
    return delete(search_document).where(in_keys(search_document.c.record_id, "ids", release.dialect))


def add(connection: Connection, release: Release, documents: list[dict[str, Any]]) -> None:
    """Add documents to the index."""
    if documents:
        names = list(documents[0])
        statement = release.memo(
            ("search", "add"), lambda: DriverStatement(insert(search_document).inline(), connection.dialect, names)
        )
        statement.run(connection, documents)
