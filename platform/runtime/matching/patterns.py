"""One way of a rule on the records of one object: the keys under which records are found, and whether two are the same.

Records that are equal share a key. Records that are alike share one of several: the beginning, the end, and those of
their pairs of letters that hash lowest, of which two texts have the more in common the more alike they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz

from formline.catalog.matching import Compared, MatchingRule, Way, rules_of
from formline.expressions.environment import Env
from formline.runtime.matching.normalising import NORMALISERS

if TYPE_CHECKING:
    from formline.runtime.release import Release

Record = Mapping[str, Any]
_LOWEST = 4
_KEY_BYTES = 8
#: What two equal records are alike, in percent.
SAME = 100


@dataclass(frozen=True)
class Pattern:
    """``fields`` are the keys of the object's records, in the order of ``way.parts``, then those of ``within``."""

    rule: MatchingRule
    way: Way
    object: str
    fields: tuple[str, ...]

    @cached_property
    def _prefix(self) -> str:
        return "\n".join([self.rule.name, self.way.name, *map(repr, self.way.parts), *self.rule.within])

    @property
    def own(self) -> bool:
        """Whether the rule is about records of this object, not about those it is compared with."""
        return self.object == self.rule.object

    @property
    def parts(self) -> tuple[Compared, ...]:
        """What is compared; the fields of ``within`` are equal."""
        return (*self.way.parts, *(Compared(name, "exact", None) for name in self.rule.within))

    def values(self, record: Record) -> tuple[str, ...] | None:
        """Return what of a record is compared; None where something is empty, or it takes no part."""
        if self.own and self.rule.where is not None and not self.rule.where.condition(Env(record)):
            return None
        found = tuple(
            NORMALISERS[part.by](record.get(name)) for part, name in zip(self.parts, self.fields, strict=True)
        )
        return found if all(found) else None

    def keys(self, values: Sequence[str] | None) -> set[int]:
        """Return the keys of a record with these values."""
        if values is None:
            return set()
        equal, alike = [], None
        for part, value in zip(self.parts, values, strict=True):
            if part.at_least is not None and alike is None:
                alike = value
            elif part.at_least is None:
                equal.append(value)
        blocks = [""] if alike is None else _blocks(alike)
        return {_hash([self._prefix, *equal, block]) for block in blocks}

    def likeness(self, left: Sequence[str], right: Sequence[str]) -> int | None:
        """Return how alike two records are in percent; None where they are not the same."""
        least = SAME
        for part, one, other in zip(self.parts, left, right, strict=True):
            if one == other:
                continue
            if part.at_least is None:
                return None
            found = int(fuzz.ratio(one, other))
            if found < part.at_least:
                return None
            least = min(least, found)
        return least


def _blocks(text: str) -> list[str]:
    pairs = {text[start : start + 2] for start in range(max(1, len(text) - 1))}
    lowest = sorted(pairs, key=lambda pair: hashlib.blake2b(pair.encode(), digest_size=4).digest())[:_LOWEST]
    return [f"^{text[:2]}", f"{text[-2:]}$", *(f"~{pair}" for pair in lowest)]


def _hash(parts: Iterable[str]) -> int:
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=_KEY_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)


def patterns_of(release: Release, name: str) -> tuple[Pattern, ...]:
    """Return the ways in which records of an object are compared, worked out once per release."""
    return release.memo(("matching", name), lambda: _patterns(release, name))


def _patterns(release: Release, name: str) -> tuple[Pattern, ...]:
    found = []
    for rule in rules_of(release.catalog, name):
        names = None if rule.object == name else rule.also[name]
        for way in rule.ways:
            wanted = [*(part.field for part in way.parts), *rule.within]
            if names is None:
                found.append(Pattern(rule, way, name, tuple(wanted)))
            elif all(each in names for each in wanted):
                found.append(Pattern(rule, way, name, tuple(names[each] for each in wanted)))
    return tuple(found)
