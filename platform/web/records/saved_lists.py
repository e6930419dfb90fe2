"""Saved views on the list page: what is kept of an address, the address a kept one means, and who may share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime import saved_views
from formline.runtime.saved_views import SavedView
from formline.web import addresses
from formline.web.records.filters import SEPARATOR
from formline.web.records.list_address import SHAPES, ListAddress
from formline.web.visit import Visit

#: The parts of an address that a view keeps; a cursor and the view itself are none of them.
KEPT = ("view", "f", "w", "q", "sort", "columns", "group", "shape")
Rename = Callable[[str], str | None]


def views(visit: Visit, obj: Object) -> list[SavedView]:
    """Return the saved views a person has on an object."""
    release, who = visit.release, visit.actor
    object_id = release.model(obj.name).object_id
    return saved_views.readable(visit.connection, release, object_id, who.user_id, visit.rights.role_names)


def views_to_show(visit: Visit, obj: Object) -> list[SavedView]:
    """Return the same for a request that changes none of them: read once."""
    return visit.once(("saved views", obj.name), lambda: views(visit, obj))


def find(visit: Visit, obj: Object, key: UUID) -> SavedView:
    """Return one of them; NotFoundError where it is not theirs to see."""
    found = next((view for view in views(visit, obj) if view.id == key), None)
    if found is None:
        raise NotFoundError
    return found


def may_change(visit: Visit, view: SavedView) -> bool:
    """Return whether a person may change a view: their own, and shared ones where they see to the definitions."""
    return view.owner_id == visit.actor.user_id or (bool(view.roles) and may_share(visit))


def may_share(visit: Visit) -> bool:
    """Return whether a person may put views before others."""
    return visit.rights.may("manage_definitions") or visit.rights.may("manage_access")


def definition(visit: Visit, obj: Object, address: ListAddress) -> dict[str, Any]:
    """Return what is kept of an address, fields by their permanent ids."""

    def ids(path: str) -> str | None:
        return saved_views.ids_of(visit.release, obj.name, path)

    return _renamed(dict(_parts(address.hidden())), ids)


def href(visit: Visit, obj: Object, view: SavedView) -> str:
    """Return the address a view means today; fields that are gone are left out."""

    def names(text: str) -> str | None:
        return saved_views.names_of(visit.release, obj.name, text)

    parts = _renamed(dict(view.definition), names)
    shape = str(parts.pop("shape", ""))
    pairs = [
        (name, str(each)) for name, value in parts.items() for each in (value if isinstance(value, list) else [value])
    ]
    return addresses.list_of(obj.name, [*pairs, ("saved", str(view.id))], shape if shape in SHAPES else "")


def is_changed(visit: Visit, obj: Object, view: SavedView, address: ListAddress) -> bool:
    """Return whether the address shows something else than the view keeps."""
    return _normal(dict(view.definition)) != _normal(definition(visit, obj, address))


def _normal(parts: Mapping[str, Any]) -> str:
    return urlencode(sorted((name, str(value)) for name, value in parts.items() if value))


def _parts(pairs: list[tuple[str, str]]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name == "f":
            found.setdefault("f", []).append(value)
        elif name in KEPT:
            found[name] = value
    return found


def _renamed(parts: dict[str, Any], rename: Rename) -> dict[str, Any]:
    """Return the parts with every path renamed; what has no other name is left out."""
    found = {name: parts[name] for name in KEPT if parts.get(name)}
    if "f" in found:
        found["f"] = [text for each in found["f"] if (text := _filter(each, rename))]
    if "w" in found:
        found["w"] = orjson.dumps(_tree(orjson.loads(found["w"]), rename)).decode()
    for name in ("sort", "columns"):
        if name in found:
            found[name] = ",".join(text for each in found[name].split(",") if (text := _signed(each, rename)))
    if "group" in found:
        path, colon, period = found["group"].partition(":")
        found["group"] = f"{rename(path) or ''}{colon}{period}"
    return found


def _signed(text: str, rename: Rename) -> str:
    sign = "-" if text.startswith("-") else ""
    path = rename(text.removeprefix("-"))
    return f"{sign}{path}" if path else ""


def _filter(text: str, rename: Rename) -> str:
    path, _separator, rest = text.partition(SEPARATOR)
    renamed = rename(path)
    return f"{renamed}{SEPARATOR}{rest}" if renamed else ""


def _tree(node: Any, rename: Rename) -> Any:
    if isinstance(node, list):
        return [rename(node[0]) or "", *node[1:]]
    return {word: [_tree(member, rename) for member in members] for word, members in node.items()}
