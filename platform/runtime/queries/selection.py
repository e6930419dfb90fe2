"""Which columns a person's fields become and how rows become records: hidden left out, masked values masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, false, func

from formline.errors import BudgetError
from formline.expressions.scope import Path
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.runtime.access.masking import mask
from formline.runtime.access.predicates import Predicates
from formline.runtime.access.rights import FieldAccess, Rights
from formline.runtime.access.scopes import any_scope
from formline.runtime.queries.errors import unusable
from formline.runtime.queries.paths import end_of, lookups_of
from formline.runtime.queries.source import SqlSource

#: Parts that only the platform reads: sort keys, and what averages are made of.
_INTERNAL = frozenset({"sort", "sum", "count"})
#: Lookups that the columns of one list may follow; SQLite joins 64 tables at most.
MOST_LOOKUPS = 30
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Guard:
    """A value that not every reader of the row may see: ``parts`` are positions of its columns in the row.

    ``clear`` is the position of the flag that shows it, None where nothing does; else it is masked or left out.
    """

    keys: tuple[str, ...]
    parts: tuple[int, ...]
    field: Field
    masked: bool
    clear: int | None


@dataclass(slots=True)
class Selection:
    """Columns with their keys, in order; columns after ``len(keys)`` are flags of ``guards``."""

    keys: list[str] = field(default_factory=list)
    columns: list[ColumnElement[Any]] = field(default_factory=list)
    flags: list[ColumnElement[Any]] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    #: Many-to-many fields of the record itself: their values come in a statement of their own.
    many: list[str] = field(default_factory=list)

    def add(self, key: str, column: ColumnElement[Any]) -> int:
        """Add a column unless the key is there; return its position."""
        if key not in self.keys:
            self.keys.append(key)
            self.columns.append(column)
        return self.keys.index(key)

    def record(self, row: Row) -> dict[str, Any]:
        """Return a row as a flat record."""
        record = dict(zip(self.keys, row, strict=False))
        for guard in self.guards:
            self._apply(guard, row, record)
        return record

    def _apply(self, guard: Guard, row: Row, record: dict[str, Any]) -> None:
        if guard.clear is not None and row[len(self.keys) + guard.clear]:
            return
        for key in guard.keys:
            del record[key]
        if guard.masked:
            record[guard.keys[0]] = mask(guard.field, row[guard.parts[0]])


def select_fields(source: SqlSource, access: Rights, paths: Iterable[str]) -> Selection:
    """Return the selection of ``paths``, or of all fields the person sees where there are none; ``id`` comes first.

    Raises:
        QueryError: a path that no record has; a path the person may not see is left out.
        BudgetError: they follow too many lookups.
    """
    described = source.object
    paths = tuple(paths)
    if len(lookups_of(paths)) > MOST_LOOKUPS:
        raise BudgetError(f"Columns may follow {MOST_LOOKUPS} lookups at most.")
    selection = Selection()
    selection.add("id", source.column(("id",)))
    for path in paths or tuple(described.fields):
        steps = tuple(path.split("."))
        part = ""
        if described.catalog.compiler.path_end(described.name, steps) is None:
            part = _part_at(access, described.name, steps)
            steps = steps[:-1]
        found = end_of(access, described.name, steps)
        if found is not None:
            _add(selection, source, access, steps, *found, only=part)
    return selection


def _part_at(access: Rights, object: str, steps: Path) -> str:
    """Return the part a path ends with (``about.object``, ``amount.currency``).

    Raises:
        QueryError: it ends with none.
    """
    found = end_of(access, object, steps[:-1]) if len(steps) > 1 else None
    if found is None or steps[-1] not in {part.name for part in found[0].parts} - _INTERNAL:
        raise unusable(".".join(steps), "show")
    return steps[-1]


def _add(
    selection: Selection,
    source: SqlSource,
    access: Rights,
    path: tuple[str, ...],
    target: Field,
    level: FieldAccess,
    only: str = "",
) -> None:
    if target.value_type.many:
        if len(path) == 1 and level.level in ("read", "edit"):
            selection.many.append(path[0])
        return
    parts = [part.name for part in target.parts if part.name not in _INTERNAL] or [""]
    if only:
        parts = [only]
    keys = tuple(name_of(part, ".".join(path)) for part in parts)
    positions = tuple(selection.add(key, source.column(path, part)) for key, part in zip(keys, parts, strict=True))
    if level.level in ("masked", "hidden"):
        clear = _flag(selection, source.follow(path[:-1]), access, level)
        selection.guards.append(Guard(keys, positions, target, level.level == "masked" and not only, clear))


def _flag(selection: Selection, holder: SqlSource, access: Rights, level: FieldAccess) -> int | None:
    """Add the flag that says whether the value is clear on a row; None where it never is."""
    scopes = tuple(scope for raised, scope in level.raised if raised in ("read", "edit"))
    if not scopes:
        return None
    condition = any_scope(holder.definition(), scopes, Predicates(access, frozenset()).read)
    selection.flags.append(func.coalesce(condition, false()))
    return len(selection.flags) - 1
