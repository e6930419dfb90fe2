"""Functions of places: a location is the text ``latitude,longitude`` in degrees, as its field keeps it."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

from formline.expressions.functions.registry import Function, register
from formline.expressions.types import NUMBER, TEXT

#: The mean radius of the earth in kilometres (IUGG), and a degree in radians: the same doubles in every target.
RADIUS = 6371.0088
DEGREE = 0.017453292519943295
_PLACE = re.compile(r"(-?[0-9]{1,2}(?:[.][0-9]{1,6})?), ?(-?[0-9]{1,3}(?:[.][0-9]{1,6})?)")
_METRE = Decimal("0.001")


def distance_km(start: str, end: str) -> Decimal | None:
    """Return the great-circle distance of two places in kilometres, to the metre; None where one is no place."""
    first, second = _point(start), _point(end)
    if first is None or second is None:
        return None
    (lat0, lon0), (lat1, lon1) = first, second
    north, east = math.sin((lat1 - lat0) / 2), math.sin((lon1 - lon0) / 2)
    part = north * north + math.cos(lat0) * math.cos(lat1) * east * east
    distance = 2 * RADIUS * math.asin(min(1.0, math.sqrt(part)))
    # 15 digits first, as PostgreSQL makes a decimal of a double.
    return Decimal(f"{distance:.15g}").quantize(_METRE, ROUND_HALF_UP)


def _point(text: str) -> tuple[float, float] | None:
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    lat, lon = float(found[1]), float(found[2])
    return (lat * DEGREE, lon * DEGREE) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _template() -> str:
    """Return PostgreSQL's template: double precision in the same order of operations as above."""
    place = "'^-?[0-9]{{1,2}}([.][0-9]{{1,6}})?, ?-?[0-9]{{1,3}}([.][0-9]{{1,6}})?$'"
    raw = {
        f"{what}{n}": f"split_part({{{n}}}, ',', {p})::float8" for n in (0, 1) for p, what in ((1, "lat"), (2, "lon"))
    }
    limits = " AND ".join(f"abs({text}) <= {90 if what.startswith('lat') else 180}" for what, text in raw.items())
    in_radians = {what: f"({text} * {DEGREE}::float8)" for what, text in raw.items()}
    north = f"sin(({in_radians['lat1']} - {in_radians['lat0']}) / 2)"
    east = f"sin(({in_radians['lon1']} - {in_radians['lon0']}) / 2)"
    part = f"{north} * {north} + cos({in_radians['lat0']}) * cos({in_radians['lat1']}) * {east} * {east}"
    distance = f"2 * {RADIUS}::float8 * asin(least(1::float8, sqrt({part})))"
    value = f"CASE WHEN {limits} THEN round(({distance})::numeric, 3) END"
    return f"CASE WHEN {{0}} ~ {place} AND {{1}} ~ {place} THEN {value} END"


register(
    Function(
        "distance_km",
        (TEXT, TEXT),
        NUMBER,
        distance_km,
        _template(),
        "How far two locations are apart in a straight line, in kilometres to the metre; null where one is none.",
        'distance_km("22.543096,114.057865", "39.904200,116.407400")',
    ),
)
