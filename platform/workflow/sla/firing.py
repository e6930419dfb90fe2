"""What happens as the time of clocks runs out: a regular job carries out the actions of shares that are used up.

Actions are carried out in the transaction that notes them, so a killed worker loses none and doubles none.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from formline.runtime import jobs, periodic
from formline.runtime.access.actor import Actor
from formline.runtime.unit import run_unit
from formline.runtime.unit.retry import BusyError
from formline.workflow.actions.inside import carry_out
from formline.workflow.sla import storage
from formline.workflow.sla.definition import Clock, clocks_of
from formline.workflow.sla.keeping import calendar, look_later
from formline.workflow.sla.storage import Kept
from formline.workflow.sla.timing import next_moment, passed

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit

BATCH = 100
#: Actions that could not be carried out are tried again after this time.
AGAIN = timedelta(hours=1)
_log = logging.getLogger(__name__)


@periodic.every("service_levels", timedelta(minutes=1))
def run_clocks(running: jobs.Running) -> int:
    """Carry out what is due; return how many clocks were."""
    return fire_due(running.site, datetime.now(UTC))


def fire_due(site: Site, now: datetime) -> int:
    """Carry out the actions of every clock that something is due of at ``now``; return how many clocks were."""
    count = 0
    while True:
        with site.reading() as connection:
            rows = storage.due(connection, now, BATCH)
        if not rows:
            return count
        for object_id in dict.fromkeys(one.object_id for one in rows):
            count += _fire_some(site, object_id, [one for one in rows if one.object_id == object_id], now)


def _fire_some(site: Site, object_id: int, rows: Sequence[Kept], now: datetime) -> int:
    """Fire clocks of one object together; where that fails each alone, so that one record does not hold up others."""
    name = site.release.object_named(object_id)
    if name is None:  # the object left the catalog
        with site.writing() as connection:
            storage.forget(connection, _ids(rows))
        return 0
    work = partial(fire, object_name=name, rows=rows)
    try:
        return run_unit(site, Actor.system(), work, source="system", confirm=True, now=now)
    except (BusyError, DBAPIError):
        raise  # passing: the job is tried again
    except Exception as error:
        if len(rows) > 1:
            return sum(_fire_some(site, object_id, [one], now) for one in rows)
        _log.warning("The actions of the clock %s could not be carried out: %s", rows[0].clock, error)
        with site.writing() as connection:
            storage.save(connection, [replace(rows[0], failure=str(error), next_at=now + AGAIN)])
        return 1


def _ids(rows: Sequence[Kept]) -> list[UUID]:
    return [one.id for one in rows if one.id is not None]


@dataclass(frozen=True, slots=True)
class _Due:
    """A clock whose shares are used up."""

    clock: Clock
    kept: Kept
    shares: tuple[int, ...]


def fire(unit: Unit, *, object_name: str, rows: Sequence[Kept]) -> int:
    """Carry out what is due of clocks of one object, looked at again under the locks of their records."""
    held = unit.hold(object_name, [one.record_id for one in rows])
    found = storage.by_id(unit.connection, _ids(rows))
    clocks = {name: one for one in clocks_of(unit.release, object_name) for name in (one.name, *one.was)}
    storage.forget(unit.connection, _ids([one for one in found if one.clock not in clocks]))
    storage.park(unit.connection, _ids([one for one in found if one.record_id not in held]))
    live = [one for one in found if one.clock in clocks and one.record_id in held]
    due = [_due(unit, clocks[one.clock], one) for one in live if one.next_at is not None and one.next_at <= unit.now]
    storage.save(unit.connection, [_after(unit, one) for one in due])
    _perform(unit, object_name, due)
    if due:
        look_later(unit, object_name, sorted({one.kept.record_id for one in due}))
    return len(due)


def _due(unit: Unit, clock: Clock, kept: Kept) -> _Due:
    reading, time = kept.reading, calendar(unit, kept.reading.calendar)
    waiting = (share for share in clock.actions if share not in reading.fired)
    return _Due(clock, kept, tuple(share for share in waiting if passed(reading, share, unit.now, time)))


def _after(unit: Unit, due: _Due) -> Kept:
    reading = replace(due.kept.reading, fired=(*due.kept.reading.fired, *due.shares))
    time = calendar(unit, reading.calendar)
    after = next_moment(reading, tuple(due.clock.actions), unit.now, time)
    return replace(due.kept, reading=reading, next_at=after, failure=None)


def _perform(unit: Unit, object_name: str, due: Sequence[_Due]) -> None:
    """Carry the actions out: of each clock the smaller shares first, each for all its records together."""
    together: dict[tuple[str, int], tuple[Clock, list[UUID]]] = {}
    for one in due:
        for share in one.shares:
            together.setdefault((one.clock.name, share), (one.clock, []))[1].append(one.kept.record_id)
    for (_name, share), (clock, keys) in sorted(together.items(), key=lambda item: item[0]):
        carry_out(unit, object_name, keys, clock.actions[share], origin=_origin(clock, share), trigger=clock.kind)


def _origin(clock: Clock, share: int) -> str:
    """Return how the runs of a list are called: ``sla/case_response.80``, ``state_machine/stages.offered.limit``."""
    if clock.state is None:
        return f"sla/{clock.name}.{share}"
    return f"state_machine/{clock.name.replace('/', '.')}.limit"
