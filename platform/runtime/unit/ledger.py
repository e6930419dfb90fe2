"""What a unit has written so far, row by row: what depends on it is worked out from here at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from formline.runtime.unit.draft import Record


@dataclass(slots=True)
class Row:
    """One row: ``before`` the unit (None: new or restored) and ``now`` (None: deleted).

    ``counted`` is what the rollups of each rank already know of it. Records are never changed in place.
    """

    before: Record | None
    now: Record | None
    counted: dict[int, Record | None] = field(default_factory=dict)

    def uncounted(self, rank: int) -> tuple[Record | None, Record | None]:
        """Return (known to the rollups of this rank, now)."""
        return self.counted.get(rank, self.before), self.now


class Ledger:
    """Rows written or locked by the unit, by object and id; each is locked until commit, so ``now`` stays true."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[str, dict[UUID, Row]] = {}
        self._recount: dict[str, set[UUID]] = {}

    def hold(self, object_name: str, key: UUID, record: Record) -> None:
        """Note a locked row as it is stored, unless it is known already."""
        rows = self._rows.setdefault(object_name, {})
        if key not in rows:
            rows[key] = Row(record, record)

    def write(self, object_name: str, key: UUID, before: Record | None, now: Record | None) -> None:
        """Note a row as written; ``before`` counts only at the first time."""
        rows = self._rows.setdefault(object_name, {})
        row = rows.get(key)
        if row is None:
            rows[key] = Row(before, now)
        else:
            row.now = now

    def restore(self, object_name: str, key: UUID, now: Record) -> None:
        """Note a row that came back: what it adds to rollups is counted anew, not added."""
        self.write(object_name, key, None, now)
        self.count_again(object_name, key)

    def count_again(self, object_name: str, key: UUID) -> None:
        """Ask for rollups over a row to be computed from all rows, because their parents did not see it go."""
        self._recount.setdefault(object_name, set()).add(key)

    def needs_count(self, object_name: str, key: UUID) -> bool:
        """Whether rollups over this row must be computed again from all rows."""
        return key in self._recount.get(object_name, ())

    def rows(self, object_name: str) -> dict[UUID, Row]:
        """Return the rows of an object, live: callers do not change the dictionary."""
        return self._rows.get(object_name, {})

    def find(self, object_name: str, key: UUID) -> Row | None:
        """Return a row the unit holds."""
        return self._rows.get(object_name, {}).get(key)

    def now(self, object_name: str, key: UUID) -> Record:
        """Return a live row the unit holds; KeyError where it holds none of that id."""
        row = self._rows.get(object_name, {}).get(key)
        if row is None or row.now is None:
            raise KeyError(key)
        return row.now

    def objects(self) -> list[str]:
        """Return the names of the objects with rows."""
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[str, UUID, Row]]:
        """Give every row that differs from what it was."""
        for name, rows in self._rows.items():
            for key, row in rows.items():
                if row.now is not row.before:
                    yield name, key, row
