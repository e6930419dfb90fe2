"""The frame of every page: navigation from the ``app`` definitions, quick create, the person, the toast.

What a person may not read is not in the navigation. Built per request from parts kept per release, language and rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID
from zlib import crc32

from flask import Flask, g, request, url_for
from flask_login import current_user

from formline.catalog.model import App, AppItem
from formline.web import addresses, i18n
from formline.web.i18n import gettext as _
from formline.web.visit import Visit

PRODUCT = "Formline"
THEMES = frozenset({"light", "dark", "auto"})
THEME_COOKIE = "theme"
TONES = ("c0", "c1", "c2", "c3", "c4", "c5")
#: Stands for the pages of roles, which are no object's.
ROLES = "/roles"
BOTTOM_ITEMS = 4
CREATE_ITEMS = 8


@dataclass(frozen=True, slots=True)
class NavItem:
    """One link of the navigation; ``object`` is what it lists."""

    label: str
    href: str
    icon: str
    object: str = ""
    active: bool = False
    count: int = 0


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


def tone_of(key: UUID | str | None) -> str:
    """Return the colour of a person: the same for the same id."""
    return TONES[crc32(str(key).encode()) % len(TONES)]


def initial_of(name: str) -> str:
    """Return the letter in a person's circle: the first one, as the family name's in Chinese."""
    return name[:1].upper() or "?"


def navigation(visit: Visit) -> Navigation:
    """Return the navigation of the person's apps, each object once, without what they may not read."""
    groups, seen = [], set()
    for app in apps_of(visit):
        items = [item for item in items_of(visit, app) if item.object not in seen]
        seen |= {item.object for item in items}
        if items:
            groups.append(NavGroup(visit.labels.app(app), tuple(items)))
    if visit.rights.may("manage_access"):
        roles = NavItem(_("Roles"), url_for("auth.roles_page"), "shield-check", ROLES)
        groups = [*groups[:-1], replace(groups[-1], items=(*groups[-1].items, roles))] if groups else []
    if groups:
        groups[0] = replace(groups[0], label="")
    return Navigation(tuple(groups), tuple(create_items(visit, groups)))


def apps_of(visit: Visit) -> list[App]:
    """Return the apps the person's roles list; administrators and people whose roles list none get all."""
    apps: dict[str, App] = dict(visit.release.catalog.all("app"))
    allowed = visit.rights.apps
    chosen = [app for name, app in apps.items() if name in allowed] or list(apps.values())
    # Administration last: daily work comes first.
    return sorted((app for app in chosen if app.audience != "external"), key=lambda app: app.name == "administration")


def items_of(visit: Visit, app: App) -> Iterator[NavItem]:
    """Yield the readable entries of an app, groups flattened."""
    for item in app.items:
        if item.items:
            for inner in item.items:
                yield from _item(visit, app, inner)
        else:
            yield from _item(visit, app, item)


def _item(visit: Visit, app: App, item: AppItem) -> Iterator[NavItem]:
    catalog = visit.release.catalog
    if item.kind == "list_view" and catalog.has("list_view", item.name):
        view = catalog.get("list_view", item.name)
        if visit.rights.object(view.object).can("read"):
            href = addresses.list_of(view.object, [("view", view.name)])
            label = visit.labels.item(app, item, visit.labels.view(view))
            yield NavItem(label, href, item.icon or catalog.object(view.object).icon, f"{view.object}/{view.name}")
    elif item.kind == "object" and catalog.has("object", item.name) and visit.rights.object(item.name).can("read"):
        obj = catalog.object(item.name)
        href = addresses.list_of(obj.name)
        yield NavItem(visit.labels.item(app, item, visit.labels.plural(obj)), href, item.icon or obj.icon, obj.name)


def create_items(visit: Visit, groups: list[NavGroup]) -> Iterator[NavItem]:
    """Yield a link to each form the person may fill in."""
    found = 0
    for item in (item for group in groups for item in group.items):
        if "/" in item.object or found == CREATE_ITEMS or not visit.rights.object(item.object).can("create"):
            continue
        obj = visit.release.catalog.object(item.object)
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
    person = Person(name, initial_of(name), tone_of(visit.actor.user_id))
    return replace(placed(visit), theme=theme, user=person, toast=toast())


def placed(visit: Visit) -> Shell:
    """Return the frame with its place marked, as it is for everybody with these rights."""
    built = visit.compiled(("navigation", visit.language, visit.rights), lambda: navigation(visit))
    shown = ROLES if request.path.startswith(ROLES) else (request.view_args or {}).get("object_name", "")
    place = shown if any(item.object == shown for group in built.groups for item in group.items) else ""
    return visit.compiled(("placed", visit.language, visit.rights, place), lambda: _marked(visit, built, place))


def _marked(visit: Visit, built: Navigation, place: str) -> Shell:
    groups = tuple(
        replace(group, items=tuple(replace(item, active=item.object == place) for item in group.items))
        for group in built.groups
    )
    return Shell(
        i18n.tag(visit.language),
        "auto",
        nav=groups,
        bottom=tuple(item for group in groups for item in group.items)[:BOTTOM_ITEMS],
        create=built.create,
        place=place,
    )


def toast() -> Toast | None:
    """Return the message of what the request before this one did, said in the address."""
    if request.args.get("saved"):
        return Toast(_("Saved."))
    deletion = request.args.get("deleted", "")
    if deletion:
        try:
            return Toast(_("Deleted."), url_for("records.restore", deletion_id=UUID(deletion)))
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
