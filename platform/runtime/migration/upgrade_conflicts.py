"""Properties that an upgrade of the lower layers and the site both changed; the site wins, the plan says so; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formline.catalog.catalog import Catalog
from formline.errors import Level, Problem

_ABSENT = object()


def upgrade_conflicts(old: Catalog, new: Catalog) -> Iterator[Problem]:
    """Yield a warning for each overridden property whose base is another than when it was overridden.

    An override stores the value it replaced, so the live release knows the base the site decided against.
    """
    for key, definition in new.definitions.items():
        before = old.definitions.get(key)
        if before is None or not definition.replaced or not before.replaced:
            continue
        for path, base in definition.replaced.items():
            was = before.replaced.get(path, _ABSENT)
            if was is not _ABSENT and was != base:
                place = ".".join(map(str, path))
                message = f"{place}: the base was {_word(was)} and is {_word(base)}; the site's own value stays."
                yield Problem(
                    "upgrade-conflict",
                    message,
                    "remove the override to take the new base",
                    definition.positions.at(path),
                    "/".join(key),
                    Level.WARNING,
                )


def _word(value: Any) -> str:
    return "absent" if value is None else str(value)
