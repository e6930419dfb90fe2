"""Writes that an approval itself makes pass its own guard; and what cannot be carried out of what was approved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from formline.errors import FormlineError

if TYPE_CHECKING:
    from formline.runtime.unit import Unit

#: Under this name a unit keeps which records are being written by an approval, and the status they get.
PASSING = "approvals passing"
#: Under this name a unit keeps why what was approved failed in an earlier try, which is now recorded instead.
FAILURE = "approvals failure"


@contextmanager
def passing(unit: Unit, record_id: UUID, status: str | None) -> Iterator[None]:
    """Let writes of a record through its approvals; ``status`` is what ``approval_status`` becomes, None: stays."""
    records = unit.extras.setdefault(PASSING, {})
    before = records.get(record_id, ...)
    records[record_id] = status
    try:
        with unit.as_platform():
            yield
    finally:
        if before is ...:
            del records[record_id]
        else:
            records[record_id] = before


class CarryingOutError(FormlineError):
    """What was approved cannot be carried out; a second try records that instead."""
