"""Addresses of generated pages as plain text: the router's own builder costs more than a whole table row.

A test holds them against the router.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID


def list_of(object_name: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """Return the address of an object's list."""
    text = urlencode([(name, value) for name, value in query if value], safe="~,")
    return f"/o/{object_name}?{text}" if text else f"/o/{object_name}"


def record(object_name: str, record_id: UUID | str) -> str:
    """Return the address of a record."""
    return f"/o/{object_name}/{record_id}"


def new(object_name: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """Return the address of the form for a new record."""
    text = urlencode(list(query))
    return f"/o/{object_name}/new?{text}" if text else f"/o/{object_name}/new"


def rules(object_name: str, layout: str, record_type: str, mode: str, key: str) -> str:
    """Return the address of the rules of a form."""
    return f"/o/{object_name}/rules/{layout}/{record_type}/{mode}/{key}.js"
