"""What the address of a list, board or calendar asks for, and the same address with something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from formline.catalog.model import ListView
from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.runtime.queries.aggregates import PERIODS
from formline.web import addresses
from formline.web.records import filter_trees, filters
from formline.web.records.filter_trees import Group
from formline.web.records.filters import Filter
from formline.web.records.targets import field_at, views_for
from formline.web.records.widget_views import view_named
from formline.web.visit import Visit

MOST_COLUMNS = 20
BOARD, CALENDAR, ROUTE = "board", "calendar", "route"
SHAPES = frozenset({BOARD, CALENDAR})


@dataclass(frozen=True, slots=True)
class ListAddress:
    """What the address of a list says; :meth:`href` gives the address with something changed.

    ``shape``: how the records are shown: ``""`` as a list, ``board`` or ``calendar``. ``tree``: filters with groups.
    ``group``: the path whose values head groups of rows. ``saved``: the id of the saved view it started from.
    """

    object: str
    view: str
    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    cursor: str = ""
    shape: str = ""
    tree: Group | None = None
    group: str = ""
    saved: str = ""

    def href(self, **changes: str | Sequence[str]) -> str:
        """Return the address with parts replaced; anything but a cursor starts at the first page."""
        parts: dict[str, str | Sequence[str]] = {
            "view": self.view,
            "f": [str(each) for each in self.filters],
            "q": self.search,
            "sort": self.sort,
            "columns": ",".join(self.columns),
            "w": filter_trees.text_of(self.tree),
            "group": self.group,
            "saved": self.saved,
            **changes,
        }
        shape = str(parts.pop("shape", self.shape))
        pairs = [(name, value) for name, part in parts.items() for value in ([part] if isinstance(part, str) else part)]
        return addresses.list_of(self.object, pairs, shape)

    def without(self, gone: Filter) -> str:
        """Return the address without one filter."""
        return self.href(f=[str(each) for each in self.filters if each != gone])

    def hidden(self) -> list[tuple[str, str]]:
        """Return the parts as fields of a form that adds another."""
        pairs = [("view", self.view), *(("f", str(each)) for each in self.filters)]
        pairs += [("q", self.search), ("sort", self.sort), ("columns", ",".join(self.columns))]
        pairs += [("w", filter_trees.text_of(self.tree)), ("group", self.group), ("saved", self.saved)]
        pairs += [("shape", self.shape)]
        return [(name, value) for name, value in pairs if value]


def read_address(
    visit: Visit, obj: Object, arguments: MultiDict[str, str], shape: str = ""
) -> tuple[ListAddress, ListView]:
    """Return what the address asks, and its list view."""
    views = views_for(visit, obj)
    named = arguments.get("view", "")
    view = next((one for one in views if one.name == named), None) or view_named(visit, obj, named) or views[0]
    wanted = [path for path in arguments.get("columns", "").split(",") if path][:MOST_COLUMNS]
    address = ListAddress(
        obj.name,
        view.name,
        filters.read(visit, obj, arguments.getlist("f")),
        arguments.get("q", "").strip()[:100],
        ",".join(filter(None, arguments.getlist("sort"))),
        tuple(path for path in wanted if field_at(visit, obj, path) is not None),
        arguments.get("cursor", ""),
        shape or (arguments.get("shape", "") if arguments.get("shape") in SHAPES else ""),
        filter_trees.parse(visit, obj, arguments.get("w", "")),
        group_of(visit, obj, arguments.get("group", "")),
        _identity(arguments.get("saved", "")),
    )
    return address, view


def group_of(visit: Visit, obj: Object, text: str) -> str:
    """Return the path to group by, of days with a period, where the person may group by it."""
    path, _colon, period = text.partition(":")
    field = field_at(visit, obj, path) if path else None
    if field is None or not field.shown.type.groupable or field.value_type.many:
        return ""
    if field.value_type.kind in (Kind.DATE, Kind.DATETIME):
        return f"{path}:{period if period in PERIODS else 'month'}"
    return path


def _identity(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def asked(visit: Visit, obj: Object, address: ListAddress) -> Mapping[str, Any] | None:
    """Return the filters and the search of an address as a query takes them; None where there are none."""
    found = filters.where(visit, obj, address.filters)
    members = [*(found["and"] if found else ())]
    if address.search:
        members.append({"field": obj.title, "op": "contains", "value": address.search})
    if address.tree is not None:
        members.append(filter_trees.where(visit, obj, address.tree))
    return {"and": members} if members else None


def records_named(visit: Visit, obj: Object, address: ListAddress) -> dict[str, set[UUID]]:
    """Return the ids that the filters of an address name by object, to ask what they are called."""
    return filters.referenced(visit, obj, (*address.filters, *filter_trees.leaves(address.tree)))
