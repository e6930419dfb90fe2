"""Which object and field of a new catalog is which of the old one, and where it will live; pure, no database.

Names are the identity, ``was`` of a new name says a rename or merge. A rollback prefers the ids of the release it goes
back to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from formline.catalog.catalog import Catalog
from formline.catalog.objects import Object
from formline.fields.field import Field
from formline.runtime.migration.sameness import Sameness
from formline.runtime.physical import RESERVED_COLUMNS, PhysicalField, PhysicalMap, PhysicalObject, storage_name
from formline.runtime.tables import METADATA

_LONGEST_NAME = 60  # PostgreSQL's limit is 63 bytes


@dataclass
class Ledger:
    """Everything ever given out: next ids and taken names. Filled from the database, consumed while matching.

    ``quarantined``: what is no longer in the live release but still in the database.
    """

    next_object: int = 1
    next_field: int = 1
    tables: set[str] = field(default_factory=lambda: set(METADATA.tables))
    columns: dict[str, set[str]] = field(default_factory=dict)
    quarantined: Mapping[int, str] = field(default_factory=dict)  # object id -> table
    quarantined_columns: frozenset[tuple[int, str]] = frozenset()  # (field id, column or join table)

    def object_id(self) -> int:
        """Give out an object id."""
        self.next_object += 1
        return self.next_object - 1

    def field_id(self) -> int:
        """Give out a field id."""
        self.next_field += 1
        return self.next_field - 1

    def table(self, name: str) -> str:
        """Give out a table name."""
        return _free(name, self.tables)

    def column(self, table: str, name: str) -> str:
        """Give out a column name of a table."""
        return _free(name, self.columns.setdefault(table, set(RESERVED_COLUMNS)))


def _free(name: str, taken: set[str]) -> str:
    name = name[:_LONGEST_NAME]
    candidate, number = name, 1
    while candidate in taken or candidate.startswith(("formline_", "sqlite_", "pg_")):
        number += 1
        candidate = f"{name}_{number}" if not name.startswith(("formline_", "sqlite_", "pg_")) else f"x_{name}_{number}"
    taken.add(candidate)
    return candidate


@dataclass(frozen=True)
class ObjectMatch:
    """An object of the new catalog. ``old`` is its former name, None for a new one.

    ``fields``: new name -> former names whose values it takes over, () for a new one. ``filled``: fields with columns
    that must be computed from existing rows. ``removed``: former names without an heir.
    """

    name: str
    old: str | None
    fields: Mapping[str, tuple[str, ...]]
    filled: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Identity:
    """The new physical map; ``objects``: those that may have changed; ``removed``: old ones without an heir."""

    physical: PhysicalMap
    objects: Mapping[str, ObjectMatch]
    removed: tuple[str, ...]


def match(
    old: tuple[Catalog, PhysicalMap] | None, new: Catalog, ledger: Ledger, back_to: PhysicalMap | None = None
) -> Identity:
    """Give every object and field of ``new`` its id and place; ``back_to`` is the map of a release to go back to."""
    return _Matching(old, new, ledger, back_to).identity()


class _Matching:
    def __init__(
        self,
        old: tuple[Catalog, PhysicalMap] | None,
        new: Catalog,
        ledger: Ledger,
        back_to: PhysicalMap | None,
    ) -> None:
        self.old_catalog: Catalog | None = old[0] if old else None
        self.old_map = old[1] if old else PhysicalMap({})
        self.new = new
        self.ledger = ledger
        self.back_to = back_to
        self.back_names = frozenset(back_to or ())
        self.sameness = Sameness(self.old_catalog, new)

    def identity(self) -> Identity:
        """Match objects, then the fields of those that changed."""
        heirs = self._object_heirs()
        placed: dict[str, Any] = {}
        matches: dict[str, ObjectMatch] = {}
        for name in self.new.names("object"):
            old_name = heirs.get(name)
            if old_name == name and name not in self.back_names and self.sameness.untouched(name):
                placed[name] = self.old_map.data[name]
                continue
            where, matched = self._object(name, old_name)
            placed[name] = where.to_data()
            matches[name] = matched
        inherited = set(heirs.values())
        removed = tuple(name for name in self.old_map if name not in inherited)
        return Identity(PhysicalMap(placed), matches, removed)

    def _object_heirs(self) -> dict[str, str]:
        """New object name -> old one."""
        names = self.new.names("object")
        former = {name: self.new.source("object", name).data.get("was") or () for name in names}
        return _heirs(names, former, self.old_map, self._ids_of(self.back_to), self.old_map.by_id)

    @staticmethod
    def _ids_of(back_to: PhysicalMap | None) -> Mapping[str, int]:
        return {name: number for number, name in back_to.by_id.items()} if back_to else {}

    def _object(self, name: str, old_name: str | None) -> tuple[PhysicalObject, ObjectMatch]:
        described = self.new.object(name)
        back = self.back_to.get(name) if self.back_to else None
        before = self.old_map[old_name] if old_name else None
        number, table = self._place(name, before, back)
        old_fields = before.fields if before else {}
        former = {key: field.was for key, field in described.fields.items()}
        back_ids = {key: one.id for key, one in back.fields.items()} if back else {}
        heirs = _heirs(described.fields, former, old_fields, back_ids, before.by_id if before else {})
        sources = {
            key: _sources(heirs.get(key), field.was, old_fields, described.fields)
            for key, field in described.fields.items()
        }
        fields, filled = self._fields(described, table, old_name, sources, back)
        inherited = {source for each in sources.values() for source in each}
        removed = tuple(key for key in old_fields if key not in inherited)
        return PhysicalObject(number, table, fields), ObjectMatch(name, old_name, sources, tuple(filled), removed)

    def _place(self, name: str, before: PhysicalObject | None, back: PhysicalObject | None) -> tuple[int, str]:
        if before:
            return before.id, before.table
        if back and self.ledger.quarantined.get(back.id) == back.table:
            return back.id, back.table
        return self.ledger.object_id(), self.ledger.table(name)

    def _fields(
        self,
        described: Object,
        table: str,
        old_name: str | None,
        sources: Mapping[str, tuple[str, ...]],
        back: PhysicalObject | None,
    ) -> tuple[dict[str, PhysicalField], list[str]]:
        """Place the fields; return them and the names of those with columns to fill, formulas after what they read."""
        before = self.old_map[old_name] if old_name else None
        rebuilt = self.sameness.rebuilt(described, old_name, sources) if old_name else frozenset()
        placed: dict[str, PhysicalField] = {}
        filled: list[str] = []
        for name, each in described.fields.items():
            source = before.fields[sources[name][0]] if before and sources[name] else None
            one = self._field(each, table, source, name in rebuilt, back.fields.get(name) if back else None)
            placed[name] = one
            fresh = source is None or any(column not in source.columns.values() for column in one.columns.values())
            if old_name and one.columns and fresh and (source is not None or self.sameness.computed(each)):
                filled.append(name)
        return placed, filled

    def _field(
        self, each: Field, table: str, source: PhysicalField | None, rebuilt: bool, back: PhysicalField | None
    ) -> PhysicalField:
        asleep = back if back and self._asleep(back) and (source is None or source.id == back.id) else None
        number = source.id if source else asleep.id if asleep else self.ledger.field_id()
        if is_joined(each):
            kept = source.join if source else asleep.join if asleep else ""
            return PhysicalField(number, join=kept or self.ledger.table(f"{table}_{each.name}"))
        columns: dict[str, str] = {}
        storage: dict[str, str] = {}
        for part in each.parts:
            kind = storage_name(part.type)
            column = None
            if source and not rebuilt and source.storage.get(part.name) == kind:
                column = source.columns[part.name]
            elif asleep and asleep.storage.get(part.name) == kind:
                column = asleep.columns[part.name]
            name = f"{each.name}_{part.name}" if part.name else each.name
            columns[part.name] = column or self.ledger.column(table, name)
            storage[part.name] = kind
        return PhysicalField(number, columns, storage)

    def _asleep(self, back: PhysicalField) -> bool:
        """Whether everything that kept a field in the release gone back to is in quarantine."""
        places = [back.join] if back.join else list(back.columns.values())
        return bool(places) and all((back.id, one) in self.ledger.quarantined_columns for one in places)


def is_joined(each: Field) -> bool:
    """Whether a field's values are pairs in a join table of its own."""
    return each.type.reference and each.value_type.many and not each.parts and not each.params.get("through")


def _heirs(
    names: Iterable[str],
    former: Mapping[str, Any],
    old: Mapping[str, Any],
    back_ids: Mapping[str, int],
    old_by_id: Mapping[int, str],
) -> dict[str, str]:
    """New name -> old name: by the id of the release gone back to, by ``was`` of a new name, by the same name.

    A new name comes first, so that what a site renamed makes room for something shipped under its former name.
    """
    names = list(names)
    heirs = {name: old_by_id[back_ids[name]] for name in names if back_ids.get(name) in old_by_id}
    for name in names:
        if name in heirs or name in old:
            continue
        was = former.get(name) or ()
        was = (was,) if isinstance(was, str) else was
        found = next((each for each in was if each in old and each not in heirs.values()), None)
        if found is not None:
            heirs[name] = found
    for name in names:
        if name not in heirs and name in old and name not in heirs.values():
            heirs[name] = name
    return heirs


def _sources(heir: str | None, was: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the old fields whose values a field takes over, the first non-null one wins; more than one is a merge."""
    merged = [name for name in was if name in old and name not in new and name != heir]
    return tuple(([heir] if heir else []) + merged)
