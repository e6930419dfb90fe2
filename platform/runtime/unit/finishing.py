"""The end of a unit, steps 12 to 14: what waits until all rows are written, in the order that locks demand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from formline.errors import FormlineError
from formline.runtime.access.changes import after_write
from formline.runtime.matching import guarding
from formline.runtime.search import index
from formline.runtime.unit import deferred, numbering, rollups, sharing, state_times

if TYPE_CHECKING:
    from formline.runtime.unit.unit import Unit

#: Rounds of queued work and automatic transitions that cause each other.
_MOST_ROUNDS = 10


def finish(unit: Unit) -> None:
    """Bring everything that depends on the written rows up to date, check it, and write history and events.

    Raises:
        ValidationError: deferred rules, or warnings that nobody confirmed.
    """
    _settle(unit)
    deferred.check_deferred(unit)
    unit.findings.raise_errors(confirmed=unit.confirmed)
    numbering.assign(unit)
    rollups.settle(unit)
    sharing.keep(unit)
    state_times.fill(unit)
    unit.journal.save(unit)
    index.keep(unit)
    guarding.keep(unit)
    _tell_access(unit)
    _tell_shadow(unit)


def _settle(unit: Unit) -> None:
    """Run queued work, rollups and automatic transitions until nothing moves any more."""
    for _ in range(_MOST_ROUNDS):
        ran = unit.run_queue()
        rollups.settle(unit)
        if not unit.move_automatically() and not ran:
            return
    raise FormlineError("Automatic transitions led to each other without end.", code="too_deep")


def _tell_access(unit: Unit) -> None:
    """Let the access layer end what it remembers about people whose records changed."""
    changed: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, list[UUID]] = defaultdict(list)
    for name, key, row in unit.ledger:
        ids[name].append(key)
        before, now = row.before, row.now
        if before is None or now is None:
            changed[name].update(unit.plan(name).keys)
        else:
            changed[name].update(each for each, value in now.items() if value != before.get(each))
    for name in ids:
        after_write(unit.connection, unit.release, name, ids[name], changed[name])


def _tell_shadow(unit: Unit) -> None:
    """Keep the columns of a release that is being prepared, or left, right."""
    shadow = unit.release.shadow
    if shadow is not None:
        from formline.runtime.migration.shadow import Written

        shadow.maintain(unit.connection, [Written(name, key, row.before, row.now) for name, key, row in unit.ledger])
