"""Where the widgets of a dashboard stand for one person: as defined, or as they arranged them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog.dashboards import COLUMNS, Dashboard, Widget
from formline.runtime import dashboard_layouts
from formline.runtime.dashboard_layouts import MOST_WIDGETS, Place
from formline.web.home.widgets import available
from formline.web.visit import Visit

MOST_HEIGHT = 8
MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Placed:
    """A widget in its place; ``y`` counts rows, ``x`` columns of twelve, both from 0."""

    widget: Widget
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The widgets of a page in reading order; ``own`` where the person arranged them."""

    placed: tuple[Placed, ...]
    own: bool


def arrangement(visit: Visit, dashboard: Dashboard) -> Arrangement:
    """Return a person's arrangement of a dashboard; widgets that are gone or not theirs any more are left out."""
    kept = dashboard_layouts.load(visit.connection, visit.release, visit.actor.user_id, dashboard.name)
    if kept is None:
        return Arrangement(defined(visit, dashboard), own=False)
    known = available(visit)
    return Arrangement(tuple(_placed(known[one.widget], one) for one in kept if one.widget in known), own=True)


def defined(visit: Visit, dashboard: Dashboard) -> tuple[Placed, ...]:
    """Return a dashboard as it is defined: the widgets the person may see in rows from left to right."""

    def packed() -> tuple[Placed, ...]:
        known = available(visit)
        return tuple(_packed(widget for widget in dashboard.widgets.values() if widget.key in known))

    return visit.compiled(("defined arrangement", dashboard.name, visit.rights), packed)


def _packed(widgets: Iterable[Widget]) -> Iterable[Placed]:
    x = y = tallest = 0
    for widget in widgets:
        if x + widget.width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        yield Placed(widget, x, y, widget.width, widget.height)
        x, tallest = x + widget.width, max(tallest, widget.height)


def _placed(widget: Widget, place: Place) -> Placed:
    return Placed(widget, place.x, place.y, place.width, place.height)


def read(sent: Any, known: Mapping[str, Widget]) -> tuple[Place, ...]:
    """Return what a browser sent as an arrangement, in reading order; what makes no sense is left out."""
    found: dict[str, Place] = {}
    for each in sent if isinstance(sent, list) else ():
        if not (isinstance(each, list) and len(each) == 5 and each[0] in known):
            continue
        numbers = each[1:]
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
            continue
        x, y, width, height = numbers
        width = min(max(width, 1), COLUMNS)
        place = Place(
            each[0],
            min(max(x, 0), COLUMNS - width),
            min(max(y, 0), MOST_ROWS),
            width,
            min(max(height, 1), MOST_HEIGHT),
        )
        found.setdefault(each[0], place)
    ordered = sorted(found.values(), key=lambda one: (one.y, one.x))
    return tuple(ordered[:MOST_WIDGETS])
