"""The list page: what the address asks, the query it means, and the rows as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from formline.catalog.model import ListView
from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.runtime.queries import Page, Query, fetch
from formline.web import addresses
from formline.web.i18n import gettext as _
from formline.web.marks import escaped
from formline.web.records import cells, filters
from formline.web.records.cells import CELL, Column
from formline.web.records.filters import Filter
from formline.web.records.targets import field_at, path_label, titles_of, views_for
from formline.web.visit import Visit

PAGE_SIZE = 20
COUNT_LIMIT = 1_000
MOST_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class ListAddress:
    """What the address of a list says; :meth:`href` gives the address with something changed."""

    object: str
    view: str
    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    cursor: str = ""

    def href(self, **changes: str | Sequence[str]) -> str:
        """Return the address with parts replaced; anything but a cursor starts at the first page."""
        parts: dict[str, str | Sequence[str]] = {
            "view": self.view,
            "f": [str(each) for each in self.filters],
            "q": self.search,
            "sort": self.sort,
            "columns": ",".join(self.columns),
            **changes,
        }
        pairs = [(name, value) for name, part in parts.items() for value in ([part] if isinstance(part, str) else part)]
        return addresses.list_of(self.object, pairs)

    def without(self, gone: Filter) -> str:
        """Return the address without one filter."""
        return self.href(f=[str(each) for each in self.filters if each != gone])

    def hidden(self) -> list[tuple[str, str]]:
        """Return the parts as fields of a form that adds another."""
        pairs = [("view", self.view), *(("f", str(each)) for each in self.filters)]
        pairs += [("q", self.search), ("sort", self.sort), ("columns", ",".join(self.columns))]
        return [(name, value) for name, value in pairs if value]


@dataclass(frozen=True, slots=True)
class Tab:
    """One list view above the list."""

    label: str
    href: str
    active: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; ``direction`` is "", "ascending" or "descending"."""

    label: str
    href: str
    direction: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything the template needs."""

    object: Object
    address: ListAddress
    tabs: tuple[Tab, ...]
    chips: tuple[filters.Chip, ...]
    headings: tuple[Heading, ...]
    rows: Markup
    page: Page
    count: str


def read_address(visit: Visit, obj: Object, arguments: MultiDict[str, str]) -> tuple[ListAddress, ListView]:
    """Return what the address asks, and its list view."""
    views = views_for(visit, obj)
    view = next((one for one in views if one.name == arguments.get("view")), views[0])
    wanted = [path for path in arguments.get("columns", "").split(",") if path][:MOST_COLUMNS]
    address = ListAddress(
        obj.name,
        view.name,
        filters.read(visit, obj, arguments.getlist("f")),
        arguments.get("q", "").strip()[:100],
        arguments.get("sort", ""),
        tuple(path for path in wanted if field_at(visit, obj, path) is not None),
        arguments.get("cursor", ""),
    )
    return address, view


def columns_of(visit: Visit, obj: Object, view: ListView, chosen: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns; those of views are drawn once per release, rights and language."""
    if chosen:  # any combination an address can name: too many to keep
        return tuple(draw_columns(visit, obj, chosen))
    key = ("columns", obj.name, view.columns, visit.language, visit.rights)
    return visit.compiled(key, lambda: tuple(draw_columns(visit, obj, view.columns)))


def draw_columns(visit: Visit, obj: Object, paths: tuple[str, ...]) -> list[Column]:
    """Draw the cells of the paths that the person may see."""
    found = []
    for path in paths:
        field = field_at(visit, obj, path)
        if field is not None:
            found.append(cells.column(visit, path, field, CELL, path_label(visit, obj, path)))
    return found


def build(visit: Visit, obj: Object, arguments: MultiDict[str, str]) -> ListPage:
    """Run the query of an address and return the page."""
    address, view = read_address(visit, obj, arguments)
    columns = columns_of(visit, obj, view, address.columns)
    sort = _sort(visit, obj, address.sort) or view.sort or ((obj.title, False),)
    query = Query(
        obj.name,
        tuple(dict.fromkeys((*(each.path for each in columns), obj.title))),
        _where(visit, obj, address),
        view.where,
        sort,
        PAGE_SIZE,
        address.cursor or None,
        COUNT_LIMIT,
    )
    page = fetch(visit.connection, visit.release, visit.actor, query)
    wanted = cells.ids_in(columns, page.rows)
    for name, ids in filters.referenced(visit, obj, address.filters).items():
        wanted.setdefault(name, set()).update(ids)
    titles = titles_of(visit, wanted)
    return ListPage(
        obj,
        address,
        _tabs(visit, obj, view),
        filters.chips(visit, obj, address.filters, titles),
        _headings(address, columns, sort),
        rows(visit, obj, columns, page.rows, titles, selectable=visit.rights.object(obj.name).can("delete")),
        page,
        _count(page),
    )


