"""Keeps the columns of the adjacent release right while two are live; how one table is filled lives in filler.py.

Before the switch the adjacent release is the one being prepared, after it the one being left; both are treated alike:
values the current release writes are converted to what the other keeps in columns of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from formline.runtime.migration.filler import Filler
from formline.runtime.migration.rollup_filler import RollupFiller, rollup_fillers

if TYPE_CHECKING:
    from formline.runtime.release import Release

BATCH = 500


@dataclass(frozen=True, slots=True)
class Written:
    """A row a unit wrote; ``old`` and ``new`` need to hold only the lookups (None: the row was made or deleted)."""

    object: str
    id: UUID
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


class Shadow:
    """The columns of ``other`` that ``current`` does not know, and how to compute them."""

    def __init__(self, current: Release, other: Release) -> None:
        """Keep both; what differs is found on first use."""
        self.current = current
        self.other = other

    @cached_property
    def fillers(self) -> Mapping[str, Filler]:
        """Object name in ``current`` -> what fills the other release's columns, where there are any."""
        found = {}
        for name, other_name in self._changed:
            here, there = self.current.model(name), self.other.model(other_name)
            filler = Filler(here, there, self.current.zone, converting=self._converting, keys=self.current.keys)
            if filler.columns:
                found[name] = filler
        return found

    @property
    def _converting(self) -> bool:
        """Whether ``convert_from`` of the other release applies: on the way forward, not back."""
        return self.other.number > self.current.number and not self.other.going_back

    @cached_property
    def rollups(self) -> tuple[RollupFiller, ...]:
        """The rollups whose columns only the other release has, lowest rank first."""
        pairs = [(self.current.model(name), self.other.model(other)) for name, other in self._changed]
        return rollup_fillers(self.current, self.other, pairs)

    @cached_property
    def _changed(self) -> list[tuple[str, str]]:
        """(name here, name there) of objects whose physical fields differ."""
        here, there = self.current.physical, self.other.physical
        pairs = [(name, there.by_id.get(here.data[name][0])) for name in here]
        return [(name, other) for name, other in pairs if other is not None and here.data[name] != there.data[other]]

    def maintain(self, connection: Connection, written: Iterable[Written]) -> None:
        """Bring the other release's columns in line with rows just written, in the transaction that wrote them."""
        kept = list(written)
        rows: dict[str, set[UUID]] = defaultdict(set)
        for one in kept:
            if one.new is not None:
                rows[one.object].add(one.id)
        for name, filler in self.fillers.items():
            ids = sorted(rows.get(name, ()))
            for start in range(0, len(ids), BATCH):
                filler.fill(connection, ids[start : start + BATCH])
        for rollup in self.rollups:
            parents = {
                row[rollup.link]
                for one in kept
                if one.object == rollup.child
                for row in (one.old, one.new)
                if row is not None and row.get(rollup.link) is not None
            } | rows.get(rollup.parent, set())
            if parents:
                rollup.fill(connection, sorted(parents))
