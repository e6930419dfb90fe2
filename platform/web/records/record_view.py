"""The page of one record, open for reading: highlights, sections, related lists; forms are in ``form_routes``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup

from formline.catalog.model import Layout, Link, Related
from formline.catalog.objects import Object
from formline.runtime.queries import Query, fetch
from formline.web import addresses
from formline.web.records import activities, cells, listing
from formline.web.records.cells import HIGHLIGHT, READ, Column
from formline.web.records.form_states import NO_DISPLAY, section_conditions, visible_now
from formline.web.records.targets import field_at, path_label, titles_of
from formline.web.visit import Visit

RELATED_ROWS = 5
RELATED_COUNT = 100
FULL_WIDTH = frozenset({"long_text", "rich_text"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One labelled value."""

    name: str
    label: str
    text: Markup
    full: bool = False
    #: Whether a click on it opens its input.
    editable: bool = False


@dataclass(frozen=True, slots=True)
class ReadSection:
    """One headed part of the record."""

    name: str
    label: str
    fields: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class RelatedList:
    """Children of the record: the newest few, and where to see and create more."""

    name: str
    label: str
    icon: str
    headings: tuple[tuple[str, bool], ...]
    rows: Markup
    count: str
    more: str
    create: str


@dataclass(frozen=True, slots=True)
class DrawnLayout:
    """A layout's columns, drawn once per release, rights and language."""

    highlights: tuple[Column, ...]
    sections: tuple[tuple[str, str, tuple[tuple[Column, bool], ...]], ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column of the page."""
        return (*self.highlights, *(column for _, __, fields in self.sections for column, _full in fields))


def drawn(visit: Visit, obj: Object, layout: Layout) -> DrawnLayout:
    """Return a layout's drawn columns."""
    key = ("read", obj.name, layout.name, visit.language, visit.rights)
    return visit.compiled(key, lambda: _draw(visit, obj, layout))


def _draw(visit: Visit, obj: Object, layout: Layout) -> DrawnLayout:
    sections = []
    for section in layout.form:
        fields = []
        for names in section.rows:
            for name in names:
                column = _column(visit, obj, layout, name, READ)
                if column is not None and name not in layout.hidden:
                    alone = len(names) == 1 or column.field.type.form_control in FULL_WIDTH
                    fields.append((column, alone))
        if fields:
            sections.append((section.name, visit.labels.section(layout, section), tuple(fields)))
    highlights = (_column(visit, obj, layout, path, HIGHLIGHT) for path in layout.highlights)
    return DrawnLayout(tuple(each for each in highlights if each is not None), tuple(sections))


def _column(visit: Visit, obj: Object, layout: Layout, path: str, kind: str) -> Column | None:
    field = field_at(visit, obj, path)
    if field is None:
        return None
    label = visit.labels.display(layout, path, "label", path_label(visit, obj, path))
    return cells.column(visit, path, field, kind, label)


def sections(
    visit: Visit,
    obj: Object,
    layout: Layout,
    built: DrawnLayout,
    record: Mapping[str, Any],
    titles: Mapping[UUID, str],
    editable: Collection[str] = (),
) -> tuple[ReadSection, ...]:
    """Return the sections with this record's values, without the fields that the rules hide.

    ``editable``: fields that the person may change here one by one.
    """
    found = []
    conditions = section_conditions(layout)
    for name, label, fields in built.sections:
        shown = tuple(
            Shown(column.path, column.label, _text(visit, column, record, titles), full, column.path in editable)
            for column, full in fields
            if visible_now(
                visit,
                obj,
                column.field,
                layout.fields.get(column.path, NO_DISPLAY),
                conditions.get(column.path, True),
                record,
            )
        )
        if shown:
            found.append(ReadSection(name, label, shown))
    return tuple(found)


def editable(visit: Visit, obj: Object) -> frozenset[str]:
    """Return the fields that may be changed one by one on the page; those of lists, and long texts."""
    found = listing.editable(visit, obj)
    if not found:
        return found
    writable = visit.rights.object(obj.name).writable
    texts = (f for f in obj.declared if f.type.name == "long_text" and f.read_only is not True)
    return found | {field.name for field in texts if field.writable and field.name in writable}


def highlights(
    visit: Visit, built: DrawnLayout, record: Mapping[str, Any], titles: Mapping[UUID, str]
) -> tuple[Shown, ...]:
    """Return the values beside the title."""
    return tuple(Shown(c.path, c.label, _text(visit, c, record, titles)) for c in built.highlights)


def _text(visit: Visit, column: Column, record: Mapping[str, Any], titles: Mapping[UUID, str]) -> Markup:
    text = column.render(record, titles, visit.formats, visit.labels, cells.EMPTY)
    return Markup(text)  # noqa: S704 - cells are escaped when filled


def related_lists(visit: Visit, obj: Object, layout: Layout, record: Mapping[str, Any]) -> Iterator[RelatedList]:
    """Yield the related lists the person may read, each with its newest rows."""
    shown: list[tuple[Related, Link]] = []
    tables = [
        Related(
            section.table,
            visit.labels.section(layout, section),
            section.columns,
            None,
            section.sort or (("created_at", False),),
        )
        for section in layout.form
        if section.table
    ]
    in_tables = {each.list for each in tables}
    for each in (*tables, *(one for one in layout.related if one.list not in in_tables)):
        link = obj.child(each.list)
        if link is not None and visit.rights.object(link.object).can("read"):
            shown.append((each, link))
    for each, link in shown:
        yield _related(visit, obj, layout, each, link, record)


def _related(
    visit: Visit, obj: Object, layout: Layout, each: Related, link: Link, record: Mapping[str, Any]
) -> RelatedList:
    child, record_id = visit.release.catalog.object(link.object), record["id"]
    paths = each.columns or tuple(path for path in child.list_views[0].columns if path != link.field)
    key = ("columns", child.name, paths, visit.language, visit.rights)
    columns = visit.compiled(key, lambda: tuple(listing.draw_columns(visit, child, paths)))
    query = Query(
        child.name,
        tuple(dict.fromkeys((*(column.path for column in columns), child.title))),
        {"field": link.field, "op": "contains" if link.many else "eq", "value": record_id},
        each.where if each.where is not None and not _reads_this(each) else None,
        each.sort or (("created_at", True),),
        RELATED_ROWS,
        count_limit=RELATED_COUNT,
    )
    page = fetch(visit.connection, visit.release, visit.actor, query)
    titles = titles_of(visit, cells.ids_in(columns, page.rows))
    more = ""
    if page.next_cursor:
        more = addresses.list_of(child.name, [("f", f"{link.field}~eq~{record_id}")])
    create = ""
    if visit.rights.object(child.name).can("create") and link.field in visit.rights.object(child.name).writable:
        create = activities.new_address(visit, obj, record, child, link)
    return RelatedList(
        each.list,
        visit.labels.related(layout, each, child),
        child.icon,
        tuple((column.label, column.numeric) for column in columns),
        listing.rows(visit, child, columns, page.rows, titles),
        f"{page.count}" if page.count_exact else f"{page.count}+",
        more,
        create,
    )


def _reads_this(each: Related) -> bool:
    return each.where is not None and any(path[0] == "this" for path in each.where.dependencies)


def wanted_titles(built: DrawnLayout, record: Mapping[str, Any]) -> dict[str, set[UUID]]:
    """Return the ids on the page whose titles are shown."""
    return cells.ids_in(built.columns, [record])
