"""Rollups computed from all rows of locked parents, one statement per rollup; ``rollups`` says why that is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, type_coerce

from formline.catalog.distant import DistantFeed, reads_holder
from formline.fields.base import name_of
from formline.fields.field import Field, RollupSpec
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit.aggregates import Parts, from_values
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.unit import Unit

#: Aggregates the database computes; the others need the rows in order.
_GROUPED = frozenset({"count", "min", "max"})


def recount(unit: Unit, field: Field, parents: Iterable[UUID]) -> dict[UUID, Parts]:
    """Return the parts of a rollup for each of ``parents``, which the unit holds locked."""
    spec = unit.release.catalog.compiler.rollup_of(field)
    parents = list(parents)
    key = ("recount", field.object, field.name)
    statement, built = unit.release.memo(key, lambda: _build(unit, field, spec))
    binds = statement.parameters(unit.roots) | bind_keys(IDS, parents, unit.dialect)
    rows = unit.connection.execute(built, binds)
    if spec.aggregate in _GROUPED:
        found = {row[0]: row[1] for row in rows}
        return {parent: {"": found.get(parent, 0 if spec.aggregate == "count" else None)} for parent in parents}
    values: dict[UUID, list[Any]] = defaultdict(list)
    for parent, value in rows:
        if value is not None:
            values[parent].append(value)
    return {parent: from_values(spec.aggregate, values[parent]) for parent in parents}


def parents_that_read(unit: Unit, distant: DistantFeed, ids: Sequence[UUID]) -> list[UUID]:
    """Return the parents of rows whose rollup reads records of ``ids``, of which something changed."""
    if distant.of_parent and not distant.chain:
        return list(ids)
    built = unit.release.memo(("parents that read", id(distant)), lambda: _reading(unit, distant))
    return list(unit.connection.execute(built, bind_keys(IDS, ids, unit.dialect)).scalars())


def _reading(unit: Unit, distant: DistantFeed) -> Any:
    *nearer, (owner, name) = distant.chain
    condition = in_keys(unit.plan(owner).model.column(name), IDS, unit.dialect)
    for before, lookup in reversed(nearer):
        condition = unit.plan(before).model.column(lookup).in_(select(unit.plan(owner).model.id).where(condition))
        owner = before
    if distant.of_parent:
        return select(unit.plan(owner).model.id).where(condition)
    rows, feed = unit.plan(distant.child).model, distant.feed
    link = rows.column(feed.link_field)
    conditions = [condition, rows.deleted_at.is_(None), link.is_not(None)]
    if name_of("object", feed.link_field) in rows.by_key:
        conditions.append(rows.column(feed.link_field, "object") == feed.parent_object)
    return select(link).where(*conditions).distinct()


def _build(unit: Unit, field: Field, spec: RollupSpec) -> tuple[Statement, Any]:
    statement = Statement(unit.release)
    child = source_of(statement, spec.child, roots={"user": user_root(statement)})
    parent = source_of(statement, field.object, roots=child.roots).aliased()
    link = child.model.column(spec.link)
    conditions = [in_keys(link, IDS, unit.dialect), child.alive()]
    if name_of("object", spec.link) in child.model.by_key:
        conditions.append(child.model.column(spec.link, "object") == field.object)
    if spec.where is not None:
        conditions.append(spec.where.where(child.inside(parent)))
    rows_from = [child.source()]
    if spec.where is not None and reads_holder(spec.where):
        conditions.append(parent.key == link)
        rows_from.append(parent.source())
    column = _column(child, spec)
    if spec.aggregate in _GROUPED:
        value = getattr(func, spec.aggregate)(column)
        if spec.aggregate != "count":
            value = type_coerce(value, column.type)
        return statement, select(link, value).select_from(*rows_from).where(and_(*conditions)).group_by(link)
    rows = select(link, column).select_from(*rows_from).where(and_(*conditions))
    return statement, rows.order_by(*order_of(child, field))


def order_of(child: SqlSource, field: Field) -> list[ColumnElement[Any]]:
    """Return the order of the rows for first, last and list: as declared (nulls last), then by id."""
    order: list[ColumnElement[Any]] = []
    for name in field.params.get("sort") or ():
        column = child.column(tuple(name.lstrip("-").split(".")))
        order.append((column.desc() if name.startswith("-") else column.asc()).nulls_last())
    return [*order, child.key.asc()]


def _column(child: SqlSource, spec: RollupSpec) -> ColumnElement[Any]:
    """Return what is added up: of money the amount in the company's currency, of nothing the rows themselves."""
    if not spec.of:
        return child.key
    base = name_of("base", spec.of)
    return child.model.by_key[base] if base in child.model.by_key else child.model.by_key[spec.of]
