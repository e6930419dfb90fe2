"""The bar of a record's page on a phone: call, navigate, write, take a picture, move on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.fields.field import Field
from formline.runtime.queries import get
from formline.web.records import values
from formline.web.records.ways import StatePath
from formline.web.visit import Visit

#: Fields that say where something is, by type; a text field counts where it is named so.
PLACES = ("geolocation", "address")
CHINESE_MAP = "https://uri.amap.com/search?keyword="
MAP = "https://www.openstreetmap.org/search?query="
_PHONE = re.compile(r"[^0-9+*#,;]")


@dataclass(frozen=True, slots=True)
class Dock:
    """Addresses behind the bar's buttons, "" where there is nothing to call or go to; ``stage`` is "3/5 Proposal"."""

    call: str
    map: str
    stage: str


def dock(visit: Visit, obj: Object, record: Mapping[str, Any], paths: tuple[StatePath, ...]) -> Dock:
    """Return what the bar shows for a record; a phone or place of its own, else those of the records it names."""
    call, place = _call(visit, obj, record), _map(visit, obj, record)
    for other, fields in () if call and place else _named(visit, obj, record):
        call = call or _call(visit, other, fields)
        place = place or _map(visit, other, fields)
        if call and place:
            break
    return Dock(call, place, stage_of(paths[0]) if paths else "")


def stage_of(path: StatePath) -> str:
    """Return the place on a path: ``3/5 Proposal``."""
    for number, step in enumerate(path.steps, 1):
        if step.state in ("now", "lost"):
            return f"{number}/{len(path.steps)} {step.label}"
    return ""


def _named(visit: Visit, obj: Object, record: Mapping[str, Any]) -> Iterator[tuple[Object, Mapping[str, Any]]]:
    """Yield the readable records that lookups of a record name, if they can have a phone or a place."""
    for field in obj.declared:
        if len(field.to) != 1 or field.to[0] == "user" or not record.get(field.name) or field.type.name == "mirror":
            continue
        other = visit.release.catalog.object(field.to[0])
        wanted = tuple(f.name for f in (*_phones(visit, other), *_places(visit, other)))
        if not wanted or not visit.rights.object(other.name).can("read"):
            continue
        try:
            yield other, get(visit.connection, visit.release, visit.actor, other.name, record[field.name], wanted)
        except NotFoundError:
            continue


def _phones(visit: Visit, obj: Object) -> list[Field]:
    access = visit.rights.object(obj.name)
    return [f for f in obj.declared if f.type.name == "phone" and access.readable(f.name)]


def _places(visit: Visit, obj: Object) -> list[Field]:
    access = visit.rights.object(obj.name)
    found = [f for f in obj.declared if (f.type.name in PLACES or f.name == "address") and access.readable(f.name)]
    return sorted(found, key=lambda f: f.type.name != "geolocation")


def _call(visit: Visit, obj: Object, record: Mapping[str, Any]) -> str:
    numbers = (record.get(field.name) for field in _phones(visit, obj))
    return next((f"tel:{_PHONE.sub('', number)}" for number in numbers if isinstance(number, str) and number), "")


def _map(visit: Visit, obj: Object, record: Mapping[str, Any]) -> str:
    for field in _places(visit, obj):
        value = record.get(field.name)
        if not isinstance(value, str) or not value.strip():
            continue
        if field.type.name == "geolocation":
            return values.map_address(value, visit.language)
        words = quote(values.worded(field, value, visit.formats).replace("\n", " ")[:120])
        return (CHINESE_MAP if visit.language == "zh_CN" else MAP) + words
    return ""
