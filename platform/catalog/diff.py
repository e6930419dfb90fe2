"""What changed between two catalogs, as data; pure: no database, no clock. Renames are those that ``was`` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog.catalog import Catalog
from formline.catalog.kinds import kind_named
from formline.fields.field import former_names
from formline.metadata.positions import Path

#: Maps of named things inside a definition, by kind: their entries are compared by name and ``was``.
NAMED: Mapping[str, tuple[str, ...]] = {
    "object": ("fields", "record_types", "rules"),
    "choice_list": ("choices",),
    "state_machine": ("states", "transitions"),
    "package": ("settings",),
}
#: Named things inside those, such as a field's own choices.
INNER: Mapping[str, tuple[str, ...]] = {"fields": ("choices",)}
_IDENTITY = frozenset({"kind", "name", "extends", "was"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``action``: added, removed, renamed, merged, retyped or changed.

    ``path`` leads into the definition, empty for the definition itself. ``old`` and ``new``: for a rename the names
    (``old`` is a tuple of names where several became one), for a retype the field types, else the values.
    """

    action: str
    kind: str
    name: str
    path: Path = ()
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        """Return one line for a plan."""
        where = f"{self.kind} {self.name}" + (f" {'.'.join(map(str, self.path))}" if self.path else "")
        if self.action in ("renamed", "merged"):
            was = ", ".join(self.old) if isinstance(self.old, tuple) else self.old
            return f"{where}: {self.action} from {was}"
        if self.action in ("retyped", "changed"):
            return f"{where}: {self.old!r} -> {self.new!r}"
        return f"{where}: {self.action}"


def diff(old: Catalog, new: Catalog, *, back: bool = False) -> list[Change]:
    """Return every difference in the order of the new catalog, removals last; ``back``: see :func:`match_names`."""
    found: list[Change] = []
    kinds = dict.fromkeys([kind for kind, _ in new.definitions] + [kind for kind, _ in old.definitions])
    for kind in kinds:
        before = {name: old.definitions[kind, name].data for name in old.names(kind)}
        after = {name: new.definitions[kind, name].data for name in new.names(kind)}
        found += _definitions(kind, before, after, back)
    return found


def _definitions(kind: str, before: Mapping[str, Any], after: Mapping[str, Any], back: bool) -> Iterator[Change]:
    matches = match_names(before, after, back=back, reused=True)
    registered = kind_named(kind)
    for name, data in after.items():
        former = matches.pairs[name]
        if not former:
            yield Change("added", kind, name, new=data)
            continue
        if former != (name,):
            yield _moved(kind, name, (), name, former)
        old = before[former[0]]
        if old == data:
            continue
        if registered is not None and registered.diff is not None:
            yield from registered.diff(old, data)
        else:
            yield from _compare(kind, name, old, data, back)
    for name in matches.gone:
        yield Change("removed", kind, name, old=before[name])


def _compare(kind: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any], back: bool) -> Iterator[Change]:
    named = NAMED.get(kind, ())
    for key in named:
        yield from _entries(kind, name, (key,), old.get(key), new.get(key), INNER.get(key, ()), back)
    yield from _properties(kind, name, (), old, new, _IDENTITY | set(named))


def _entries(
    kind: str, name: str, path: Path, old: Any, new: Any, inner: tuple[str, ...], back: bool
) -> Iterator[Change]:
    before, after = as_map(old), as_map(new)
    matches = match_names(before, after, back=back)
    for entry, data in after.items():
        here = (*path, entry)
        former = matches.pairs[entry]
        if not former:
            yield Change("added", kind, name, here, new=data)
            continue
        if former != (entry,):
            yield _moved(kind, name, here, entry, former)
        yield from _entry(kind, name, here, before[former[0]], data, inner, back)
    for entry in matches.gone:
        yield Change("removed", kind, name, (*path, entry), old=before[entry])


def _entry(
    kind: str, name: str, path: Path, old: Any, new: Any, inner: tuple[str, ...], back: bool
) -> Iterator[Change]:
    old, new = old if isinstance(old, Mapping) else {}, new if isinstance(new, Mapping) else {}
    if path[0] == "fields" and _storage_type(old) != _storage_type(new):
        yield Change("retyped", kind, name, path, _storage_type(old), _storage_type(new))
    for key in inner:
        yield from _entries(kind, name, (*path, key), old.get(key), new.get(key), (), back)
    yield from _properties(kind, name, path, old, new, frozenset({"was", *inner}))


def _storage_type(field: Mapping[str, Any]) -> str:
    """Return the type that decides the columns: a formula's is what it returns."""
    type_ = str(field.get("type"))
    return f"formula:{field.get('returns')}" if type_ == "formula" else type_


def _properties(
    kind: str, name: str, path: Path, old: Mapping[str, Any], new: Mapping[str, Any], left_out: frozenset[str]
) -> Iterator[Change]:
    for key in dict.fromkeys([*new, *old]):
        if key in left_out or (path and path[0] == "fields" and key == "type"):
            continue
        if old.get(key) != new.get(key):
            yield Change("changed", kind, name, (*path, key), old.get(key), new.get(key))


def _moved(kind: str, name: str, path: Path, entry: str, former: tuple[str, ...]) -> Change:
    if len(former) == 1:
        return Change("renamed", kind, name, path, former[0], entry)
    return Change("merged", kind, name, path, former, entry)


@dataclass(frozen=True, slots=True)
class Matches:
    """Per new name the old names it stands for (none: it is new), and the old names that are gone."""

    pairs: Mapping[str, tuple[str, ...]]
    gone: tuple[str, ...]


def match_names(
    before: Mapping[str, Any], after: Mapping[str, Any], *, back: bool = False, reused: bool = False
) -> Matches:
    """Match entries by name and by ``was``; an old name that is still there is never a former one.

    ``reused``: unless a new name claims it, as definitions may that made room for a shipped one of their former name.
    ``back``: ``after`` is the earlier one, so that the ``was`` of ``before`` tells what was renamed in between.
    """
    heirs = {was: one for one, data in before.items() for was in _former(data)} if back else {}
    former = {
        name: _former(data) if name in before or name not in heirs else (heirs[name],) for name, data in after.items()
    }
    claimed = {one for name, was in former.items() if name not in before for one in was} if reused else set()
    pairs: dict[str, tuple[str, ...]] = {}
    for name, was in former.items():
        fresh = name not in before
        found = [one for one in was if one in before and (one not in after or (fresh and reused))]
        pairs[name] = (*((name,) if not fresh and name not in claimed else ()), *found)
    used = {one for names in pairs.values() for one in names}
    return Matches(pairs, tuple(name for name in before if name not in used))


def _former(data: Any) -> tuple[str, ...]:
    return former_names(data) if isinstance(data, Mapping) else ()


def as_map(entries: Any) -> Mapping[str, Any]:
    """Return named entries as a map; a bare list of names has nothing more to say."""
    if isinstance(entries, Mapping):
        return entries
    return {str(name): None for name in entries or ()}
