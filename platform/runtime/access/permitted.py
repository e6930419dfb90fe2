"""Rights on given records: which of them, and what exactly on each; one statement for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, false, func, select, true

from formline.runtime.access.actor import Actor
from formline.runtime.access.levels import RANK, SCOPED_RIGHTS, Level, Scope, higher
from formline.runtime.access.predicates import Predicates, user_root
from formline.runtime.access.rights import ObjectAccess, rights
from formline.runtime.access.scopes import any_scope
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release

_IDS = "record_ids"


def permitted(
    connection: Connection, release: Release, actor: Actor, object: str, ids: Iterable[UUID], right: str
) -> set[UUID]:
    """Return those of ``ids`` on which the actor has the right, deleted records included.

    ``right``: read, update, delete, export or transfer. Absent ids are not permitted.
    """
    access = rights(release, actor)
    wanted = list(ids)
    if not wanted or not access.object(object).can(right):
        return set()
    key = ("permitted", object, right, access, actor.shared)
    prepared: Prepared = statements(release).get(key, lambda: _permitted(release, actor, object, right))
    rows = prepared.run(connection, actor, bind_keys(_IDS, wanted, release.dialect))
    return {row[0] for row in rows}


def _permitted(release: Release, actor: Actor, object: str, right: str) -> Prepared:
    source = _source(release, object)
    condition = Predicates(rights(release, actor), actor.shared).condition(source, right)
    found = select(source.key).where(in_keys(source.key, _IDS, release.dialect))
    if condition is not None:
        found = found.where(condition)
    return Prepared(found.select_from(source.source()), source.statement)


def _source(release: Release, object: str) -> SqlSource:
    statement = Statement(release)
    return source_of(statement, object, roots={"user": user_root(statement)})


@dataclass(frozen=True, slots=True)
class RecordRights:
    """What an actor may do with one record: its rights, and fields whose level its relation to the actor raises."""

    access: ObjectAccess
    granted: frozenset[str]
    raised: dict[str, Level]

    def can(self, right: str) -> bool:
        """Return whether the right is given on this record; named actions and plain rights hold for all."""
        return right in self.granted if right in SCOPED_RIGHTS else self.access.can(right)

    def field(self, name: str) -> Level:
        """Return the level of a field here; to edit one takes the right to update the record, the owner to transfer."""
        level = higher(self.access.field(name), self.raised.get(name, "hidden"))
        editable = self.can("transfer" if name == "owner" else "update")
        return level if level != "edit" or editable else "read"

    @property
    def writable(self) -> frozenset[str]:
        """Names that a change of this record may contain."""
        return frozenset(
            name for name in self.access.writable if name == "record_type" or RANK[self.field(name)] >= RANK["edit"]
        )


def record_rights(
    connection: Connection, release: Release, actor: Actor, object: str, ids: Sequence[UUID]
) -> dict[UUID, RecordRights]:
    """Return what the actor may do with each of ``ids``; records they may not read are left out."""
    access = rights(release, actor)
    described = access.object(object)
    if not ids or not described.can("read"):
        return {}
    key = ("record_rights", object, access, actor.shared)
    prepared, raised = statements(release).get(key, lambda: _record_rights(release, actor, described))
    rows = prepared.run(connection, actor, bind_keys(_IDS, ids, release.dialect))
    return {row[0]: rights_of_flags(described, row[1:], raised) for row in rows}


#: Fields whose level a scope raises, with that level.
Raised = Sequence[tuple[str, Level]]


def rights_of_flags(access: ObjectAccess, flags: Sequence[Any], raised: Raised) -> RecordRights:
    """Return the rights on one record from what the columns of :func:`flags_of_rights` said of it."""
    granted = frozenset(right for right, flag in zip(SCOPED_RIGHTS, flags, strict=False) if flag)
    levels: dict[str, Level] = {}
    for (name, level), flag in zip(raised, flags[len(SCOPED_RIGHTS) :], strict=True):
        if flag:
            levels[name] = higher(level, levels.get(name, "hidden"))
    return RecordRights(access, granted, levels)


def flags_of_rights(
    source: SqlSource, access: ObjectAccess, predicates: Predicates
) -> tuple[list[ColumnElement[Any]], Raised]:
    """Return columns that say which scoped rights hold on a row, then which levels are raised; and those levels."""
    flags = [_flag(predicates.condition(source, right)) for right in SCOPED_RIGHTS]
    raised: list[tuple[str, Level]] = []
    conditions: dict[Scope, ColumnElement[Any]] = {}
    for name in access.object.fields:
        for level, scope in access.level_of(name).raised:
            if scope not in conditions:
                conditions[scope] = _flag(any_scope(source.definition(), (scope,), predicates.read))
            raised.append((name, level))
            flags.append(conditions[scope])
    return flags, raised


def _record_rights(release: Release, actor: Actor, access: ObjectAccess) -> tuple[Prepared, Raised]:
    predicates = Predicates(access.rights, actor.shared)
    source = _source(release, access.object.name)
    flags, raised = flags_of_rights(source, access, predicates)
    columns = [source.key, *(flag.label(f"f{index}") for index, flag in enumerate(flags))]
    found = select(*columns).where(in_keys(source.key, _IDS, release.dialect))
    readable = predicates.read(source)
    if readable is not None:
        found = found.where(readable)
    return Prepared(found.select_from(source.source()), source.statement), raised


def _flag(condition: ColumnElement[bool] | None) -> ColumnElement[Any]:
    return true() if condition is None else func.coalesce(condition, false())
