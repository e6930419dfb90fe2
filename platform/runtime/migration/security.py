"""Who may do more or less after a plan, in words, from the definitions alone; decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from formline.catalog.catalog import Catalog

_RIGHTS_KINDS = ("role", "sharing_rule", "restriction_rule")
_FIELD_KEYS = ("sensitive", "confidential", "reveals")


def security_changes(old: Catalog | None, new: Catalog) -> Iterator[str]:
    """Yield one line per difference in rights, in the visibility of objects, and in the secrecy of fields."""
    if old is None:
        return
    for kind in _RIGHTS_KINDS:
        yield from _named(kind, _data(old, kind), _data(new, kind))
    before, after = _data(old, "object"), _data(new, "object")
    for name in after.keys() & before.keys():
        yield from _leaf(
            f"object/{name}.default_access", before[name].get("default_access"), after[name].get("default_access")
        )
        fields = before[name].get("fields") or {}, after[name].get("fields") or {}
        for field in fields[0].keys() & fields[1].keys():
            for key in _FIELD_KEYS:
                place = f"object/{name}.fields.{field}.{key}"
                yield from _leaf(place, (fields[0][field] or {}).get(key), (fields[1][field] or {}).get(key))


def _data(catalog: Catalog, kind: str) -> dict[str, Mapping[str, Any]]:
    return {name: catalog.source(kind, name).data for name in catalog.names(kind)}


def _named(kind: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name in (*before, *(each for each in after if each not in before)):
        if name not in after:
            yield f"{kind}/{name}: removed"
        elif name not in before:
            yield f"{kind}/{name}: added"
        else:
            yield from _tree(f"{kind}/{name}", before[name], after[name])


def _tree(place: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Compare two maps key by key, down to what is no map."""
    for key in dict.fromkeys((*before, *after)):
        if key in ("label", "help", "icon"):
            continue
        left, right = before.get(key), after.get(key)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            yield from _tree(f"{place}.{key}", left, right)
        else:
            yield from _leaf(f"{place}.{key}", left, right)


def _leaf(place: str, before: Any, after: Any) -> Iterator[str]:
    if before != after:
        yield f"{place}: {_word(before)} -> {_word(after)}"


def _word(value: Any) -> str:
    return "(nothing)" if value is None else str(value)
