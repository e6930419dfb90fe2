"""Records and people as scripts see them: plain values by name; no value a script cannot use is handed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.fields.base import name_of

if TYPE_CHECKING:
    from formline.catalog.objects import Object

#: What a script may know of who acts.
_OF_USERS = ("id", "name", "login", "email", "department", "company", "roles")
_UNSEEN = ("base", "sort")


def record_of(described: Object, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored record by field: sealed fields are left out; a part stands at ``name.part``."""
    found = {"id": plain(record.get("id"))}
    for field in described.fields.values():
        if field.type.sealed:
            continue
        for part in field.parts:
            key = name_of(part.name, field.name)
            if part.name not in _UNSEEN and key in record:
                found[key] = plain(record[key])
    return found


def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that a query found."""
    return {name: plain(value) for name, value in row.items()}


def user_of(user: Mapping[str, Any]) -> dict[str, Any]:
    """Return who acts."""
    return {name: plain(user.get(name)) for name in _OF_USERS}


def plain(value: Any) -> Any:
    """Return a value as frames take it; ids are texts, and what they do not take is None."""
    if value is None or isinstance(value, bool | Decimal | datetime | date):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else None
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key).lstrip("$"): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None
