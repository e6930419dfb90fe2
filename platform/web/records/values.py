"""Markup and texts of single values that need more than escaping; which field type uses which is in its macros."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from formline.fields import barcode as barcodes
from formline.fields import document, rich_text
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.fields.locale import Locale
from formline.web.formats import Formats

#: Characters of a long text that a cell shows.
BEGINNING = 160


def worded(field: Field, value: Any, formats: Formats) -> str:
    """Return a value in the words of its type."""
    return field.type.to_text(field, value, Locale(formats.language, formats.zone))


def stars(field: Field, value: int) -> str:
    """Return full and empty stars."""
    most = int(field.param("max"))
    full = max(0, min(int(value), most))
    return "★" * full + "☆" * (most - full)


@lru_cache(maxsize=512)
def _drawn(symbology: str, text: str) -> str:
    try:
        return barcodes.svg(symbology, text)
    except ValueProblem:
        return ""  # an old value that its symbology cannot carry: the text beside it says what it is


def barcode(field: Field, value: str) -> str:
    """Return the picture of a barcode."""
    return _drawn(str(field.param("symbology")), value)


def rich(value: str) -> str:
    """Return formatted text as markup; cleaned again, so that nothing in the database is trusted."""
    return rich_text.clean(value)


def beginning(value: str) -> str:
    """Return the first words of formatted or plain text."""
    text = rich_text.plain(value) if value.startswith("<") else value
    line = " ".join(text.split())
    return line if len(line) <= BEGINNING else f"{line[:BEGINNING]}…"


def pretty_json(value: str) -> str:
    """Return a JSON document over several lines."""
    return document.pretty(value)


def map_address(value: str, language: str) -> str:
    """Return the address of a map with a mark at ``lat,lon``, from which one can navigate there."""
    lat, lon = value.split(",")
    if language == "zh_CN":
        return f"https://uri.amap.com/marker?position={lon},{lat}&coordinate=wgs84"
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=16/{lat}/{lon}"
