"""Which definitions a change may concern, so that only they are checked again; errs on the side of too many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from formline.catalog.diff import NAMED, as_map
from formline.catalog.links import raw_fields, raw_targets
from formline.metadata.hashing import canonical

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

Key = tuple[str, str]
#: Field types whose type in expressions depends on other definitions.
_FOLLOWING = frozenset({"formula", "rollup", "mirror", "choice", "multi_choice", "state"})


@dataclass(frozen=True)
class Affected:
    """``keys``: definitions to look at; ``changed``: those of them that differ; ``names``: the names that count."""

    keys: frozenset[Key]
    changed: frozenset[Key]
    names: frozenset[str]

    def concerns(self, *parts: Any) -> bool:
        """Return whether any of these parts of an unchanged definition mentions one of the names."""
        return any(self._pattern.search(canonical(part).decode()) for part in parts)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return _pattern(self.names)


def affected(sound: Catalog, candidate: Catalog) -> Affected:
    """Return which definitions of ``candidate`` could hold a mistake if ``sound`` has none.

    Those are the changed ones and all that mention a changed name. A field whose type follows from what it mentions
    (a formula, a choice of a shared list) may have another type now, so its name counts as changed too, and so on.
    """
    changed = [
        key for key in {**sound.definitions, **candidate.definitions} if _data(sound, key) != _data(candidate, key)
    ]
    words = {word for key in changed for word in _words(key, _data(sound, key) or {}, _data(candidate, key) or {})}
    moved = {name for kind, name in changed if kind == "object" and _moved(sound, candidate, name)}
    texts = {key: canonical(one.data).decode() for key, one in candidate.definitions.items()} if changed else {}
    found = {key for key in changed if key in candidate.definitions}
    new = words
    while new:
        pattern = _pattern(new)
        met = {key for key, text in texts.items() if pattern.search(text)}
        found |= met
        new = {word for key in met for word in _field_words(key, candidate, pattern, moved)} - words
        words |= new
    return Affected(frozenset(found), frozenset(changed), frozenset(words))


def _data(catalog: Catalog, key: Key) -> dict[str, Any] | None:
    definition = catalog.definitions.get(key)
    return definition.data if definition else None


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(map(re.escape, sorted(words)))})(?![A-Za-z0-9_])")


def _words(key: Key, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Return the names by which others may refer to what changed in one definition."""
    kind, name = key
    words = {name.rpartition("/")[2] if kind == "translations" else name}
    words |= {str(data[word]) for data in (old, new) for word in ("object", "field") if isinstance(data.get(word), str)}
    for entries in NAMED.get(kind, ()):
        before, after = as_map(old.get(entries)), as_map(new.get(entries))
        for entry in {**before, **after}:
            if before.get(entry) != after.get(entry) or (entry in before) != (entry in after):
                words.add(entry)
                words |= _reverses(before.get(entry)) | _reverses(after.get(entry))
    return words


def _reverses(params: Any) -> set[str]:
    reverse = params.get("reverse") if isinstance(params, Mapping) else None
    return {reverse} if isinstance(reverse, str) else set()


def _moved(sound: Catalog, candidate: Catalog, name: str) -> bool:
    """Whether lookups to an object mean something else now: it is new or gone, or is named by another field."""
    scopes = sound.compiler.scope, candidate.compiler.scope
    return sound.has("object", name) != candidate.has("object", name) or len({s.natural_key(name) for s in scopes}) > 1


def _field_words(key: Key, catalog: Catalog, pattern: re.Pattern[str], moved: set[str]) -> set[str]:
    """Return the names of an object's fields that mention a changed name and whose type may follow it."""
    if key[0] != "object":
        return set()
    found: set[str] = set()
    for name, params in raw_fields(catalog.definitions[key].data):
        follows = params.get("type") in _FOLLOWING or moved & set(raw_targets(params))
        if follows and pattern.search(canonical(params).decode()):
            found |= {name} | _reverses(params)
    return found
