"""A layout's route: one person's records of a day in the order they are gone to; distances and a drawing, no SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import asin, cos, radians, sin, sqrt
from typing import Any
from uuid import UUID

from formline.catalog.model import Route
from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.query import MOST_ROWS
from formline.web import addresses
from formline.web.records.cells import TONES
from formline.web.records.list_frame import route_of
from formline.web.records.maps import cut
from formline.web.records.targets import title_text
from formline.web.visit import Visit

#: Mean radius of the earth.
EARTH_KM = 6371.0
WIDTH, HEIGHT, MARGIN = 720, 440, 46
#: Room below the stops for the scale.
FOOT = 34
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stop:
    """A record of the day: ``point`` is (latitude, longitude) in degrees, None where the place is not known."""

    id: UUID
    version: int
    title: str
    href: str
    at: str
    state: str
    tone: str
    owner: UUID | None
    order: int | None
    point: Point | None
    #: Kilometres from the stop before, as the crow flies.
    leg: float | None = None
    number: int = 0
    x: int = 0
    y: int = 0

    @property
    def short(self) -> str:
        """The title as far as it fits beside a stop."""
        return cut(self.title, 16)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Stops with a place in their order, drawn north up; ``scale_km`` is what ``scale_width`` pixels are."""

    stops: tuple[Stop, ...]
    unplaced: tuple[Stop, ...]
    path: str
    total_km: float
    scale_km: float
    scale_width: int
    width: int = WIDTH
    height: int = HEIGHT


def required(visit: Visit, obj: Object) -> Route:
    """Return the object's route; NotFoundError where it has none for this person."""
    route = route_of(visit, obj)
    if route is None:
        raise NotFoundError
    return route


def stops_of(visit: Visit, obj: Object, day: date) -> tuple[list[Stop], bool]:
    """Return everybody's stops of a day that the reader sees, in their order, and whether there are more: one query."""
    route = required(visit, obj)
    paths = tuple(dict.fromkeys(p for p in (route.order, route.place, route.at, route.color, obj.title, "owner") if p))
    readable = visit.rights.object(obj.name).readable
    wanted = tuple(path for path in paths if path == route.place or readable(path))
    where = {"field": route.day, "op": "eq", "value": day}
    query = Query(obj.name, (*wanted, "version"), where, route.where, (("created_at", False),), MOST_ROWS)
    page = fetch(visit.connection, visit.release, visit.actor, query)
    rows = sorted(page.rows, key=lambda row: _position(route, row))
    return [_stop(visit, obj, route, row) for row in rows], page.next_cursor is not None


def _position(route: Route, row: Mapping[str, Any]) -> tuple[bool, int, str]:
    order = row.get(route.order)
    return order is None, order or 0, str(row.get(route.at) or "99")


def _stop(visit: Visit, obj: Object, route: Route, row: Mapping[str, Any]) -> Stop:
    state, tone = "", "blue"
    value = row.get(route.color) if route.color else None
    if value is not None and not isinstance(value, Masked):
        field = obj.fields[route.color]
        choice = field.choices.get(str(value))
        state, tone = visit.labels.choice(field, str(value)), choice.color if choice is not None else "grey"
    at: Any = row.get(route.at) if route.at else None
    return Stop(
        row["id"],
        row["version"],
        title_text(obj, row),
        addresses.record(obj.name, row["id"]),
        at.strftime("%H:%M") if hasattr(at, "strftime") else str(at or "")[:5],
        state,
        tone if tone in TONES else "grey",
        row.get("owner"),
        row.get(route.order),
        point_of(row.get(route.place)),
    )


def point_of(value: Any) -> Point | None:
    """Return the numbers of a stored place; None where there is none to see."""
    if not isinstance(value, str) or isinstance(value, Masked):
        return None
    try:
        lat, lon = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return lat, lon


def kilometres(start: Point, end: Point) -> float:
    """Return the distance of two places along a great circle.

    >>> round(kilometres((31.23, 121.47), (39.90, 116.41)))
    1067
    """
    (lat1, lon1), (lat2, lon2) = ((radians(one), radians(two)) for one, two in (start, end))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def nearest(stops: Sequence[Stop]) -> list[Stop]:
    """Return the stops from the first one on, always to the nearest next; those without a place come last."""
    placed = [stop for stop in stops if stop.point is not None]
    found = placed[:1]
    rest = placed[1:]
    while rest:
        here = found[-1].point
        following = min(rest, key=lambda stop: kilometres(here, stop.point) if here and stop.point else 0.0)
        rest.remove(following)
        found.append(following)
    return [*found, *(stop for stop in stops if stop.point is None)]


def draw(stops: Sequence[Stop]) -> Drawing:
    """Return the drawing of stops in their order: an even projection around their middle, the same scale both ways."""
    placed = [stop for stop in stops if stop.point is not None]
    points = [stop.point for stop in placed if stop.point is not None]
    if not points:
        return Drawing((), tuple(stops), "", 0.0, 0.0, 0)
    middle = sum(lat for lat, _lon in points) / len(points)
    flat = [(lon * cos(radians(middle)), -lat) for lat, lon in points]
    left, top = min(x for x, _ in flat), min(y for _, y in flat)
    wide, high = max(x for x, _ in flat) - left, max(y for _, y in flat) - top
    # A single place, or several at one address, stand in the middle of ten kilometres.
    span = max(wide / (WIDTH - 2 * MARGIN), high / (HEIGHT - FOOT - 2 * MARGIN), 10 / 111.2 / (WIDTH - 2 * MARGIN))
    shift_x, shift_y = (WIDTH - wide / span) / 2, (HEIGHT - FOOT - high / span) / 2
    drawn: list[Stop] = []
    total = 0.0
    for number, (stop, (x, y)) in enumerate(zip(placed, flat, strict=True), 1):
        before = drawn[-1].point if drawn else None
        leg = kilometres(before, stop.point) if before and stop.point else None
        total += leg or 0.0
        spot = round((x - left) / span + shift_x), round((y - top) / span + shift_y)
        drawn.append(replace(stop, number=number, leg=leg, x=spot[0], y=spot[1]))
    path = "M" + "L".join(f"{stop.x} {stop.y}" for stop in drawn)
    scale = _round_down(span * 111.2 * 160)
    unplaced = tuple(stop for stop in stops if stop.point is None)
    return Drawing(tuple(drawn), unplaced, path, total, scale, round(scale / (span * 111.2)))


def _round_down(kilometres: float) -> float:
    """Return the greatest of 1, 2, 5, 10, 20 … kilometres that is no more."""
    size = 0.01
    while size * 10 <= kilometres:
        size *= 10
    return round(next(size * times for times in (5, 2, 1) if size * times <= kilometres or times == 1), 2)
