"""A catalog's whole merged source as JSON, for the table of releases; never pickle."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from formline.metadata.layers import Definition
from formline.metadata.positions import Positions

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

#: Key under which a decimal keeps its digits; no definition has a key that starts with a dollar.
_DECIMAL = "$decimal"


def to_json(catalog: Catalog) -> bytes:
    """Write the merged definitions with positions, origins and replaced values."""
    definitions = [
        {
            "kind": one.kind,
            "name": one.name,
            "data": _out(one.data),
            "file": one.positions.file,
            "marks": one.positions.marks,
            "origins": [[list(path), layer] for path, layer in one.origins.items()],
            "replaced": [[list(path), _out(value)] for path, value in one.replaced.items()],
        }
        for one in catalog.definitions.values()
    ]
    return orjson.dumps({"base_language": catalog.base_language, "definitions": definitions})


def from_json(text: bytes | str) -> Catalog:
    """Read what :func:`to_json` wrote."""
    from formline.catalog.catalog import Catalog

    stored = orjson.loads(text)
    definitions = {}
    for one in stored["definitions"]:
        definitions[one["kind"], one["name"]] = Definition(
            one["kind"],
            one["name"],
            _in(one["data"]),
            Positions(one["file"], one["marks"]),
            {tuple(path): layer for path, layer in one["origins"]},
            {tuple(path): _in(value) for path, value in one["replaced"]},
        )
    return Catalog(definitions, stored["base_language"])


def _out(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, Mapping):
        return {key: _out(one) for key, one in value.items()}
    return [_out(one) for one in value] if isinstance(value, list | tuple) else value


def _in(value: Any) -> Any:
    if isinstance(value, dict):
        return Decimal(value[_DECIMAL]) if _DECIMAL in value else {key: _in(one) for key, one in value.items()}
    return [_in(one) for one in value] if isinstance(value, list) else value
