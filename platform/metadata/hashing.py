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
    marked = MARKER.encode() in content if isinstance(content, bytes) else MARKER in content
    return _restored(data) if marked else data


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


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    marked = value.get(MARKER)
    if len(value) == 1 and isinstance(marked, str):
        return int(marked.removeprefix("int:")) if marked.startswith("int:") else Decimal(marked)
    return {key: _restored(inner) for key, inner in value.items()}
