"""Places on the earth by latitude and longitude (WGS 84)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from formline.expressions import types
from formline.expressions.storage_types import Exact, Words
from formline.expressions.types import Type
from formline.fields.base import FieldType, Part, ValueProblem, name_of
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.number import decimal_of
from formline.fields.registry import register

#: Decimal places kept: eleven centimetres.
PLACES = 6
_LIMITS = {"lat": 90, "lon": 180}
_LONG = {"lat": "latitude", "lon": "longitude"}
_PAIR = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*[,，;\s]\s*([+-]?\d+(?:\.\d+)?)\s*")


@register
class Geolocation(FieldType):
    """A point on the map: latitude and longitude in degrees."""

    name, label, icon = "geolocation", "Location", "current-location"
    form_control = read_control = list_cell = edit_cell = "geolocation"
    inputs: ClassVar[tuple[str, ...]] = ("lat", "lon")
    operators: ClassVar[tuple[str, ...]] = ("is_null",)
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """Both numbers as text."""
        return types.TEXT

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The pair as text, and both numbers."""
        return Part("", Words()), Part("lat", Exact(PLACES)), Part("lon", Exact(PLACES))

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Return both numbers."""
        lat, lon = value.split(",") if value is not None else (None, None)
        return {"lat": lat and Decimal(lat), "lon": lon and Decimal(lon)}

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take ``22.54, 114.06``, ``{lat, lon}``, ``{latitude, longitude}`` or a list of the two."""
        if isinstance(raw, str):
            if not raw.strip():
                return None
            match = _PAIR.fullmatch(raw)
            raw = match.groups() if match is not None else ()
        if isinstance(raw, Mapping):
            raw = [raw.get(short, raw.get(long)) for short, long in _LONG.items()]
        if raw is None:
            return None
        if not isinstance(raw, list | tuple) or len(raw) != len(_LIMITS):
            raise ValueProblem("not_a_place", "Enter latitude and longitude such as 22.543096, 114.057865.")
        numbers = [decimal_of(each, PLAIN) for each in raw]
        if numbers == [None, None]:
            return None
        written = []
        for number, limit in zip(numbers, _LIMITS.values(), strict=True):
            if number is None or abs(number) > limit:
                raise ValueProblem("not_a_place", "Enter latitude and longitude such as 22.543096, 114.057865.")
            written.append(format(round(number, PLACES) + 0, f".{PLACES}f"))
        return ",".join(written)

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Return ``{lat, lon}`` as numbers in text."""
        value = record.get(field.name)
        return None if value is None else dict(zip(_LIMITS, value.split(","), strict=True))

    def json_schema(self, field: Field) -> dict[str, Any]:
        """The pair as text, or both numbers."""
        number = {"type": ["string", "number"]}
        pair = {"type": "object", "properties": dict.fromkeys(_LIMITS, number), "required": list(_LIMITS)}
        return {"anyOf": [{"type": "string"}, pair]}

    def input_texts(self, field: Field, record: Mapping[str, Any]) -> dict[str, str]:
        """Return both numbers without idle zeros."""
        found = {one: record.get(name_of(one, field.name)) for one in self.inputs}
        return {one: "" if value is None else format(value.normalize(), "f") for one, value in found.items()}

    def sample(self, field: Field, seed: int) -> str:
        """Return a point in Shenzhen."""
        return f"22.54{seed % 10000:04d},114.057865"
