"""The steps of an apply, in order, as plain data kept with the release; carrying them out lives in apply.py.

Every step may be repeated: a killed apply goes on with the step it was in.
"""

from __future__ import annotations

from collections.abc import Iterator

from formline.runtime.fence import PUBLIC, STABLE, WRITE_ONLY
from formline.runtime.migration.identity import Identity
from formline.runtime.migration.shadow import Shadow
from formline.runtime.release import Release

#: Its first word says what to do, the others to what.
Step = tuple[str, ...]

EXPAND, INDEX, SWITCH, FILL, ROLLUP, DRAIN, SETTLE = "expand", "index", "switch", "fill", "rollup", "drain", "settle"


def steps_of(old: Release | None, new: Release, identity: Identity) -> tuple[Step, ...]:
    """Return what takes the site from ``old`` to ``new``."""
    return tuple(_steps(old, new, identity))


def _steps(old: Release | None, new: Release, identity: Identity) -> Iterator[Step]:
    yield (EXPAND,)
    if old is None:
        yield (SWITCH, STABLE)
        yield (SETTLE,)
        return
    shadow = Shadow(old, new)
    fills: list[Step] = [(FILL, name) for name in shadow.fillers]
    fills += [(ROLLUP, rollup.parent, rollup.field.name) for rollup in shadow.rollups]
    if fills:
        yield (SWITCH, WRITE_ONLY)
        yield from fills
    yield (INDEX,)
    leaves = bool(fills or identity.removed or any(one.removed for one in identity.objects.values()))
    if leaves:
        yield (SWITCH, PUBLIC)
        yield (DRAIN,)
    yield (SWITCH, STABLE)
    yield (SETTLE,)
