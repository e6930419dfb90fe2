"""Reading records: lists, titles, pickers and totals, always within the rights of who asks; nothing is written.

Names are loaded when first used: rights are built on this package's sources, its lists on rights.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formline.runtime.queries.aggregates import Total, aggregate
    from formline.runtime.queries.errors import QueryError
    from formline.runtime.queries.lists import fetch, get
    from formline.runtime.queries.picking import pick, pickable
    from formline.runtime.queries.query import Page, Query
    from formline.runtime.queries.title_texts import titles

__all__ = ["Page", "Query", "QueryError", "Total", "aggregate", "fetch", "get", "pick", "pickable", "titles"]

_HOMES = {
    "Page": "query",
    "Query": "query",
    "QueryError": "errors",
    "Total": "aggregates",
    "aggregate": "aggregates",
    "fetch": "lists",
    "get": "lists",
    "pick": "picking",
    "pickable": "picking",
    "titles": "title_texts",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
