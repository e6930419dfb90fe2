"""Layouts, list views and apps: built from definitions, generated where there are none, chosen for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from formline.catalog.model import (
    App,
    AppItem,
    Audience,
    Board,
    CalendarView,
    ChildMap,
    Column,
    FieldDisplay,
    Layout,
    ListView,
    Related,
    Route,
    Section,
    Ties,
    Timeline,
)
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object
    from formline.metadata.layers import Definition

Shown = TypeVar("Shown", Layout, ListView)
Sort = tuple[tuple[str, bool], ...]
ITEM_KINDS = ("group", "object", "list_view", "dashboard", "report", "page")


def sort_of(declared: Iterable[str] | None) -> Sort:
    """Return (path, descending) for ``[-created_at, name]``."""
    return tuple((path.lstrip("-"), path.startswith("-")) for path in declared or ())


def column_paths(declared: Iterable[Any] | None) -> tuple[str, ...]:
    """Return the paths of columns written as text or as maps."""
    return tuple(str(one["field"]) if isinstance(one, Mapping) else str(one) for one in declared or ())


def audience_of(data: Mapping[str, Any]) -> Audience:
    """Return whom a layout or list view is for."""
    declared = data.get("for") or {}
    return Audience(
        tuple(declared.get("record_types") or ()), tuple(declared.get("roles") or ()), str(declared.get("app") or "")
    )


def build_layout(catalog: Catalog, definition: Definition) -> Layout:
    """Make a layout."""
    data = definition.data
    object_name = str(data["object"])
    shown = data.get("list") or {}
    return Layout(
        definition.name,
        object_name,
        audience_of(data),
        tuple(_section(catalog, object_name, one) for one in data.get("form") or ()),
        tuple(data.get("highlights") or ()),
        tuple(_related(catalog, object_name, one) for one in data.get("related") or ()),
        MappingProxyType(
            {name: _display(catalog, object_name, one) for name, one in (data.get("fields") or {}).items()}
        ),
        column_paths(shown.get("columns")),
        sort_of(shown.get("sort")),
        tuple(shown.get("filters") or ()),
        _board(data.get("board")),
        _calendar(data.get("calendar")),
        _timeline(data.get("timeline")),
        _map(data.get("map")),
        _route(catalog, object_name, data.get("route")),
    )


def _section(catalog: Catalog, object_name: str, data: Mapping[str, Any]) -> Section:
    table = str(data.get("table") or "")
    name = str(data.get("section") or table)
    return Section(
        name,
        str(data.get("label") or ""),
        tuple(tuple(row) for row in data.get("rows") or ()),
        table,
        column_paths(data.get("columns")),
        _condition(catalog, object_name, data.get("visible", True)),
        bool(data.get("collapsed")),
        sort_of(data.get("sort")),
    )


def _display(catalog: Catalog, object_name: str, data: Mapping[str, Any]) -> FieldDisplay:
    conditions = (
        None if data.get(word) is None else _condition(catalog, object_name, data[word])
        for word in ("visible", "required", "read_only")
    )
    return FieldDisplay(str(data.get("label") or ""), str(data.get("help") or ""), *conditions)


def _related(catalog: Catalog, object_name: str, data: Mapping[str, Any]) -> Related:
    name = str(data["list"])
    link = catalog.links.behind(object_name, name)
    where = data.get("where")
    condition = None
    if where is not None and link is not None:
        condition = catalog.compiler.compile(where, object=object_name, where_of=link.object, expects=BOOLEAN)
    return Related(
        name, str(data.get("label") or ""), column_paths(data.get("columns")), condition, sort_of(data.get("sort"))
    )


def _condition(catalog: Catalog, object_name: str, value: Any) -> bool | Expression:
    if isinstance(value, bool):
        return value
    return catalog.compiler.compile(value, object=object_name, expects=BOOLEAN)


def _board(data: Mapping[str, Any] | None) -> Board | None:
    if not data:
        return None
    return Board(
        str(data["group_by"]), tuple(data.get("card") or ()), str(data.get("total") or ""), sort_of(data.get("sort"))
    )


def _calendar(data: Mapping[str, Any] | None) -> CalendarView | None:
    if not data:
        return None
    return CalendarView(*(str(data.get(word) or "") for word in ("start", "end", "title", "color")))


def _timeline(data: Mapping[str, Any] | None) -> Timeline | None:
    return Timeline(**data) if data else None


def _map(data: Mapping[str, Any] | None) -> ChildMap | None:
    if not data:
        return None
    ties = Ties(**data["ties"]) if "ties" in data else None
    words = {word: str(data[word]) for word in ("list", "above", "note", "color") if word in data}
    return ChildMap(**words, marks=tuple(data.get("marks") or ()), ties=ties)


def _route(catalog: Catalog, object_name: str, data: Mapping[str, Any] | None) -> Route | None:
    if not data:
        return None
    where = data.get("where")
    condition = None if where is None else catalog.compiler.compile(where, object=object_name, expects=BOOLEAN)
    return Route(**{**data, "where": condition})


def build_list_view(catalog: Catalog, definition: Definition) -> ListView:
    """Make a list view."""
    data = definition.data
    object_name = str(data["object"])
    where = data.get("where")
    details = {
        str(one["field"]): Column(str(one["field"]), str(one.get("label") or ""), str(one.get("total") or ""))
        for one in data.get("columns") or ()
        if isinstance(one, Mapping)
    }
    return ListView(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        audience_of(data),
        column_paths(data.get("columns")),
        None if where is None else catalog.compiler.compile(where, object=object_name, expects=BOOLEAN),
        sort_of(data.get("sort")),
        tuple(data.get("filters") or ()),
        str(data.get("group_by") or ""),
        MappingProxyType(details),
    )


def build_app(catalog: Catalog, definition: Definition) -> App:
    """Make an app."""
    data = definition.data
    return App(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("icon") or "apps"),
        tuple(app_item(catalog, one) for one in data.get("items") or ()),
        str(data.get("home") or ""),
        str(data.get("audience") or "internal"),
        str(data.get("account") or ""),
        tuple(app_item(catalog, one) for one in data.get("bottom") or ()),
    )


def app_item(catalog: Catalog, data: Any) -> AppItem:
    """Make an entry; a bare name is an object where there is one, else a list view, else a page."""
    if isinstance(data, str):
        kinds = ("object", "list_view", "dashboard", "report")
        return AppItem(next((kind for kind in kinds if catalog.has(kind, data)), "page"), data)
    kind = next((word for word in ITEM_KINDS if word in data), "group")
    return AppItem(
        kind,
        str(data.get(kind) or ""),
        str(data.get("label") or ""),
        str(data.get("icon") or ""),
        tuple(app_item(catalog, one) for one in data.get("items") or ()),
    )


def layouts_of(object_: Object) -> tuple[Layout, ...]:
    """Return the layouts of an object; a generated one for everybody where none is."""
    declared = tuple(_declared(object_, "layout"))
    if any(layout.audience == Audience() for layout in declared):
        return declared
    return (*declared, default_layout(object_))


def list_views_of(object_: Object) -> tuple[ListView, ...]:
    """Return the list views of an object; a generated one where none is for everybody."""
    declared = tuple(_declared(object_, "list_view"))
    if any(view.audience == Audience() for view in declared):
        return declared
    return (*declared, default_list_view(object_))


def _declared(object_: Object, kind: str) -> Iterable[Any]:
    catalog = object_.catalog
    for name in catalog.names(kind):
        if catalog.definitions[kind, name].data.get("object") == object_.name:
            yield catalog.get(kind, name)


def default_layout(object_: Object) -> Layout:
    """Make a layout of all declared fields, two in a row, long ones at the end, and lists of the children."""
    long = [f.name for f in object_.declared if f.shown.type.name in ("long_text", "rich_text", "json")]
    short = [f.name for f in object_.declared if f.name not in long]
    short += ["owner"] if "owner" in object_.fields else []
    pairs = [tuple(short[start : start + 2]) for start in range(0, len(short), 2)]
    related = tuple(Related(name, "") for name in object_.catalog.links.reverses(object_.name))
    highlights = tuple(f.name for f in object_.declared if f.name not in (object_.title, *long))[:4]
    section = Section("details", "Details", (*pairs, *((name,) for name in long)))
    return Layout(f"{object_.name}_default", object_.name, Audience(), (section,), highlights, related, generated=True)


def default_list_view(object_: Object) -> ListView:
    """Make a list of the title and the first short fields, newest first."""
    short = [f.name for f in object_.declared if f.shown.type.sortable and f.name != object_.title]
    owner = ["owner"] if "owner" in object_.fields else []
    columns = tuple(dict.fromkeys([*([object_.title] if object_.title != "id" else []), *short[:5], *owner]))
    label = f"All {object_.plural.lower()}"
    sort = (("created_at", True),)
    return ListView(
        f"{object_.name}_all", label, object_.name, Audience(), columns or ("id",), sort=sort, generated=True
    )


def best_layout(object_: Object, record_type: str = "", roles: Collection[str] = (), app: str = "") -> Layout:
    """Return the most specific layout for a record and a person; the first declared of equals."""
    fitting = fitting_for(object_.layouts, record_type, roles, app)
    return max(fitting, key=lambda one: _weight(one.audience))


def fitting_for(shown: Iterable[Shown], record_type: str, roles: Collection[str], app: str) -> tuple[Shown, ...]:
    """Return what is meant for a record type, any of the roles and an app, in declared order."""
    return tuple(one for one in shown if _fits(one.audience, record_type, roles, app))


def _fits(audience: Audience, record_type: str, roles: Collection[str], app: str) -> bool:
    return (
        (not audience.record_types or record_type in audience.record_types)
        and (not audience.roles or any(role in audience.roles for role in roles))
        and (not audience.app or audience.app == app)
    )


def _weight(audience: Audience) -> int:
    """Return how specific an audience is: a record type says most, then a role, then an app."""
    return 4 * bool(audience.record_types) + 2 * bool(audience.roles) + bool(audience.app)
