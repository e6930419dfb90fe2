"""The items of a loop: rows behind a path to many, or the rows a find finds, as records by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Integer, literal, select, union_all

from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN, Type, ref
from formline.metadata.positions import Path
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.statement import Statement
from formline.runtime.unit import rollups
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.values import Item, bound_row, parameters

if TYPE_CHECKING:
    from formline.catalog.checker import Checker
    from formline.catalog.objects import Object
    from formline.expressions.context import Rows

#: Items of one loop, over all records of a run.
MOST = 2000
_CHUNK = 50
_IDS = "item_ids"


@dataclass(frozen=True, slots=True)
class Items:
    """Records of ``object``: behind ``path``, or all of which ``where`` holds."""

    object: str
    path: tuple[str, ...]
    where: Expression | None

    @property
    def type(self) -> Type:
        """The type of one item."""
        return ref(self.object)


def compile_items(place: Place, source: Any) -> Items:
    """Compile checked items."""
    if isinstance(source, Mapping):
        target = str(source["find"])
        where = source.get("where")
        made = None if where is None else place.compile(str(where), expects=BOOLEAN, where_of=target)
        return Items(target, (), made)
    path = tuple(str(source).split("."))
    end = _end(place, path)
    if end is None:
        raise ValueError(f"{source} was not checked")
    return Items(end, path, None)


def check_items(checker: Checker, place: Place, source: Any, path: Path) -> Type | None:
    """Return the type of an item; report what gives no records."""
    if isinstance(source, Mapping):
        if checker.object(source.get("find"), (*path, "find")) is None:
            return None
        where = source.get("where")
        if where is not None:
            more: dict[str, Any] = {"where_of": str(source["find"]), **place.names}
            checker.condition(str(where), (*path, "where"), place.object.name, **more)
        return ref(str(source["find"]))
    end = _end(place, tuple(str(source).split(".")), checker, path)
    if end is None:
        message = f'"{source}" leads to no list of records.'
        hint = "end the path with the name of the other side of a lookup, such as lines"
        checker.error("not-items", message, path, hint)
        return None
    return ref(end)


def _end(place: Place, names: tuple[str, ...], checker: Checker | None = None, path: Path = ()) -> str | None:
    """Follow a path to the object of its rows; None where it leads to one record, or nowhere."""
    current: Object | None = place.object
    if names[0] in place.variables:
        current, names = place.catalog.objects.get(place.variables[names[0]].objects[0]), names[1:]
    many = False
    for name in names:
        if current is None:
            return None
        field = current.fields.get(name)
        link = None if field is not None else current.child(name)
        if field is not None and field.to:
            many, following = many or field.value_type.many, field.to[0]
            if checker is not None:
                checker.field(current, name, path)
        elif link is not None:
            many, following = True, link.object
            if checker is not None:
                checker.reverse(current, name, path)
        else:
            return None
        current = place.catalog.objects.get(following)
    return current.name if current is not None and many else None


def items_of(run: Run, items: Items, scopes: Sequence[Scope]) -> list[list[Item]]:
    """Return the items of each scope in the order of their ids: two statements for fifty scopes."""
    rollups.settle(run.unit)
    keys: list[list[UUID]] = []
    for start in range(0, len(scopes), _CHUNK):
        keys += _keys(run, items, scopes[start : start + _CHUNK])
    records = records_of(run, items.object, sorted({key for found in keys for key in found}))
    return [[records[key] for key in found if key in records] for found in keys]


def _keys(run: Run, items: Items, scopes: Sequence[Scope]) -> list[list[UUID]]:
    shape = tuple((name, getattr(value, "object", "")) for name, value in scopes[0].variables.items())
    key = ("action items", run.object, items, len(scopes), shape)
    statement, built = run.unit.release.memo(key, lambda: _built(run, items, scopes))
    found: list[list[UUID]] = [[] for _ in scopes]
    for number, item in run.unit.connection.execute(built, parameters(run, statement, scopes)):
        found[number].append(item)
    return [sorted(set(one)) for one in found]


def _built(run: Run, items: Items, scopes: Sequence[Scope]) -> tuple[Statement, Any]:
    statement = Statement(run.unit.release)
    parts = []
    for number, scope in enumerate(scopes):
        row = bound_row(run, statement, scope, number)
        rows: Rows = row.rows(items.path) if items.path else row.find(items.object)
        tests = [] if rows.where is None else [rows.where]
        if items.where is not None:
            tests.append(items.where.where(rows.context))
        wanted = select(literal(number, Integer).label("scope"), rows.key.label("item"))
        # The join of columns in the condition is read after they were taken.
        parts.append(wanted.select_from(rows.context.source()).where(rows.key.is_not(None), *tests).limit(MOST + 1))
    single = parts[0] if len(parts) == 1 else union_all(*(select(one.subquery()) for one in parts))
    return statement, single


def records_of(run: Run, object_name: str, keys: Sequence[UUID]) -> dict[UUID, Item]:
    """Return live records by value, as the unit knows them or as they are stored."""
    model = run.unit.release.model(object_name)
    plan = run.unit.plan(object_name)
    found: dict[UUID, Item] = {}
    missing: list[UUID] = []
    for key in keys:
        row = run.unit.ledger.find(object_name, key)
        if row is None:
            missing.append(key)
        elif row.now is not None:
            found[key] = Item(object_name, row.now)
    if missing:
        wanted = select(*model.columns).where(in_keys(model.id, _IDS, run.unit.dialect), model.deleted_at.is_(None))
        for values in run.unit.connection.execute(wanted, bind_keys(_IDS, missing, run.unit.dialect)):
            record = dict(zip(plan.model.keys, values, strict=True))
            found[record["id"]] = Item(object_name, record)
    return found
