"""What is stored and refers to definitions, such as running approvals: the layers above say what a plan would break."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection

from formline.errors import Problem
from formline.runtime.release import Release

#: Called with a connection, the live release and the planned one; an error among its problems stops the plan.
Referrer = Callable[[Connection, Release, Release], Iterable[Problem]]

_referrers: list[Referrer] = []


def provide(referrer: Referrer) -> Referrer:
    """Register what a plan asks; use as a decorator."""
    _referrers.append(referrer)
    return referrer


def problems(connection: Connection, old: Release, new: Release) -> Iterator[Problem]:
    """Yield what everybody who was registered finds."""
    for referrer in _referrers:
        yield from referrer(connection, old, new)
