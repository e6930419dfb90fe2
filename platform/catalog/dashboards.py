"""Dashboards, built from definitions and chosen for a person; what they show is asked and drawn by the upper layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from formline.catalog.model import Audience
from formline.catalog.pages import audience_of
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition

NUMBER, CHART, LIST = "number", "chart", "list"
WIDGET_KINDS: Final = (NUMBER, CHART, LIST)
PERIODS: Final = ("this_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "all")
TEAMS: Final = ("mine", "team", "department", "all")
COLUMNS = 12
#: Width and height of a widget whose definition says none.
SIZES: Final[Mapping[str, tuple[int, int]]] = {NUMBER: (3, 1), CHART: (6, 3), LIST: (6, 4)}
ICONS: Final[Mapping[str, str]] = {NUMBER: "chart-bar", CHART: "chart-bar", LIST: "list"}


@dataclass(frozen=True, slots=True)
class Series:
    """One value that is added up: ``aggregate`` over ``of`` ("" counts records) where ``where``.

    ``name`` is "" for the only value of a widget.
    """

    name: str
    label: str
    where: Expression | None
    aggregate: str
    of: str


@dataclass(frozen=True, slots=True)
class Widget:
    """One number, chart or list of a dashboard.

    ``key`` is ``dashboard.name``. ``date`` is the path the period applies to ("": it does not), ``owner`` the path to
    the person the team applies to. ``group_by`` is a path, of dates with a period: ``close_date:month``; ``last`` such
    parts are shown whatever the period, 0 those of the period. ``width`` is in columns of twelve, ``height`` in rows.
    """

    key: str
    kind: str
    name: str
    label: str
    help: str
    icon: str
    color: str
    width: int
    height: int
    object: str
    series: tuple[Series, ...]
    date: str
    owner: str
    compare: str
    better: str
    share_of: Expression | None
    type: str
    group_by: str
    last: int
    view: str
    limit: int
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of widgets; the home page of the roles in its audience. ``period`` and ``team`` are those at first."""

    name: str
    label: str
    help: str
    icon: str
    audience: Audience
    period: str
    team: str
    widgets: Mapping[str, Widget]


def build_dashboard(catalog: Catalog, definition: Definition) -> Dashboard:
    """Make a dashboard."""
    data = definition.data
    widgets = [_widget(catalog, definition.name, one) for one in data.get("widgets") or ()]
    return Dashboard(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("help") or ""),
        str(data.get("icon") or "chart-bar"),
        audience_of(data),
        str(data.get("period") or "this_quarter"),
        str(data.get("team") or "all"),
        MappingProxyType({one.name: one for one in widgets}),
    )


def kind_of(data: Mapping[str, Any]) -> str:
    """Return which kind of widget a map describes."""
    return next((word for word in WIDGET_KINDS if word in data), NUMBER)


def group_of(data: Mapping[str, Any]) -> tuple[str, int]:
    """Return what a chart groups by as ``path`` or ``path:period``, and how many last parts it shows, 0 for all."""
    declared = data.get("group_by") or ""
    if isinstance(declared, Mapping):
        return f"{declared['field']}:{declared['by']}", int(declared.get("last") or 0)
    return str(declared), 0


def _widget(catalog: Catalog, dashboard: str, data: Mapping[str, Any]) -> Widget:
    kind = kind_of(data)
    name = str(data[kind])
    view = str(data.get("view") or "")
    listed = catalog.definitions["list_view", view].data.get("object") if catalog.has("list_view", view) else ""
    object_name = str(data.get("object") or listed)
    size: Mapping[str, int] = data.get("size") or {}
    width, height = SIZES[kind]
    group, last = group_of(data)
    return Widget(
        f"{dashboard}.{name}",
        kind,
        name,
        str(data.get("label") or humanise(name)),
        str(data.get("help") or ""),
        str(data.get("icon") or ICONS[kind]),
        str(data.get("color") or "blue"),
        size.get("width", width),
        size.get("height", height),
        object_name,
        () if kind == LIST else tuple(_series(catalog, object_name, data)),
        str(data.get("date") or ""),
        str(data.get("owner") or "owner"),
        str(data.get("compare") or ""),
        str(data.get("better") or "up"),
        _condition(catalog, object_name, data.get("share_of")),
        str(data.get("type") or "bar") if kind == CHART else "",
        group,
        last,
        view,
        int(data.get("limit") or 5),
        tuple(data.get("actions") or ()),
    )


def _series(catalog: Catalog, object_name: str, data: Mapping[str, Any]) -> list[Series]:
    declared: Mapping[str, Mapping[str, Any]] = data.get("series") or {"": {}}
    found = []
    for name, one in declared.items():
        parts = [text for text in (data.get("where"), data.get("share_of"), one.get("where")) if text]
        where = parts[0] if len(parts) == 1 else " and ".join(f"({text})" for text in parts)
        aggregate = str(one.get("aggregate") or data.get("aggregate") or "count")
        of = "" if aggregate == "count" else str(one.get("of") or data.get("of") or "")
        label = str(one.get("label") or humanise(name)) if name else ""
        found.append(Series(name, label, _condition(catalog, object_name, where or None), aggregate, of))
    return found


def _condition(catalog: Catalog, object_name: str, text: str | None) -> Expression | None:
    return None if text is None else catalog.compiler.compile(text, object=object_name, expects=BOOLEAN)


def dashboards_for(
    catalog: Catalog, roles: Collection[str], own_roles: Collection[str], apps: Collection[str]
) -> tuple[Dashboard, ...]:
    """Return the dashboards a person may open, the one that is their home page first.

    ``own_roles`` were given to the person, ``roles`` are these and all they include: what is made for a role itself
    comes before what its included roles see.
    """
    every: Mapping[str, Dashboard] = catalog.all("dashboard")
    fitting = [one for one in every.values() if _fits(one.audience, roles, apps)]
    return tuple(sorted(fitting, key=lambda one: -_weight(one.audience, own_roles)))


def _fits(audience: Audience, roles: Collection[str], apps: Collection[str]) -> bool:
    listed = not audience.roles or any(role in roles for role in audience.roles)
    return listed and (not audience.app or audience.app in apps)


def _weight(audience: Audience, own_roles: Collection[str]) -> int:
    own = any(role in own_roles for role in audience.roles)
    return 4 * own + 2 * bool(audience.roles) + bool(audience.app)
