"""Generated pages: lists, records, forms, transitions, compiled from layouts and list views."""

from formline.web.records import (
    form_routes,
    home,
    list_routes,
    notifications,
    record_routes,
    search,
    transition_routes,
)
from formline.web.records.blueprint import blueprint

__all__ = [
    "blueprint",
    "form_routes",
    "home",
    "list_routes",
    "notifications",
    "record_routes",
    "search",
    "transition_routes",
]
