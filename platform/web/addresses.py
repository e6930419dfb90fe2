"""Addresses of generated pages as plain text: the router's own builder costs more than a whole table row.

A test holds them against the router.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID


def list_of(object_name: str, query: Iterable[tuple[str, str]] = (), shape: str = "") -> str:
    """Return the address of an object's list, or of its board or calendar."""
    text = urlencode([(name, value) for name, value in query if value], safe="~,")
    path = f"/o/{object_name}/{shape}" if shape else f"/o/{object_name}"
    return f"{path}?{text}" if text else path


def record(object_name: str, record_id: UUID | str) -> str:
    """Return the address of a record."""
    return f"/o/{object_name}/{record_id}"


def new(object_name: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """Return the address of the form for a new record."""
    text = urlencode(list(query))
    return f"/o/{object_name}/new?{text}" if text else f"/o/{object_name}/new"


def approval(identifier: UUID | str) -> str:
    """Return the address of the page on which an approval is decided."""
    return f"/approvals/{identifier}"


def rules(object_name: str, layout: str, record_type: str, mode: str, key: str) -> str:
    """Return the address of the rules of a form."""
    return f"/o/{object_name}/rules/{layout}/{record_type}/{mode}/{key}.js"


def reveal(object_name: str, record_id: UUID | str, field: str) -> str:
    """Return the address that shows the text of an encrypted field."""
    return f"/o/{object_name}/{record_id}/reveal/{field}"
