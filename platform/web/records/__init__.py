"""Generated pages: lists, records, forms, transitions, compiled from layouts and list views."""

from formline.web.records import (
    activity_routes,
    board_routes,
    bulk_routes,
    calendar_routes,
    cell_routes,
    control_routes,
    draft_routes,
    filter_routes,
    form_routes,
    list_routes,
    map_routes,
    pin_routes,
    record_routes,
    route_routes,
    transition_routes,
    view_routes,
)
from formline.web.records.blueprint import blueprint

__all__ = [
    "activity_routes",
    "blueprint",
    "board_routes",
    "bulk_routes",
    "calendar_routes",
    "cell_routes",
    "control_routes",
    "draft_routes",
    "filter_routes",
    "form_routes",
    "list_routes",
    "map_routes",
    "pin_routes",
    "record_routes",
    "route_routes",
    "transition_routes",
    "view_routes",
]
