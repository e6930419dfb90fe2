"""Keeps clocks right in the unit that writes a record, on every path.

What a clock says of its record is a derived value: version, stamps and history do not move with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.runtime.calendars.loading import working_time
from formline.runtime.calendars.working_time import WorkingTime
from formline.runtime.unit import hooks, rollups
from formline.workflow.sla import storage
from formline.workflow.sla.asking import ask
from formline.workflow.sla.definition import Clock, clocks_of
from formline.workflow.sla.storage import Kept
from formline.workflow.sla.timing import DUE, Facts, Reading, moment, next_moment, status, step

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan

#: Under this name a unit keeps the calendars it read.
_CALENDARS = "clock calendars"


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Watch objects that have clocks, and no others."""
    return (keep_written,) if phase == "written" and clocks_of(release, object_name) else ()


def keep_written(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Queue a look at the clocks of records that changed in something a clock asks for."""
    reads = unit.release.memo(("clock reads", plan.name), partial(_reads, unit.release, plan.name))
    ids = [d.id for d in drafts if d.is_new or any(key.split(".")[0] in reads for key in d.changed_keys())]
    if ids:
        look_later(unit, plan.name, ids)


def look_later(unit: Unit, object_name: str, ids: Sequence[UUID]) -> None:
    """Queue a look at the clocks of records behind what is being written."""

    def work(unit: Unit) -> None:
        look(unit, object_name=object_name, ids=ids)

    unit.then(work)


def _reads(release: Release, object_name: str) -> frozenset[str]:
    """Return the fields whose change moves a clock; a formula stands for what it is made of, so any may."""
    fields = release.catalog.object(object_name).fields
    names = frozenset[str]().union(*(one.reads for one in clocks_of(release, object_name)))
    derived = any(name in fields and not fields[name].writable and not fields[name].system for name in names)
    return frozenset(fields) if derived else names


def look(unit: Unit, *, object_name: str, ids: Sequence[UUID], begun: Mapping[str, datetime] | None = None) -> int:
    """Bring the clocks of up to 500 records up to date; return how many moved. ``begun``: see ``entering``."""
    plan = unit.plan(object_name)
    held = unit.hold(object_name, ids)
    clocks = clocks_of(unit.release, object_name)
    if not held or not clocks:
        return 0
    asked = ask(unit, plan, clocks, held)
    known = storage.latest(unit.connection, plan.model.object_id, held, unit.dialect)
    moved: list[Kept] = []
    shown: dict[UUID, dict[str, Any]] = {}
    for key in held:
        last = {one.clock: one for one in known.get(key, ())}
        for clock, (facts, since) in zip(clocks, asked[key], strict=True):
            kept = next((last[name] for name in (clock.name, *clock.was) if name in last), None)
            entered = (begun or {}).get(f"{clock.name} {key}")
            found = _step(unit, clock, kept, facts, since or entered)
            if found is None:
                continue
            at = _at(unit, clock, found, kept, plan.model.object_id, key)
            if at != kept:
                moved.append(at)
            shown.setdefault(key, {}).update(_values(unit, clock, at))
    storage.save(unit.connection, moved)
    show(unit, plan, shown)
    return len(moved)


def _step(unit: Unit, clock: Clock, kept: Kept | None, facts: Facts, since: datetime | None) -> Reading | None:
    """Return the clock now. What a field says it counts from is for the first run; after an end it begins now."""
    last = kept.reading if kept else None
    at = since if last is None else None
    return step(last, facts, unit.now, calendar(unit, facts.calendar), restarts=clock.restarts, at=at)


def _at(unit: Unit, clock: Clock, found: Reading, kept: Kept | None, object_id: int, key: UUID) -> Kept:
    """Return the row of a reading; a run that ended is followed by a new row."""
    same = kept if kept is not None and kept.reading.run == found.run else None
    time = calendar(unit, found.calendar)
    return Kept(
        same.id if same else None,
        clock.name,
        object_id,
        key,
        found,
        moment(found, DUE, time),
        next_moment(found, tuple(clock.actions), unit.now, time),
        same.failure if same else None,
    )


def calendar(unit: Unit, key: UUID | None) -> WorkingTime:
    """Return a calendar's working time, read once per unit."""
    known: dict[UUID | None, WorkingTime] = unit.extras.setdefault(_CALENDARS, {})
    if key not in known:
        known[key] = working_time(unit.connection, unit.release, unit.site.settings, key)
    return known[key]


def _values(unit: Unit, clock: Clock, kept: Kept) -> dict[str, Any]:
    """Return the values of the fields that keep what a clock says."""
    values: dict[str, Any] = {}
    if clock.due:
        values[clock.due] = kept.due_at
    if clock.status:
        values[clock.status] = status(kept.reading, unit.now, calendar(unit, kept.reading.calendar))
    return values


def show(unit: Unit, plan: WritePlan, shown: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write what clocks say into the fields of their records, where it differs."""
    held = unit.hold(plan.name, shown)
    changed = {
        key: {**held[key], **values}
        for key, values in shown.items()
        if key in held and any(held[key].get(name) != value for name, value in values.items())
    }
    if changed:
        rollups.write_derived(unit, plan, changed, {name for values in shown.values() for name in values})
