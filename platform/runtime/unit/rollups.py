"""Step 13: rollups upward by rank. Parents are locked in id order, then counted; formulas on them follow.

What rows add to and take from their parents is known from the ledger, so sums and counts move by the difference, and
minima and maxima mostly too. Only where the difference does not tell (a maximum went, first, last, list, a ``where``
that reads other records) all rows are asked, in one statement, after the parents are locked: whoever writes a child
locks its parent before committing, so that statement sees every child that counts. The same is done for the parents
whose ``where`` reads a record that changed, such as the order of a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.catalog.distant import DistantFeed
from formline.catalog.model import RollupFeed
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.runtime.unit import formulas, writing
from formline.runtime.unit.aggregates import Difference, Parts, Unknown, applied, from_values
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.evaluation import env_of
from formline.runtime.unit.recount import parents_that_read, recount

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: What happened below each parent, by rollup field.
Moves = dict[UUID, dict[str, Difference]]


def start(plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Put the values of rollups over no rows into new rows."""
    for field in plan.object.rollups:
        value = from_values(plan.aggregate(field.name), ())
        for draft in drafts:
            put(plan, field, draft.record, value)


def read(plan: WritePlan, name: str, record: Record) -> Parts:
    """Return the parts of a rollup from a record."""
    return {part.name: record.get(name_of(part.name, name)) for part in plan.object.fields[name].parts}


def put(plan: WritePlan, field: Field, record: dict[str, Any], parts: Parts) -> None:
    """Store the parts of a rollup, and those kept beside its value."""
    formulas.put(field, record, parts[""])
    for part, value in parts.items():
        key = name_of(part, field.name)
        if part and key in plan.model.by_key:
            record[key] = value


def settle(unit: Unit) -> None:
    """Bring all rollups over the rows of the ledger up to date, lowest rank first."""
    done = 0
    while (rank := _next_rank(unit, done)) is not None:
        moves: dict[str, Moves] = {}
        for name in sorted(unit.ledger.objects()):
            _collect(unit, unit.plan(name), rank, moves)
        for parent in sorted(moves):
            _apply(unit, unit.plan(parent), moves[parent])
        done = rank


def _next_rank(unit: Unit, done: int) -> int | None:
    """Return the lowest rank above ``done`` that rows of the ledger feed; parents written meanwhile count too."""
    plans = [unit.plan(name) for name in unit.ledger.objects()]
    ranks = {rank for plan in plans for rank in (*plan.feeds, *plan.distant) if rank > done}
    return min(ranks, default=None)


def _collect(unit: Unit, plan: WritePlan, rank: int, moves: dict[str, Moves]) -> None:
    """Add what the rows of one object did to the rollups of one rank."""
    feeds, distant = plan.feeds.get(rank, ()), plan.distant.get(rank, ())
    if not feeds and not distant:
        return
    read: dict[DistantFeed, list[UUID]] = defaultdict(list)
    for key, row in unit.ledger.rows(plan.name).items():
        before, now = row.uncounted(rank)
        if before is now:
            continue
        row.counted[rank] = now
        again = unit.ledger.needs_count(plan.name, key)
        for feed in feeds:
            _compare(unit, plan, feed, before, now, again, moves)
        for each in distant:
            if before is not None and now is not None and any(before.get(n) != now.get(n) for n in each.names):
                read[each].append(key)
    for each, ids in read.items():
        for parent in parents_that_read(unit, each, ids):
            changed = moves.setdefault(each.feed.parent_object, {}).setdefault(parent, {})
            changed.setdefault(each.feed.rollup_field, Difference()).recount = True


def _compare(
    unit: Unit,
    plan: WritePlan,
    feed: RollupFeed,
    before: Record | None,
    now: Record | None,
    again: bool,
    moves: dict[str, Moves],
) -> None:
    old_parent, new_parent = _parent(feed, before), _parent(feed, now)
    if old_parent is None and new_parent is None:
        return
    order, known = plan.feed_order(feed), plan.tells(feed)
    old_value = _value(unit, plan, feed, before) if known else None
    new_value = _value(unit, plan, feed, now) if known else None
    moved = any((before or {}).get(name) != (now or {}).get(name) for name in order)
    if known and not again and not moved and old_parent == new_parent and old_value == new_value:
        return
    targets = moves.setdefault(feed.parent_object, {})
    for parent, value, side in ((old_parent, old_value, "removed"), (new_parent, new_value, "added")):
        if parent is not None and (value is not None or not known or again):
            difference = targets.setdefault(parent, {}).setdefault(feed.rollup_field, Difference())
            difference.recount |= again or not known
            if value is not None:
                getattr(difference, side).append(value)


def _parent(feed: RollupFeed, record: Record | None) -> UUID | None:
    """Return the parent that a row feeds, None where it points to another object."""
    if record is None or record.get(f"{feed.link_field}.object", feed.parent_object) != feed.parent_object:
        return None
    parent: UUID | None = record.get(feed.link_field)
    return parent


def _value(unit: Unit, plan: WritePlan, feed: RollupFeed, record: Record | None) -> Any:
    """Return what a row adds, None for nothing."""
    if record is None:
        return None
    if feed.where is not None and not feed.where.condition(env_of(unit, record, None)):
        return None
    return record["id"] if not feed.of_field else record.get(counted_key(plan, feed.of_field))


def counted_key(plan: WritePlan, field: str) -> str:
    """Return the key of what is added up: of money the amount in the company's currency."""
    base = name_of("base", field)
    return base if base in plan.model.by_key else field


def _apply(unit: Unit, plan: WritePlan, moves: Moves) -> None:
    """Lock the parents, work out their rollups, then the formulas that read them, and write what changed."""
    parents = unit.hold(plan.name, sorted(moves))
    records: dict[UUID, dict[str, Any]] = {key: dict(parents[key]) for key in moves if key in parents}
    unknown: dict[str, list[UUID]] = defaultdict(list)
    for key, record in records.items():
        for name, difference in moves[key].items():
            parts = applied(plan.aggregate(name), read(plan, name, record), difference)
            if isinstance(parts, Unknown):
                unknown[name].append(key)
            else:
                put(plan, plan.object.fields[name], record, parts)
    for name in sorted(unknown):
        field = plan.object.fields[name]
        for key, counted in recount(unit, field, unknown[name]).items():
            put(plan, field, records[key], counted)
    write_derived(unit, plan, records, {name for each in moves.values() for name in each})


def write_derived(unit: Unit, plan: WritePlan, records: Mapping[UUID, dict[str, Any]], changed: set[str]) -> None:
    """Write computed values of locked rows, formulas on them included; version, stamps and history do not move."""
    touched: dict[UUID, Record] = {}
    keys: set[str] = set()
    for key, record in records.items():
        formulas.recompute(unit, plan, record, changed)
        stored = unit.ledger.now(plan.name, key)
        moved = {name for name, value in record.items() if value != stored.get(name)}
        if moved:
            touched[key] = record
            keys |= moved
    writing.update_rows(unit, plan, touched, sorted(keys))
    for key, written in touched.items():
        unit.ledger.write(plan.name, key, None, written)
