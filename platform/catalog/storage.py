"""A catalog's whole merged source as JSON, for the table of releases; never pickle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from formline.metadata.hashing import canonical, has_marks, unmarked
from formline.metadata.layers import Definition
from formline.metadata.positions import Positions

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog


def to_json(catalog: Catalog) -> bytes:
    """Write the merged definitions with positions, origins and replaced values."""
    definitions = [
        {
            "kind": one.kind,
            "name": one.name,
            "data": one.data,
            "file": one.positions.file,
            "marks": one.positions.marks,
            "origins": [[list(path), layer] for path, layer in one.origins.items()],
            "replaced": [[list(path), value] for path, value in one.replaced.items()],
        }
        for one in catalog.definitions.values()
    ]
    return canonical({"base_language": catalog.base_language, "definitions": definitions})


def from_json(text: bytes | str) -> Catalog:
    """Read what :func:`to_json` wrote."""
    from formline.catalog.catalog import Catalog

    stored = orjson.loads(text)
    # The marks of numbers are looked for in the values alone: positions are most of a large catalog.
    value_of: Callable[[Any], Any] = unmarked if has_marks(text) else lambda value: value
    definitions = {}
    for one in stored["definitions"]:
        definitions[one["kind"], one["name"]] = Definition(
            one["kind"],
            one["name"],
            value_of(one["data"]),
            Positions(one["file"], one["marks"]),
            {tuple(path): layer for path, layer in one["origins"]},
            {tuple(path): value_of(value) for path, value in one["replaced"]},
        )
    return Catalog(definitions, stored["base_language"])
