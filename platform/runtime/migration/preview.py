"""Reads existing rows to say beforehand what a plan would do to them; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select

from formline.errors import Problem
from formline.fields.field import Field
from formline.runtime.migration.conversion import Outcome, convert
from formline.runtime.migration.filler import sources
from formline.runtime.migration.identity import Identity
from formline.runtime.migration.index_condition import live_where
from formline.runtime.release import ObjectModel, Release

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Loss:
    """How the values of one field convert; ``examples`` are values that would be lost or changed, as text."""

    field: str
    exact: int
    lossy: int
    invalid: int
    failed: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """Return the line shown."""
        text = f"{self.field}: {self.exact} convert, {self.lossy} lose something, {self.invalid} break a rule"
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
        for found in _object(connection, old.model(match.old), new.model(name), match.filled)
    )


def _object(connection: Connection, old: ObjectModel, new: ObjectModel, filled: tuple[str, ...]) -> Iterator[Loss]:
    for name in filled:
        field = new.object.fields[name]
        if field.expression is not None or field.rollup is not None or field.params.get("convert_from"):
            continue
        for source in sources(old, new, field):
            yield _field(connection, old, old.object.fields[source], field)


def _field(connection: Connection, old: ObjectModel, before: Field, after: Field) -> Loss:
    """Count by distinct value: a field has far fewer of them than rows, mostly."""
    column = old.column(before.name)
    counted: Counter[Outcome] = Counter()
    examples: list[str] = []
    statement = select(column, func.count()).where(column.is_not(None)).group_by(column)
    for value, rows in connection.execute(statement):
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
    )


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
