"""What points from object to object, read from raw definitions in one pass; no object is built for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formline.catalog.model import Link
from formline.fields.field import on_delete_of

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

#: Field types that point to a fixed object.
FIXED_TARGETS = {"user": "user", "department": "department"}
POINTING = frozenset({"lookup", "parent", "many_to_many", *FIXED_TARGETS})


@dataclass(frozen=True, slots=True)
class RollupSource:
    """A rollup as written: ``object.field`` adds up ``of`` of the rows behind ``reverse``."""

    object: str
    field: str
    reverse: str
    of: str


def raw_fields(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and parameters of the declared fields that are maps at all."""
    fields = data.get("fields")
    if isinstance(fields, Mapping):
        for name, params in fields.items():
            if isinstance(params, Mapping):
                yield name, params


def raw_targets(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the objects a field points to, as written."""
    kind = params.get("type")
    if kind in FIXED_TARGETS:
        return (FIXED_TARGETS[kind],)
    if kind not in POINTING:
        return ()
    to = params.get("to")
    if isinstance(to, str):
        return (to,)
    return tuple(name for name in to if isinstance(name, str)) if isinstance(to, list) else ()


class Links:
    """The lookups and rollups of a whole catalog, by the object they concern."""

    def __init__(self, catalog: Catalog) -> None:
        """Read every object's raw fields once."""
        self._incoming: dict[str, list[Link]] = defaultdict(list)
        self._reverse: dict[tuple[str, str], list[Link]] = defaultdict(list)
        self._rollups: dict[tuple[str, str], list[RollupSource]] = defaultdict(list)
        for object_name in catalog.names("object"):
            for name, params in raw_fields(catalog.definitions["object", object_name].data):
                self._read(object_name, name, params)

    def _read(self, object_name: str, name: str, params: Mapping[str, Any]) -> None:
        kind = params.get("type")
        if kind == "rollup":
            reverse, _, of = str(params.get("of", "")).partition(".")
            self._rollups[object_name, reverse].append(RollupSource(object_name, name, reverse, of))
            return
        for target in raw_targets(params):
            link = Link(
                object_name,
                name,
                str(params.get("reverse") or ""),
                on_delete_of(params),
                kind == "many_to_many",
            )
            self._incoming[target].append(link)
            if link.reverse:
                self._reverse[target, link.reverse].append(link)

    def incoming(self, target: str) -> tuple[Link, ...]:
        """Return every declared field that points to ``target``, in definition order."""
        return tuple(self._incoming.get(target, ()))

    def behind(self, target: str, reverse: str) -> Link | None:
        """Return the field behind a reverse name of ``target``, or None."""
        found = self._reverse.get((target, reverse))
        return found[0] if found else None

    def all_behind(self, target: str, reverse: str) -> tuple[Link, ...]:
        """Return all fields that claim one reverse name; more than one is a mistake."""
        return tuple(self._reverse.get((target, reverse), ()))

    def reverses(self, target: str) -> tuple[str, ...]:
        """Return the reverse names of ``target``."""
        return tuple(dict.fromkeys(link.reverse for link in self.incoming(target) if link.reverse))

    def rollups_over(self, target: str, reverse: str) -> tuple[RollupSource, ...]:
        """Return the rollups of ``target`` over the rows behind one of its reverse names."""
        return tuple(self._rollups.get((target, reverse), ()))
