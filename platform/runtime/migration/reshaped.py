"""Which objects' tables or indexes may differ between two releases, so that the others are never compiled; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formline.catalog.catalog import Catalog
from formline.runtime.release import Release


def reshaped(old: Release | None, new: Release) -> list[str]:
    """Return names in ``new``, in definition order; all of them for a first release."""
    if old is None:
        return list(new.physical)
    before = {where[0]: (name, where) for name, where in old.physical.data.items()}
    listed = set(_listed(old.catalog, new.catalog))
    return [
        name
        for name, where in new.physical.data.items()
        if name in listed
        or before.get(where[0]) != (name, where)
        or _data(old.catalog, name) != _data(new.catalog, name)
    ]


def _data(catalog: Catalog, name: str) -> Any:
    return catalog.source("object", name).data


def _listed(old: Catalog, new: Catalog) -> Iterator[str]:
    """Yield objects with a list view that was added, removed or changed: its sort has indexes."""
    before = {name: old.source("list_view", name).data for name in old.names("list_view")}
    after = {name: new.source("list_view", name).data for name in new.names("list_view")}
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            yield from (str(data[name].get("object")) for data in (before, after) if name in data)
