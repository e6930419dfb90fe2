"""What stands above a list, a board and a calendar alike: views, filters, the switch between the three."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from formline.catalog.model import Board, CalendarView, ListView, Route
from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.runtime.saved_views import SavedView
from formline.web import addresses, pins
from formline.web.i18n import gettext as _
from formline.web.records import filter_trees, filters, saved_lists
from formline.web.records.list_address import BOARD, CALENDAR, ROUTE, ListAddress
from formline.web.records.targets import field_at, layout_for, views_for
from formline.web.visit import Visit

MOST_ON_CARD = 6


@dataclass(frozen=True, slots=True)
class Tab:
    """One list view above the list."""

    label: str
    href: str
    active: bool
    saved: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """One way of showing the records: ``name`` as in an address, "" for the list."""

    name: str
    label: str
    icon: str
    href: str


@dataclass(frozen=True, slots=True)
class SavedHere:
    """The saved view that is shown; ``changed`` where the address says something else by now."""

    id: UUID
    name: str
    changed: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class ListFrame:
    """Everything the shared head of the three pages needs; ``shapes`` is empty where the list is the only one."""

    object: Object
    address: ListAddress
    label: str
    plural: str
    tabs: tuple[Tab, ...]
    chips: tuple[filters.Chip, ...]
    shapes: tuple[Shape, ...]
    can_create: bool
    tree: str
    saved: SavedHere | None

    @property
    def pin(self) -> str:
        """What pinning the view that is shown keeps."""
        return pins.of_view(self.object.name, self.address.view, str(self.saved.id) if self.saved else "")

    @property
    def pinned(self) -> bool:
        """Whether the person pinned the view."""
        return self.pin in pins.own()

    @property
    def query(self) -> str:
        """The address's own query, for the addresses of dialogs and fragments."""
        return urlencode(self.address.hidden())

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view narrows the records."""
        return bool(self.chips or self.tree or self.address.search)

    @property
    def can_save(self) -> bool:
        """Whether there is anything here that a view could keep."""
        address = self.address
        return bool(self.narrowed or address.sort or address.columns or address.group)


def frame(visit: Visit, obj: Object, address: ListAddress, view: ListView, titles: Mapping[UUID, str]) -> ListFrame:
    """Return the frame of an address; ``titles`` are those of the records its filters name."""
    kept = saved_lists.views_to_show(visit, obj)
    here = next((one for one in kept if str(one.id) == address.saved), None)
    tabs = _tabs(visit, obj, view, address.shape)
    if here is not None:
        tabs = tuple(replace(tab, active=False) for tab in tabs)
    own = tuple(Tab(one.name, saved_lists.href(visit, obj, one), one is here, saved=True) for one in kept)
    return ListFrame(
        obj,
        address,
        visit.labels.object(obj),
        visit.labels.plural(obj),
        (*tabs, *own),
        filters.chips(visit, obj, address.filters, titles),
        _shapes(visit, obj, address),
        visit.rights.object(obj.name).can("create"),
        filter_trees.words(visit, obj, address.tree, titles) if address.tree is not None else "",
        None if here is None else _saved(visit, obj, here, address),
    )


def _saved(visit: Visit, obj: Object, view: SavedView, address: ListAddress) -> SavedHere:
    changed = saved_lists.is_changed(visit, obj, view, address)
    return SavedHere(view.id, view.name, changed, saved_lists.may_change(visit, view))


def _tabs(visit: Visit, obj: Object, shown: ListView, shape: str) -> tuple[Tab, ...]:
    """Return the list views as tabs; which of them is shown is part of the key."""

    def tab(view: ListView) -> Tab:
        return Tab(visit.labels.view(view), addresses.list_of(obj.name, [("view", view.name)], shape), view is shown)

    key = ("tabs", obj.name, shown.name, shape, visit.language, visit.rights)
    offered = views_for(visit, obj)
    # The records behind a number of a dashboard are a tab of their own, while they are looked at.
    extra = () if shown in offered else (shown,)
    return visit.compiled(key, lambda: tuple(tab(view) for view in (*offered, *extra)))


def _shapes(visit: Visit, obj: Object, address: ListAddress) -> tuple[Shape, ...]:
    found = []
    if board_of(visit, obj) is not None:
        found.append(Shape(BOARD, _("Board"), "layout-kanban", address.href(shape=BOARD)))
    if calendar_of(visit, obj) is not None:
        found.append(Shape(CALENDAR, _("Calendar"), "calendar", address.href(shape=CALENDAR)))
    if route_of(visit, obj) is not None:
        found.append(Shape(ROUTE, _("Route"), "route", addresses.list_of(obj.name, (), ROUTE)))
    return (Shape("", _("List"), "list", address.href(shape="")), *found) if found else ()


def board_of(visit: Visit, obj: Object) -> Board | None:
    """Return the board of an object: the layout's, else one by its first state; None where there is none to see."""
    return visit.compiled(("board", obj.name, visit.rights), lambda: _board(visit, obj))


def _board(visit: Visit, obj: Object) -> Board | None:
    layout = layout_for(visit, obj, None)
    access = visit.rights.object(obj.name)
    if layout.board is not None:
        return layout.board if access.readable(layout.board.group_by) else None
    state = next((name for name in obj.state_fields if access.readable(name)), None)
    if state is None:
        return None
    card = tuple(path for path in layout.highlights if path != state)[:MOST_ON_CARD]
    amounts = (path for path in card if _kind(visit, obj, path) is Kind.MONEY)
    return Board(state, (obj.title, *card), next(amounts, ""))


def calendar_of(visit: Visit, obj: Object) -> CalendarView | None:
    """Return the calendar a layout declares, None where there is none or its day is not for this person."""
    calendar = layout_for(visit, obj, None).calendar
    if calendar is None or not visit.rights.object(obj.name).readable(calendar.start):
        return None
    return calendar


def route_of(visit: Visit, obj: Object) -> Route | None:
    """Return the route a layout declares, None where there is none or its day or place is not for this person."""
    route = layout_for(visit, obj, None).route
    if route is None or field_at(visit, obj, route.place) is None:
        return None
    return route if visit.rights.object(obj.name).readable(route.day) else None


def _kind(visit: Visit, obj: Object, path: str) -> Kind | None:
    field = field_at(visit, obj, path)
    return None if field is None else field.value_type.kind
