"""What the index found, in words of the person: by object as their navigation has them, with what matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from formline.runtime import saved_views
from formline.runtime.queries.title_texts import titles
from formline.runtime.search.finding import Hit, find
from formline.web import addresses, pins, shell
from formline.web.records import saved_lists
from formline.web.records.targets import views_for
from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Line:
    """One record: ``note`` is the label of the field that matched, "" for the title."""

    title: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one object; ``more`` leads to the list with the same words, "" where all is shown."""

    object: str
    label: str
    icon: str
    lines: tuple[Line, ...]
    more: str = ""


def search(here: Visit, asked: str, limit: int) -> tuple[tuple[Group, ...], bool]:
    """Return the groups found, and whether only the newest of too many matches were looked at.

    Raises:
        BudgetError: the words are too common.
    """
    found = find(here.connection, here.release, here.actor, asked, objects_of(here), limit=limit)
    groups = tuple(_group(here, name, hits, asked, limit) for name, hits in found.hits.items())
    return groups, found.cut


def objects_of(here: Visit) -> list[str]:
    """Return the objects searched: those of the person's navigation first, then all others they may read."""
    first = [item.object for group in shell.build().nav for item in group.items]
    every = dict.fromkeys([name for name in first if "/" not in name] + list(here.release.catalog.names("object")))
    access = here.rights
    return [name for name in every if here.release.catalog.has("object", name) and access.object(name).can("read")]


def recent(here: Visit, keys: Mapping[str, list[UUID]]) -> list[tuple[str, Line]]:
    """Return (icon, line) of records that the browser remembers, in its order; those out of reach are left out."""
    known_objects = {name: ids for name, ids in keys.items() if here.release.catalog.has("object", name)}
    known = titles(here.connection, here.release, here.actor, known_objects)
    return [
        (here.release.catalog.object(name).icon, Line(known[key], addresses.record(name, key)))
        for name, ids in known_objects.items()
        for key in ids
        if key in known
    ]


def pinned(here: Visit, texts: Iterable[str]) -> list[tuple[str, Line]]:
    """Return (icon, line) of what the person pinned, in their order, without what is gone or out of reach."""
    found = [each for each in map(pins.parts, texts) if each and here.release.catalog.has("object", each[0])]
    records: dict[str, list[UUID]] = {}
    for name, _kind, key in (each for each in found if each[1] == "record"):
        records.setdefault(name, []).append(UUID(key))
    lines_of = {**_records(here, records), **_saved(here, found)}
    lines = (_view(here, name, key) if kind == "view" else lines_of.get(key) for name, kind, key in found)
    icons = (here.release.catalog.object(name).icon for name, _kind, _key in found)
    return [(icon, line) for icon, line in zip(icons, lines, strict=True) if line is not None]


def _records(here: Visit, keys: Mapping[str, list[UUID]]) -> dict[str, Line]:
    known = titles(here.connection, here.release, here.actor, keys)
    every = ((name, key) for name, ids in keys.items() for key in ids if key in known)
    return {str(key): Line(known[key], addresses.record(name, key)) for name, key in every}


def _saved(here: Visit, found: Iterable[tuple[str, str, str]]) -> dict[str, Line]:
    of = {UUID(key): here.release.catalog.object(name) for name, kind, key in found if kind == "saved"}
    views = saved_views.named(here.connection, of, here.actor.user_id, here.rights.role_names)
    readable = ((view, of[view.id]) for view in views.values() if here.rights.object(of[view.id].name).can("read"))
    return {
        str(view.id): Line(view.name, saved_lists.href(here, obj, view), here.labels.plural(obj))
        for view, obj in readable
    }


def _view(here: Visit, name: str, key: str) -> Line | None:
    """Return the line of a view of the definitions; None where it is not for this person any more."""
    obj = here.release.catalog.object(name)
    view = next((view for view in views_for(here, obj) if view.name == key), None)
    if view is None or not here.rights.object(name).can("read"):
        return None
    return Line(here.labels.view(view), addresses.list_of(name, [("view", key)]), here.labels.plural(obj))


def _group(here: Visit, name: str, hits: tuple[Hit, ...], asked: str, limit: int) -> Group:
    described = here.release.catalog.object(name)
    lines = tuple(Line(hit.title, addresses.record(name, hit.id), _note(here, name, hit.field)) for hit in hits)
    more = addresses.list_of(name, [("q", asked)]) if len(hits) >= limit else ""
    return Group(name, here.labels.plural(described), described.icon, lines, more)


def _note(here: Visit, name: str, field: str) -> str:
    return here.labels.field(here.release.catalog.object(name).fields[field]) if field else ""
