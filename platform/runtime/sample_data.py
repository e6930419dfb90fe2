"""Loads the records that definitions ship: sample data on request, keys resolved, dates counted from today.

Records are made by the write pipeline as the platform itself. Lookups name the key of their target; a target that does
not exist yet (a department's head is in that department) is filled in afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select

from formline.errors import DefinitionError, Problem
from formline.fields.field import Field
from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import setting
from formline.runtime.unit import Change, Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.site import Site

Keys = dict[str, dict[str, UUID]]
_RELATIVE = re.compile(r"today([+-]\d+)d|today")
#: The time of day of a relative date in a field with a time.
_TIME_OF_DAY = time(10, 0)


def load_sample_data(site: Site) -> Keys:
    """Load all sample data of the release in one unit, once; return the ids by object and key.

    Raises:
        DefinitionError: a lookup names a key that no record has.
    """
    catalog = site.release.catalog
    names = catalog.names("sample_data")
    sources = [catalog.source("sample_data", name).data for name in names]
    marks = [f"sample_data:{name}" for name in names]

    def work(unit: Unit) -> Keys:
        statement = select(setting.c.value).where(setting.c.name.in_(marks))
        loaded = unit.connection.execute(statement).scalars().all()
        if loaded:
            return _ids(loaded)
        keys = _Loading(unit, sources).run()
        value = {object: {key: str(identifier) for key, identifier in made.items()} for object, made in keys.items()}
        rows = [{"name": mark, "value": value, "updated_at": unit.now} for mark in marks]
        unit.connection.execute(insert(setting), rows)
        return keys

    return run_unit(site, Actor.system(), work, source="import", confirm=True)


def _ids(loaded: Iterable[Any]) -> Keys:
    keys: Keys = {}
    for value in loaded:
        for object_name, made in value.items():
            keys.setdefault(object_name, {}).update({key: UUID(text) for key, text in made.items()})
    return keys


class _Loading:
    """One run over all records, in the order they are written down."""

    def __init__(self, unit: Unit, sources: Iterable[Mapping[str, Any]]) -> None:
        self.unit = unit
        self.catalog = unit.release.catalog
        self.records: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.match: dict[str, list[str]] = {}
        for source in sources:
            self.match |= source.get("match", {})
            for object_name, records in source["records"].items():
                self.records.setdefault(object_name, {}).update(records)
        self.keys: Keys = {name: {} for name in self.records}
        self.later: dict[str, dict[str, dict[str, Any]]] = {}

    def run(self) -> Keys:
        for name in self.records:
            self._adopt(name)
        for name, records in self.records.items():
            waiting = {key: record for key, record in records.items() if key not in self.keys[name]}
            while waiting:
                waiting = self._round(name, waiting)
        for name, changes in self.later.items():
            self.unit.update(
                name, [Change(self.keys[name][key], self._resolved(name, values)) for key, values in changes.items()]
            )
        return self.keys

    def _adopt(self, name: str) -> None:
        """Take records that are there already, found by the fields of ``match``, for the ones written down."""
        match = self.match.get(name)
        if not match:
            return
        wanted = {tuple(record.get(field) for field in match): key for key, record in self.records[name].items()}
        values = [found[0] for found in wanted]
        query = Query(name, ("id", *match), where={"field": match[0], "op": "in", "value": values}, limit=500)
        for row in fetch(self.unit.connection, self.unit.release, self.unit.actor, query).rows:
            key = wanted.get(tuple(row[field] for field in match))
            if key is not None:
                self.keys[name][key] = row["id"]

    def _round(self, name: str, waiting: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """Create the records whose targets of the same object exist; all of them where none is ready."""
        ready = {key: record for key, record in waiting.items() if not self._waits(name, record, waiting)}
        chosen = ready or dict(waiting)
        rows = []
        for key, record in chosen.items():
            now, later = self._split(name, record)
            rows.append(self._resolved(name, now))
            if later:
                self.later.setdefault(name, {})[key] = later
        self.keys[name].update(zip(chosen, self.unit.create(name, rows), strict=True))
        return {key: record for key, record in waiting.items() if key not in chosen}

    def _waits(self, name: str, record: Mapping[str, Any], waiting: Mapping[str, Any]) -> bool:
        fields = self.catalog.object(name).fields
        return any(value in waiting for field, value in record.items() if field in fields and name in fields[field].to)

    def _split(self, name: str, record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values that can be written now, and the lookups whose targets come later."""
        fields = self.catalog.object(name).fields
        later = {
            field: value
            for field, value in record.items()
            if field in fields and fields[field].to and isinstance(value, str) and not self._known(fields[field], value)
        }
        return {field: value for field, value in record.items() if field not in later}, later

    def _known(self, field: Field, key: str) -> bool:
        return any(key in self.keys.get(target, {}) for target in field.to)

    def _resolved(self, name: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values with ids for keys and days for relative dates."""
        object_ = self.catalog.object(name)
        values: dict[str, Any] = {}
        for key, value in record.items():
            field = object_.fields.get(key)
            if field is not None:
                values[key] = self._value(field, value)
                continue
            link = object_.child(key)
            if link is not None:
                values[key] = [self._resolved(link.object, child) for child in value]
        return values

    def _value(self, field: Field, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(field, each) for each in value]
        if not isinstance(value, str):
            return value
        if field.to:
            return self._target(field, value)
        relative = _RELATIVE.fullmatch(value)
        if relative and field.type.name in ("date", "datetime"):
            return self._day(field, int(relative[1] or 0))
        return value

    def _day(self, field: Field, days: int) -> date | datetime:
        day = self.unit.today + timedelta(days=days)
        if field.type.name == "date":
            return day
        return datetime.combine(day, _TIME_OF_DAY, self.unit.zone)

    def _target(self, field: Field, key: str) -> Any:
        for target in field.to:
            if key in self.keys.get(target, {}):
                identifier = self.keys[target][key]
                return {"id": identifier, "object": target} if len(field.to) > 1 else identifier
        where = f"{field.object}.{field.name}"
        raise DefinitionError(
            [Problem("sample-key", f"no record has the key {key!r}", "write it down first", where=where)]
        )
