"""All field types of the platform: loading this module registers them; plug-ins register theirs the same way."""

from __future__ import annotations

from formline.fields import (
    address,
    barcode,
    boolean,
    choice,
    clock,
    color,
    computed,
    document,
    files,
    geolocation,
    moment,
    money,
    number,
    numbering,
    person_name,
    rating,
    reference,
    region,
    rich_text,
    secret,
    tags,
    text,
)
from formline.fields.registry import TYPES

#: The modules whose types ship, one per family.
FAMILIES = (
    text,
    rich_text,
    secret,
    person_name,
    number,
    rating,
    money,
    boolean,
    moment,
    clock,
    choice,
    tags,
    reference,
    address,
    region,
    geolocation,
    color,
    barcode,
    document,
    files,
    numbering,
    computed,
)

__all__ = ["FAMILIES", "TYPES"]