def _tabs(visit: Visit, obj: Object, shown: ListView) -> tuple[Tab, ...]:
    """Return the list views as tabs; which of them is shown is part of the key."""

    def tab(view: ListView) -> Tab:
        return Tab(visit.labels.view(view), addresses.list_of(obj.name, [("view", view.name)]), view is shown)

    key = ("tabs", obj.name, shown.name, visit.language, visit.rights)
    return visit.compiled(key, lambda: tuple(tab(view) for view in views_for(visit, obj)))


def _where(visit: Visit, obj: Object, address: ListAddress) -> Any:
    asked = filters.where(visit, obj, address.filters)
    if not address.search:
        return asked
    search = {"field": obj.title, "op": "contains", "value": address.search}
    return {"and": [*(asked["and"] if asked else ()), search]}


def _sort(visit: Visit, obj: Object, text: str) -> tuple[tuple[str, bool], ...]:
    path = text.lstrip("-")
    field = field_at(visit, obj, path) if path else None
    return ((path, text.startswith("-")),) if field is not None and field.shown.type.sortable else ()


def _headings(
    address: ListAddress, columns: Sequence[Column], sort: tuple[tuple[str, bool], ...]
) -> tuple[Heading, ...]:
    """Return the heads of the columns; each leads to the list sorted by it, and back again."""
    base = address.href(sort="")
    base += "&" if "?" in base else "?"
    first, descending = sort[0] if sort else ("", False)
    found = []
    for column in columns:
        direction = ("descending" if descending else "ascending") if column.path == first else ""
        wanted = f"-{column.path}" if direction == "ascending" else column.path
        href = f"{base}sort={wanted}" if column.field.type.sortable else ""
        found.append(Heading(column.label, href, direction, column.numeric))
    return tuple(found)


def _count(page: Page) -> str:
    if page.count is None:
        return ""
    return f"{page.count:,}" if page.count_exact else f"{page.count:,}+"


def rows(
    visit: Visit,
    obj: Object,
    columns: Sequence[Column],
    records: Sequence[dict[str, Any]],
    titles: dict[UUID, str],
    *,
    selectable: bool = False,
) -> Markup:
    """Return the records as table rows; the title's cell leads to the record, ``selectable`` adds checkboxes."""
    parts = []
    for column, slot in zip(columns, slots_of(obj, columns), strict=True):
        write = column.writer(titles, visit.formats, visit.labels)
        parts.append((_opening(column, slot), write, slot == "title"))
    box = _box() if selectable else ""
    made = []
    for record in records:
        key = str(record["id"])
        title = escaped(record.get(obj.title) or key)
        made.append("<tr>")
        if box:
            made.append(box.format(key=key, title=title))
        for start, write, leads in parts:
            text = write(record)
            if leads:
                text = f'<a class="record-link" href="{addresses.record(obj.name, key)}">{text or title}</a>'
            made.append(f"{start}{text}</td>")
        made.append("</tr>\n")
    return Markup("".join(made))  # noqa: S704 - cells are escaped when filled


def _box() -> str:
    """Return the cell with a row's checkbox; ``{key}`` and ``{title}`` are filled in."""
    label = escaped(_("Select {title}"))
    return (
        '<td data-slot="check"><input class="form-check-input" type="checkbox" name="id" value="{key}"'
        f' aria-label="{label}"></td>'
    )


def _opening(column: Column, slot: str) -> str:
    classes = ' class="number"' if column.numeric else ""
    return f'<td{classes} data-slot="{slot}">' if slot else f"<td{classes}>"


def slots_of(obj: Object, columns: Sequence[Column]) -> list[str]:
    """Return where each column goes on a phone's card; most stay away there."""
    free = {"subtitle", "state", "amount", "side"}
    slots: list[str] = []
    has_title = any(column.path == obj.title for column in columns)
    for number, column in enumerate(columns):
        slot = "title" if column.path == obj.title or (not has_title and number == 0) else _slot(column)
        slots.append(slot if slot == "title" or slot in free else "")
        free.discard(slot)
    return slots


def _slot(column: Column) -> str:
    kind = column.field.value_type.kind
    if column.field.type.list_cell == "state":
        return "state"
    if kind is Kind.MONEY:
        return "amount"
    if kind in (Kind.DATE, Kind.DATETIME):
        return "side"
    return "subtitle" if kind in (Kind.REF, Kind.TEXT, Kind.CHOICE) else ""
