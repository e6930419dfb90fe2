"""The list page: what the address asks, the query it means, and the rows as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from formline.catalog.model import ListView
from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.runtime.queries import Page, Query, fetch
from formline.runtime.queries.query import Sort
from formline.web import addresses
from formline.web.i18n import gettext as _
from formline.web.i18n import ngettext
from formline.web.marks import escaped
from formline.web.records import cells, groups
from formline.web.records.cells import CELL, Column
from formline.web.records.groups import Groups
from formline.web.records.list_address import ListAddress, asked, read_address, records_named
from formline.web.records.list_frame import ListFrame, frame
from formline.web.records.targets import field_at, path_label, titles_of
from formline.web.visit import Visit

PAGE_SIZE = 20
#: Rows of an opened group.
GROUP_SIZE = 100
MOST_SORTS = 3
COUNT_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; ``direction`` is "", "ascending" or "descending"; ``path`` names what it shows."""

    label: str
    href: str
    direction: str
    numeric: bool
    path: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything the template needs; ``note`` says how many there are, ``previous`` and ``next`` may be empty."""

    frame: ListFrame
    headings: tuple[Heading, ...]
    rows: Markup
    note: str
    previous: str
    next: str
    groups: Groups | None = None


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
    sort = sort_of(visit, obj, address.sort) or view.sort or ((obj.title, False),)
    if address.group:
        return _grouped(visit, obj, address, view, columns, sort)
    named = titled(visit, obj, columns)
    query = Query(
        obj.name,
        tuple(dict.fromkeys((*(each.path for each in columns), obj.title, *named.values()))),
        asked(visit, obj, address),
        view.where,
        sort,
        PAGE_SIZE,
        address.cursor or None,
        COUNT_LIMIT,
    )
    page = fetch(visit.connection, visit.release, visit.actor, query)
    wanted = cells.ids_in([each for each in columns if each.path not in named], page.rows)
    for name, ids in records_named(visit, obj, address).items():
        wanted.setdefault(name, set()).update(ids)
    titles = titles_of(visit, wanted)
    for path, title in named.items():
        titles.update((row[path], row[title]) for row in page.rows if row[title] is not None)
    address = replace(address, cursor="")  # the frame is the same on every page
    return ListPage(
        frame(visit, obj, address, view, titles),
        _headings(address, columns, sort),
        list_rows(visit, obj, columns, page.rows, titles),
        _note(page),
        address.href(cursor=page.previous_cursor) if page.previous_cursor else "",
        address.href(cursor=page.next_cursor) if page.next_cursor else "",
    )


def titled(visit: Visit, obj: Object, columns: Sequence[Column]) -> dict[str, str]:
    """Return the paths of titles that come with the rows, by the column that shows the records so called.

    Records of which the person may read some only are left out: whether one is among them is cheaper to ask for all.
    """
    found = {}
    for each in columns:
        field = obj.fields.get(each.path)
        if field is None or len(field.to) != 1 or field.shown is not field or field.value_type.many:
            continue
        title = visit.release.catalog.object(field.to[0]).title
        access = visit.rights.object(field.to[0])
        if title != "id" and access.everywhere("read") and access.field(title) in ("read", "edit"):
            found[each.path] = f"{each.path}.{title}"
    return found


def _grouped(
    visit: Visit, obj: Object, address: ListAddress, view: ListView, columns: tuple[Column, ...], sort: Sort
) -> ListPage:
    """Return the page of an address that groups: the heads alone."""
    titles = titles_of(visit, records_named(visit, obj, address))
    found = groups.build(visit, obj, address, view, columns)
    count = sum(head.count for head in found.heads)
    note = _note(Page([], count=count, count_exact=not found.more))
    address = replace(address, cursor="")
    return ListPage(
        frame(visit, obj, address, view, titles), _headings(address, columns, sort), Markup(), note, "", "", found
    )


def group_rows(visit: Visit, obj: Object, arguments: MultiDict[str, str]) -> Markup:
    """Return the rows of one group, up to a batch; the list without groups shows them page by page."""
    address, view = read_address(visit, obj, arguments)
    columns = columns_of(visit, obj, view, address.columns)
    narrowed = asked(visit, obj, address)
    here = groups.condition(visit, obj, address.group, arguments.get("value", "")) if address.group else None
    members = [*([narrowed] if narrowed else ()), *([here] if here else ())]
    query = Query(
        obj.name,
        tuple(dict.fromkeys((*(each.path for each in columns), obj.title))),
        {"and": members} if members else None,
        view.where,
        sort_of(visit, obj, address.sort) or view.sort or ((obj.title, False),),
        GROUP_SIZE,
    )
    page = fetch(visit.connection, visit.release, visit.actor, query)
    found = list_rows(visit, obj, columns, page.rows, titles_of(visit, cells.ids_in(columns, page.rows)))
    if page.next_cursor is None:
        return found
    width = len(columns) + selectable(visit, obj)
    more = _("Only the first %(count)s are shown. Add a filter to see the others.") % {"count": GROUP_SIZE}
    return found + Markup('<tr><td colspan="{}" class="muted">{}</td></tr>').format(width, more)


def sort_of(visit: Visit, obj: Object, text: str) -> Sort:
    """Return the order an address asks for: ``-amount,name``; what has no order is left out."""
    found: dict[str, bool] = {}
    for each in text.split(",")[:MOST_SORTS]:
        path = each.lstrip("-")
        field = field_at(visit, obj, path) if path else None
        if field is not None and field.shown.type.sortable:
            found.setdefault(path, each.startswith("-"))
    return tuple(found.items())


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
        found.append(Heading(column.label, href, direction, column.numeric, column.path))
    return tuple(found)


def _note(page: Page) -> str:
    """Return how many records there are, in words; counting ends at a limit."""
    if not page.count:
        return ""
    count = f"{page.count:,}" if page.count_exact else f"{page.count:,}+"
    return ngettext("%(count)s record", "%(count)s records", page.count) % {"count": count}


#: Controls that fit into a cell of a table.
IN_CELLS = frozenset(
    {"text", "number", "percent", "money", "boolean", "choice", "date", "datetime", "email", "phone", "url", "time"}
    | {"lookup", "user", "duration", "rating"}
)


def editable(visit: Visit, obj: Object) -> frozenset[str]:
    """Return the fields that may be changed in the list; on which records, each change asks again."""
    access = visit.rights.object(obj.name)
    if obj.append_only or not access.can("update"):
        return frozenset()

    def names() -> frozenset[str]:
        fields = (obj.fields[name] for name in access.writable if name in obj.fields)
        return frozenset(
            field.name
            for field in fields
            if (field.writable or field.name == "owner")
            and field.read_only is not True
            and field.name not in obj.state_fields
            and field.type.edit_cell in IN_CELLS
        )

    return visit.compiled(("editable", obj.name, visit.rights), names)


def selectable(visit: Visit, obj: Object) -> bool:
    """Return whether there is anything a person may do with several records at once."""
    return not obj.append_only and (visit.rights.object(obj.name).can("delete") or bool(editable(visit, obj)))


def list_rows(
    visit: Visit, obj: Object, columns: Sequence[Column], records: Sequence[dict[str, Any]], titles: dict[UUID, str]
) -> Markup:
    """Return the rows of the list page: with checkboxes and cells to edit where the person may."""
    can_select, cells_to_edit = selectable(visit, obj), editable(visit, obj)
    return rows(visit, obj, columns, records, titles, selectable=can_select, editable=cells_to_edit)


def rows(
    visit: Visit,
    obj: Object,
    columns: Sequence[Column],
    records: Sequence[dict[str, Any]],
    titles: dict[UUID, str],
    *,
    selectable: bool = False,
    editable: frozenset[str] = frozenset(),
) -> Markup:
    """Return the records as table rows; the title's cell leads to the record, ``selectable`` adds checkboxes.

    Rows with ``editable`` fields say their record; the heads of the columns say which fields they are.
    """
    parts = []
    for column, slot in zip(columns, slots_of(obj, columns), strict=True):
        write = column.writer(titles, visit.formats, visit.labels)
        parts.append((_opening(column, slot), write, slot == "title"))
    box, before, after = _box() if selectable else ("", "", "")
    link = f'<a class="record-link" href="{addresses.record(obj.name, "")}'
    made = []
    for record in records:
        key = str(record["id"])
        title = escaped(record.get(obj.title) or key)
        made.append(f'<tr data-id="{key}">' if editable else "<tr>")
        if box:
            made.append(f"{box}{key}{before}{title}{after}")
        for start, write, leads in parts:
            text = write(record)
            made.append(f'{start}{link}{key}">{text or title}</a></td>' if leads else f"{start}{text}</td>")
        made.append("</tr>\n")
    return Markup("".join(made))  # noqa: S704 - cells are escaped when filled


def _box() -> tuple[str, str, str]:
    """Return the cell with a row's checkbox in three parts: the id goes behind the first, the title behind the next."""
    before, _gap, after = escaped(_("Select {title}")).partition("{title}")
    start = '<td data-slot="check"><input class="form-check-input" type="checkbox" name="id" value="'
    return start, f'" aria-label="{before}', f'{after}"></td>'


def _opening(column: Column, slot: str) -> str:
    classes = ' class="number"' if column.numeric else ""
    place = f' data-slot="{slot}"' if slot else ""
    return f"<td{classes}{place}>"


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
