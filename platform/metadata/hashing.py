"""One serialisation of plain definition data and its hash; decimals keep their digits."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import orjson

MARKER = "$decimal"


def canonical(data: Any) -> bytes:
    """Return ``data`` (maps, lists, text, int, Decimal, bool, None) as JSON bytes.

    The order of map keys is kept: it is the order of fields and choices on the page.
    """
    try:
        return orjson.dumps(data, default=_decimal, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_marked(data))


def restore(content: bytes | str) -> Any:
    """Return the data that :func:`canonical` wrote."""
    data = orjson.loads(content)
    return unmarked(data) if has_marks(content) else data


def has_marks(content: bytes | str) -> bool:
    """Return whether there may be marked numbers in what :func:`canonical` wrote."""
    return MARKER.encode() in content if isinstance(content, bytes) else MARKER in content


def unmarked(value: Any) -> Any:
    """Return parsed data with numbers in the place of their marks; maps and lists are changed, not copied."""
    if isinstance(value, dict):
        mark = value.get(MARKER)
        if len(value) == 1 and isinstance(mark, str):
            return int(mark.removeprefix("int:")) if mark.startswith("int:") else Decimal(mark)
        places: Any = value.items()
    elif isinstance(value, list):
        places = enumerate(value)
    else:
        return value
    for place, inner in places:
        if isinstance(inner, dict | list):
            value[place] = unmarked(inner)
    return value


def content_hash(data: Any) -> str:
    """Return the SHA-256 of the canonical form as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(data)).hexdigest()


def _decimal(value: Any) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {MARKER: str(value)}
    raise TypeError(f"{type(value).__name__} is not definition data")


def _marked(value: Any) -> Any:
    """Mark the decimals, and the integers that have more digits than JSON writers take."""
    if isinstance(value, dict):
        return {key: _marked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if value.bit_length() < 63 else {MARKER: f"int:{value}"}
    return _decimal(value)
