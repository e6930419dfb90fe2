"""The frame of every page: navigation from the ``app`` definitions, quick create, the person, the toast.

What a person may not read is not in the navigation. Built per request from parts kept per release, language and rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import cast
from uuid import UUID
from zlib import crc32

from flask import Flask, g, request, url_for
from flask_login import current_user

from formline.catalog.model import App, AppItem
from formline.fields.field import humanise
from formline.web import addresses, i18n, places
from formline.web.i18n import gettext as _
from formline.web.marks import mark
from formline.web.records.widget_views import dashboards_of
from formline.web.visit import Visit

PRODUCT = "Formline"
THEMES = frozenset({"light", "dark", "auto"})
THEME_COOKIE = "theme"
TONES = ("c0", "c1", "c2", "c3", "c4", "c5")
#: Stands for the person's home page; a dashboard by name is ``/dashboards/name``.
HOME = "/home"
DASHBOARDS = "/dashboards/"
#: Entries of the bottom bar between the home page and the person's own.
BOTTOM_ITEMS = 2
#: The kind of mark in place of how much waits at a place.
WAITING = "waiting"
#: Begins what stands for a place where an entry of the navigation names its object.
PAGE = "page:"
CREATE_ITEMS = 8
#: The app that stands last.
ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True)
class NavItem:
    """One link of the navigation; ``object`` is what it lists, ``waiting`` a mark for how much waits there."""

    label: str
    href: str
    icon: str
    object: str = ""
    active: bool = False
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Links under a common heading: one app."""

    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in person as the frame shows them."""

    name: str
    initial: str
    color: str
    unread: int | str = 0
    #: Tells people of one browser apart: what waits to be sent belongs to who wrote it.
    key: str = ""


@dataclass(frozen=True, slots=True)
class Toast:
    """A short message, with an address to post to for taking it back."""

    text: str
    undo_url: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything ``base.html`` needs."""

    lang: str
    theme: str
    product: str = PRODUCT
    nav: tuple[NavGroup, ...] = ()
    #: The phone's bottom bar: the home page and at most two more.
    bottom: tuple[NavItem, ...] = ()
    create: tuple[NavItem, ...] = ()
    user: Person | None = None
    toast: Toast | None = None
    #: What is marked in the navigation: an object's name, or "".
    place: str = ""


@dataclass(frozen=True, slots=True)
class Navigation:
    """The parts of the frame that stay the same while a person's rights do."""

    groups: tuple[NavGroup, ...]
    create: tuple[NavItem, ...] = field(default=())
    bottom: tuple[NavItem, ...] = field(default=())


def tone_of(key: UUID | str | None) -> str:
    """Return the colour of a person: the same for the same id."""
    return TONES[crc32(str(key).encode()) % len(TONES)]


def initial_of(name: str) -> str:
    """Return the letter in a person's circle: the first one, as the family name's in Chinese."""
    return name[:1].upper() or "?"


def navigation(visit: Visit) -> Navigation:
    """Return the navigation of the person's apps, each object once, without what they may not read."""
    groups: list[NavGroup] = []
    bottom: list[NavItem] = []
    seen: set[str] = set()
    for app in apps_of(visit):
        bottom += items_of(visit, app.bottom, app)
        for label, entries in _parts(visit, app):
            items = [item for item in items_of(visit, entries, app) if item.object not in seen]
            seen |= {item.object for item in items}
            if items:
                groups.append(NavGroup(label, tuple(items)))
    if groups:
        _add_places(visit, groups, seen)
    home: tuple[NavItem, ...] = ()
    if dashboards_of(visit):
        home = (NavItem(_("Home"), url_for("home.page"), "home", HOME),)
        groups[:1] = [replace(group, items=(*home, *group.items)) for group in groups[:1]] or [NavGroup("", home)]
    return Navigation(tuple(groups), tuple(create_items(visit, groups)), (*home, *_at_the_bottom(bottom, groups)))


def _add_places(visit: Visit, groups: list[NavGroup], seen: set[str]) -> None:
    """Put the pages that no app names where they belong: around the first group, or among those about the site."""
    others = [place for place in places.every() if PAGE + place.name not in seen and place.may_open(visit)]
    first = [_place(place) for place in others if not place.about_site and place.order < 0]
    daily = [_place(place) for place in others if not place.about_site and place.order >= 0]
    of_site = tuple(_place(place) for place in others if place.about_site)
    groups[0] = replace(groups[0], label="", items=(*first, *groups[0].items, *daily))
    if of_site and apps_of(visit)[-1].name == ADMINISTRATION:
        groups[-1] = replace(groups[-1], items=(*groups[-1].items, *of_site))
    elif of_site:
        groups.append(NavGroup(_("Administration"), of_site))


def _parts(visit: Visit, app: App) -> Iterator[tuple[str, tuple[AppItem, ...]]]:
    """Yield the entries of an app under its own name, then each of its groups."""
    yield visit.labels.app(app), tuple(item for item in app.items if not item.items)
    for item in app.items:
        if item.items:
            yield visit.labels.item(app, item, humanise(item.name)), item.items


def _at_the_bottom(wanted: list[NavItem], groups: list[NavGroup]) -> list[NavItem]:
    """Return what the bottom bar shows beside home: what apps want there, else the first of the navigation."""
    taken = {HOME}
    chosen = []
    for item in (*wanted, *(item for group in groups for item in group.items)):
        if item.object not in taken:
            taken.add(item.object)
            chosen.append(item)
    return chosen[:BOTTOM_ITEMS]


def _place(place: places.Place, label: str = "", icon: str = "") -> NavItem:
    waiting = mark(WAITING, place.name) if place.waiting else ""
    return NavItem(
        label or _(place.label), url_for(place.endpoint), icon or place.icon, PAGE + place.name, waiting=waiting
    )


