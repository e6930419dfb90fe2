"""What a running approval leaves free of a record: pages offer nothing that the Unit would refuse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from formline.catalog.objects import Object
from formline.web.visit import Visit
from formline.workflow.approvals.guarding import Lock, guards_of, lock_of

if TYPE_CHECKING:
    from formline.web.records.ways import Way

_NONE = Lock()


class RecordLock:
    """The lock of one record, in the words of its page."""

    def __init__(self, lock: Lock) -> None:
        """Keep what the approvals say."""
        self._lock = lock

    def left(self, ways: Iterable[Way]) -> tuple[Way, ...]:
        """Return the ways that are still open: none while the record is locked, none that waits already."""
        if self._lock.whole:
            return ()
        return tuple(way for way in ways if way.name not in self._lock.waiting)

    def free(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of some fields that can be changed."""
        return frozenset(name for name in names if not self._lock.holds(name))

    def leaves(self, names: Iterable[str]) -> bool:
        """Return whether any of some fields can be changed."""
        return not self._lock.whole or bool(self.free(names))


def of_record(here: Visit, obj: Object, record_id: UUID) -> RecordLock:
    """Return what running approvals leave free of a record; no statement where nothing guards its object."""
    return RecordLock(_lock(here, obj, record_id))


def held(here: Visit, obj: Object, record_id: UUID) -> frozenset[str]:
    """Return the fields that running approvals keep from being changed."""
    lock = _lock(here, obj, record_id)
    return frozenset(name for name in obj.fields if lock.holds(name))


def _lock(here: Visit, obj: Object, record_id: UUID) -> Lock:
    if not guards_of(here.release, obj.name):
        return _NONE
    key = ("approval lock", obj.name, record_id)
    return here.once(key, lambda: lock_of(here.connection, here.release, obj.name, record_id, here.actor.user_id))
