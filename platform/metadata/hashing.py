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
    return orjson.dumps(data, default=_decimal, option=orjson.OPT_PASSTHROUGH_DATACLASS)


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
    if isinstance(value, int):
        return {MARKER: f"int:{value}"}
    raise TypeError(f"{type(value).__name__} is not definition data")


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    marked = value.get(MARKER)
    if len(value) == 1 and isinstance(marked, str):
        return int(marked.removeprefix("int:")) if marked.startswith("int:") else Decimal(marked)
    return {key: _restored(inner) for key, inner in value.items()}