def apps_of(visit: Visit) -> list[App]:
    """Return the apps the person's roles list; administrators and people whose roles list none get all."""
    apps: dict[str, App] = dict(visit.release.catalog.all("app"))
    chosen = [apps[name] for name in visit.rights.apps] or list(apps.values())
    # Administration last: daily work comes first.
    return sorted((app for app in chosen if app.audience != "external"), key=lambda app: app.name == ADMINISTRATION)


def items_of(visit: Visit, items: tuple[AppItem, ...], app: App) -> Iterator[NavItem]:
    """Yield what the person may open among entries of an app, groups flattened."""
    for item in items:
        if item.items:
            yield from items_of(visit, item.items, app)
        else:
            yield from _item(visit, app, item)


def _item(visit: Visit, app: App, item: AppItem) -> Iterator[NavItem]:
    catalog = visit.release.catalog
    if item.kind == "dashboard":
        yield from _dashboard(visit, app, item)
    elif item.kind == "page":
        place = places.named(item.name)
        if place is not None and place.may_open(visit):
            yield _place(place, visit.labels.item(app, item, ""), item.icon)
    elif item.kind == "list_view" and catalog.has("list_view", item.name):
        view = catalog.get("list_view", item.name)
        if visit.rights.object(view.object).can("read"):
            href = addresses.list_of(view.object, [("view", view.name)])
            label = visit.labels.item(app, item, visit.labels.view(view))
            yield NavItem(label, href, item.icon or catalog.object(view.object).icon, f"{view.object}/{view.name}")
    elif item.kind == "object" and catalog.has("object", item.name) and visit.rights.object(item.name).can("read"):
        obj = catalog.object(item.name)
        href = addresses.list_of(obj.name)
        yield NavItem(visit.labels.item(app, item, visit.labels.plural(obj)), href, item.icon or obj.icon, obj.name)


def _dashboard(visit: Visit, app: App, item: AppItem) -> Iterator[NavItem]:
    for dashboard in dashboards_of(visit):
        if dashboard.name == item.name:
            usual = visit.labels.text("dashboard", dashboard.name, "label", dashboard.label)
            path = f"{DASHBOARDS}{dashboard.name}"
            yield NavItem(visit.labels.item(app, item, usual), path, item.icon or dashboard.icon, path)


def create_items(visit: Visit, groups: list[NavGroup]) -> Iterator[NavItem]:
    """Yield a link to each form the person may fill in."""
    found = 0
    for item in (item for group in groups for item in group.items):
        catalog = visit.release.catalog
        if found == CREATE_ITEMS or not catalog.has("object", item.object):
            continue
        obj = catalog.object(item.object)
        if not visit.rights.object(obj.name).can("create"):
            continue
        found += 1
        yield NavItem(visit.labels.object(obj), addresses.new(obj.name), obj.icon, obj.name)


def build() -> Shell:
    """Return the frame of this request."""
    theme = request.cookies.get(THEME_COOKIE) or g.get("preferences", {}).get("theme")
    if theme not in THEMES:
        theme = "auto"
    if not current_user.is_authenticated or "visit" not in g:
        return Shell(i18n.tag(i18n.language()), theme)
    visit: Visit = g.visit
    name = str(visit.actor.user.get("name") or "")
    person = Person(name, initial_of(name), tone_of(visit.actor.user_id), visit.unread, str(visit.actor.user_id))
    return replace(placed(visit), theme=theme, user=person, toast=toast())


def placed(visit: Visit) -> Shell:
    """Return the frame with its place marked, as it is for everybody with these rights."""
    built = visit.compiled(("navigation", visit.language, visit.rights), lambda: navigation(visit))
    if request.path == "/":
        shown = HOME
    elif request.path.startswith(DASHBOARDS):
        shown = f"{DASHBOARDS}{(request.view_args or {}).get('name', '')}"
    else:
        own = places.at(request.path)
        shown = PAGE + own.name if own else (request.view_args or {}).get("object_name", "")
    place = shown if any(item.object == shown for group in built.groups for item in group.items) else ""
    return visit.compiled(("placed", visit.language, visit.rights, place), lambda: _marked(visit, built, place))


def _marked(visit: Visit, built: Navigation, place: str) -> Shell:
    def marked(items: tuple[NavItem, ...]) -> tuple[NavItem, ...]:
        return tuple(replace(item, active=item.object == place) for item in items)

    return Shell(
        i18n.tag(visit.language),
        "auto",
        nav=tuple(replace(group, items=marked(group.items)) for group in built.groups),
        bottom=marked(built.bottom),
        create=built.create,
        place=place,
    )


def toast() -> Toast | None:
    """Return the message of what the request before this one did: the page's own, or said in the address."""
    if "toast" in g:
        return cast(Toast, g.toast)
    if request.args.get("saved"):
        return Toast(_("Saved."))
    if request.args.get("submitted"):
        return Toast(_("Submitted for approval."))
    deletion = request.args.get("deleted", "")
    if deletion:
        try:
            return Toast(_("Deleted."), url_for("records.restore", deletion_id=UUID(deletion)))
        except ValueError:
            return None
    change = request.args.get("changed", "")
    if change:
        try:
            return Toast(_("Changed."), url_for("records.undo_change", change_id=UUID(change)))
        except ValueError:
            return None
    return None


def install(app: Flask) -> None:
    """Give every template ``shell``."""

    def give() -> dict[str, Shell]:
        if "shell" not in g:
            g.shell = build()
        return {"shell": g.shell}

    app.context_processor(give)
