"""Which failures of a unit go away when the whole unit runs again, and how long to wait before; nothing is run here."""

from __future__ import annotations

import random
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from formline.errors import FormlineError, ReleaseMismatchError

#: How often a unit runs again after its first run.
RERUNS: Final = 3
_FIRST_PAUSE: Final = 0.02  # seconds; doubled with every run, half of it by chance
#: PostgreSQL: serialization failure, deadlock, lock not available.
_STATES: Final = frozenset({"40001", "40P01", "55P03"})
_UNIQUE: Final = "23505"


class RunAgain(Exception):
    """What the unit saw before it locked is not what it saw after: another unit was faster."""


class BusyError(FormlineError):
    """Other units got in the way of every run; nothing was written, the caller may simply try again."""

    code = "busy"
    status = 503

    def __init__(self) -> None:
        """Use one text."""
        super().__init__("Many people are changing these records at the moment.", hint="Try again in a moment.")


def is_passing(error: BaseException) -> bool:
    """Return whether the failure is the fault of units running beside this one."""
    if isinstance(error, RunAgain | ReleaseMismatchError):
        return True
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _STATES:
        return True
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def is_disconnect(error: BaseException) -> bool:
    """Return whether the connection to the database was lost, and with it the transaction."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_duplicate(error: IntegrityError) -> bool:
    """Return whether a unique index refused a row."""
    state = getattr(error.orig, "sqlstate", None)
    return state == _UNIQUE if state is not None else "UNIQUE constraint" in str(error.orig)


def pause(run: int) -> float:
    """Return how many seconds to wait before run number ``run`` (the second run is 1)."""
    return _FIRST_PAUSE * float(2 ** (run - 1)) * (0.5 + random.random())  # noqa: S311 - spreads runs, keeps no secret
