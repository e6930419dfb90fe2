"""What a conversion would make of a record, without writing anything: for its button and its dialog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.catalog.conversions import Conversion, Copied, Created
from formline.expressions.expression import Expression
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.converting.converting import once_key
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.tables import conversion as conversion_table
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.release import Release


@dataclass(frozen=True, slots=True)
class Preview:
    """``open``: it can be done now; ``values``: stored values of what would be made, by object, whoever may read them.

    ``lines``: (object, line, largest number) that the dialog asks for.
    """

    open: bool
    values: Mapping[str, Mapping[str, Any]]
    lines: Sequence[tuple[str, UUID, Decimal]]


def preview(
    connection: Connection, release: Release, actor: Actor, conversions: Sequence[Conversion], record_id: UUID
) -> dict[str, Preview]:
    """Return the previews of conversions of one record by name; rights on the record were asked before."""
    keys = [once_key(one, record_id) for one in conversions if one.once]
    done = set(connection.execute(select(conversion_table.c.once).where(conversion_table.c.once.in_(keys))).scalars())
    return {
        one.name: _preview(connection, release, actor, one, record_id, once_key(one, record_id) in done)
        for one in conversions
    }


def _preview(
    connection: Connection, release: Release, actor: Actor, one: Conversion, record_id: UUID, done: bool
) -> Preview:
    found: dict[str, dict[str, Any]] = {}
    asked: dict[str, Any] = {f"when {part.object}": part.when for part in one.create if part.when is not None}
    if one.when is not None:
        asked["when"] = one.when
    for part in one.create:
        asked |= {f"{part.object}.{key}": value for key, value in part.values.items() if isinstance(value, Expression)}
    answers, record = _asked(connection, release, actor, one.source, asked, [record_id]).get(record_id, ({}, {}))
    for part in one.create:
        if answers.get(f"when {part.object}", True):
            found[part.object] = _values(part, record, answers)
    lines, left = _lines(connection, release, actor, one, record_id)
    return Preview(not done and bool(answers.get("when", True)) and bool(found) and left, found, lines)


def _values(part: Created, record: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values by key, those of fields with parts copied part by part."""
    found: dict[str, Any] = {}
    for name, value in part.values.items():
        if isinstance(value, Copied):
            prefix = f"{value.field}."
            found[name] = record.get(value.field)
            found |= {f"{name}.{key.removeprefix(prefix)}": record[key] for key in record if key.startswith(prefix)}
        elif isinstance(value, Expression):
            found[name] = answers.get(f"{part.object}.{name}")
    return found


def _lines(
    connection: Connection, release: Release, actor: Actor, one: Conversion, record_id: UUID
) -> tuple[list[tuple[str, UUID, Decimal]], bool]:
    """Return the lines whose number the dialog asks for, and whether every record with lines would get some."""
    found: list[tuple[str, UUID, Decimal]] = []
    empty = False
    for part in one.create:
        left = 0
        for lines in part.lines:
            link = release.catalog.object(one.source).child(lines.source)
            if link is None:
                continue
            most = lines.values.get(lines.ask)
            asked: dict[str, Any] = {"most": most} if isinstance(most, Expression) else {}
            if lines.where is not None:
                asked["where"] = lines.where
            model = release.model(link.object)
            children = select(model.id).where(model.column(link.field) == record_id, model.deleted_at.is_(None))
            ids = list(connection.execute(children.order_by(model.id)).scalars())
            for key, (answers, record) in _asked(connection, release, actor, link.object, asked, ids).items():
                if not answers.get("where", True):
                    continue
                left += 1
                number = record.get(most.field) if isinstance(most, Copied) else answers.get("most", most)
                if lines.ask and number is not None:
                    found.append((link.object, key, Decimal(str(number))))
        empty = empty or (any(lines.where is not None for lines in part.lines) and not left)
    return found, not empty


def _asked(
    connection: Connection, release: Release, actor: Actor, name: str, asked: Mapping[str, Any], ids: Sequence[UUID]
) -> dict[UUID, tuple[dict[str, Any], dict[str, Any]]]:
    """Return (answers by name, stored record) of rows, by id, in order: one statement."""
    if not ids:
        return {}
    key = ("conversion asks", name, tuple(asked), tuple(map(id, asked.values())))
    statement, built = release.memo(key, lambda: _statement(release, name, asked))
    user = {**actor.user, "id": actor.user_id, "roles": actor.roles}
    binds = statement.parameters({"user": user, **_clock(release)}) | bind_keys(IDS, ids, release.dialect)
    model, count = release.model(name), len(asked)
    found = {}
    for row in connection.execute(built, binds):
        record = dict(zip(model.keys, row[count:], strict=True))
        found[record["id"]] = (dict(zip(asked, row[:count], strict=True)), record)
    return {each: found[each] for each in ids if each in found}


def _clock(release: Release) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"clock": {"today": now.astimezone(release.zone).date(), "now": now}}


def _statement(release: Release, name: str, asked: Mapping[str, Any]) -> tuple[Statement, Any]:
    statement = Statement(release)
    source = source_of(statement, name, roots={"user": user_root(statement)})
    answers = [each.sql(source).label(f"answer_{number}") for number, each in enumerate(asked.values())]
    stored = [source.model.by_key[key].label(f"stored_{number}") for number, key in enumerate(source.model.keys)]
    chosen = select(*answers, *stored).select_from(source.source())
    return statement, chosen.where(in_keys(source.key, IDS, release.dialect), source.alive())
