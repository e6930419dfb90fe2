"""The table of field types; a type registers itself with the decorator when its module is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from formline.fields.base import FieldType

_types: dict[str, FieldType] = {}
#: All field types by name.
TYPES: Mapping[str, FieldType] = MappingProxyType(_types)

T = TypeVar("T", bound=FieldType)


def register(cls: type[T]) -> type[T]:
    """Add the one instance of a field type; a name may be taken once."""
    if cls.name in _types:
        raise ValueError(f"The field type {cls.name} is registered twice.")
    _types[cls.name] = cls()
    return cls
