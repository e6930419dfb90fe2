"""Edits of the site layer's texts that keep comments and order; which edit is wanted is decided elsewhere."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter


class _Representer(RoundTripRepresenter):
    """Writes decimals with the digits they have."""


_Representer.add_representer(
    Decimal, lambda representer, value: representer.represent_scalar("tag:yaml.org,2002:float", str(value))
)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = 120
    yaml.preserve_quotes = True
    return yaml


def with_definition(layer: Mapping[str, str], kind: str, name: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Return the layer with a whole definition as a file of its own."""
    document = {"kind": kind, "name": name, **{k: v for k, v in data.items() if k not in ("kind", "name", "extends")}}
    return {**layer, f"{kind}s/{name}.yaml": _written(document)}


def with_field(layer: Mapping[str, str], object_name: str, field: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Return the layer with a field added to the site's file about an object, a new one where there is none."""
    for path, text in layer.items():
        document = _yaml().load(text)
        if _is_about(document, object_name):
            document.setdefault("fields", {})[field] = dict(params)
            return {**layer, path: _written(document)}
    document = {"kind": "object", "extends": object_name, "fields": {field: dict(params)}}
    return {**layer, f"objects/{object_name}.yaml": _written(document)}


def _is_about(document: Any, object_name: str) -> bool:
    if not isinstance(document, Mapping) or document.get("kind") != "object":
        return False
    return object_name in (document.get("name"), document.get("extends"))


def _written(document: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()
