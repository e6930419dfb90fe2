"""Reads existing rows to say beforehand what a plan would do to them; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, column, func, or_, select

from formline.errors import Problem
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.runtime import tables
from formline.runtime.migration.conversion import Outcome, convert, still_original
from formline.runtime.migration.filler import sources
from formline.runtime.migration.identity import Identity
from formline.runtime.migration.index_condition import live_where
from formline.runtime.release import ObjectModel, Release
from formline.runtime.sealing import SealError, Vault, place_of

if TYPE_CHECKING:
    from formline.runtime.keyring import KeyRing

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Loss:
    """How the values of one field convert; ``examples`` are values that would be lost or changed, as text.

    ``restored``: how many of the exact ones come back from quarantine as they were before an earlier conversion.
    ``sealing``: "sealed" where the values become secret, "opened" where secret ones become readable; no examples then.
    """

    field: str
    exact: int
    lossy: int
    invalid: int
    failed: int
    examples: tuple[str, ...]
    restored: int = 0
    sealing: str = ""

    @property
    def total(self) -> int:
        """How many values there are."""
        return self.exact + self.lossy + self.invalid + self.failed

    def __str__(self) -> str:
        """Return the line shown."""
        text = f"{self.field}: {self.exact} convert"
        text += f" ({self.restored} of them come back as they were)" if self.restored else ""
        text += f" and are {self.sealing}" if self.sealing else ""
        text += f", {self.lossy} lose something, {self.invalid} break a rule"
        return f"{text}, {self.failed} cannot be converted" + (
            f" ({', '.join(self.examples)})" if self.examples else ""
        )


def losses(connection: Connection, old: Release | None, new: Release, identity: Identity) -> tuple[Loss, ...]:
    """Return how the values of every retyped or merged field convert, deleted records included."""
    if old is None:
        return ()
    return tuple(
        found
        for name, match in identity.objects.items()
        if match.old is not None
        for found in _object(connection, old.model(match.old), new.model(name), match.filled, old.keys)
    )


def _object(
    connection: Connection, old: ObjectModel, new: ObjectModel, filled: tuple[str, ...], keys: KeyRing | None
) -> Iterator[Loss]:
    for name in filled:
        field = new.object.fields[name]
        if field.expression is not None or field.rollup is not None or field.params.get("convert_from"):
            continue
        for source in sources(old, new, field):
            before = old.object.fields[source]
            sealed = before.type.sealed or field.type.sealed
            loss = (
                _sealed(connection, old, before, field, keys) if sealed else _field(connection, old, new, before, field)
            )
            if loss.total:
                yield loss


def _field(connection: Connection, old: ObjectModel, new: ObjectModel, before: Field, after: Field) -> Loss:
    """Count by distinct values: a field has far fewer of them than rows, mostly."""
    columns = _columns(connection, old, new, before, after)
    counted: Counter[Outcome] = Counter()
    restored = 0
    examples: list[str] = []
    somewhere = or_(*(column.is_not(None) for column in columns.values()))
    statement = select(*columns.values(), func.count()).where(somewhere).group_by(*columns.values())
    for *values, rows in connection.execute(statement):
        now, original = _split(columns, values)
        if still_original(after, original, before, now):
            counted[Outcome.EXACT] += rows
            restored += rows
            continue
        value = now.get(before.name)
        if value is None:
            continue
        _, outcome = convert(before, after, value)
        counted[outcome] += rows
        if outcome in (Outcome.LOSSY, Outcome.FAILED) and len(examples) < _EXAMPLES:
            examples.append(before.type.to_text(before, value)[:60])
    return Loss(
        f"object/{old.object.name}.fields.{before.name}",
        counted[Outcome.EXACT],
        counted[Outcome.LOSSY],
        counted[Outcome.INVALID],
        counted[Outcome.FAILED],
        tuple(examples),
        restored,
    )


def _sealed(connection: Connection, old: ObjectModel, before: Field, after: Field, keys: KeyRing | None) -> Loss:
    """Count one by one, as each value is sealed by itself; a value that does not open is lost."""
    vault = Vault(connection, keys) if keys is not None and before.type.sealed else None
    counted: Counter[Outcome] = Counter()
    column = old.column(before.name)
    for key, stored in connection.execute(select(old.id, column).where(column.is_not(None))):
        try:
            value = vault.open(stored, place_of(old, before.name, key)) if vault is not None else stored
        except SealError:
            counted[Outcome.FAILED] += 1
        else:
            counted[convert(before, after, value)[1]] += 1
    place = f"object/{old.object.name}.fields.{before.name}"
    sealing = "" if before.type.sealed == after.type.sealed else "sealed" if after.type.sealed else "opened"
    return Loss(
        place,
        counted[Outcome.EXACT],
        counted[Outcome.LOSSY],
        counted[Outcome.INVALID],
        counted[Outcome.FAILED],
        (),
        sealing=sealing,
    )


#: Whether a column is of the field as it is now (else as it was before), and the record key.
_Key = tuple[bool, str]


def _columns(
    connection: Connection, old: ObjectModel, new: ObjectModel, before: Field, after: Field
) -> dict[_Key, ColumnElement[Any]]:
    """Return the field's main column, or, where its former columns come back from quarantine, all of both."""
    if not _comes_back(connection, new, after):
        return {(True, before.name): old.column(before.name)}
    now = {(True, key): old.by_key[key] for key in _keys(before)}
    # By name alone: the table of the new release would be a second one in the statement.
    return {**now, **{(False, key): column(new.by_key[key].name, new.by_key[key].type) for key in _keys(after)}}


def _keys(field: Field) -> list[str]:
    return [name_of(part.name, field.name) for part in field.parts]


def _comes_back(connection: Connection, new: ObjectModel, after: Field) -> bool:
    place = tables.column.c
    here = (place.table_name == new.table.name) & (place.column_name == new.column(after.name).name)
    asleep = select(place.column_name).where(here, place.quarantined_at.is_not(None), place.purged_at.is_(None))
    return connection.execute(asleep).first() is not None


def _split(columns: dict[_Key, ColumnElement[Any]], values: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a row as the record there is and the one there was."""
    pairs = list(zip(columns, values, strict=True))
    return {key: value for (now, key), value in pairs if now}, {key: value for (now, key), value in pairs if not now}


def duplicates(connection: Connection, old: Release | None, new: Release, identity: Identity) -> Iterator[Problem]:
    """Yield a blocker for each new unique constraint over existing columns that live records break already."""
    for name, match in identity.objects.items():
        if old is None or match.old is None:
            continue
        before, model = old.model(match.old), new.model(name)
        known = {spec.name for spec in before.indexes}
        there = {column.name for column in before.columns}
        for spec in model.indexes:
            if spec.unique is None or spec.name in known or not there.issuperset(spec.columns):
                continue
            columns: list[Any] = [model.table.c[column] for column in spec.columns]
            live = and_(live_where(model, spec, connection.dialect.name), *(column.is_not(None) for column in columns))
            twice = select(*columns).where(live).group_by(*columns).having(func.count() > 1).limit(_EXAMPLES)
            rows = connection.execute(twice).all()
            if rows:
                fields = ", ".join(spec.unique.fields)
                values = "; ".join(", ".join(map(str, row)) for row in rows)
                message = f"Records of {name} have the same {fields}: {values}"
                yield Problem(
                    "not-unique", message, "change or merge these records first", where=f"object/{name}.unique"
                )
