"""What an import did, row by row where it refused; JSON in and out, because a resumed import goes on with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from formline.errors import FieldError

#: Refused rows kept with their reasons; beyond that only their number is.
KEPT = 10_000
#: Pairs of records that are alike, kept with the report.
KEPT_ALIKE = 2_000
#: Words without a meaning kept per column.
KEPT_WORDS = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that did not become a record, by its line in the file, and why.

    ``reasons`` are sentences of the definitions' language; ``problems`` the same as (field, code, message).
    """

    line: int
    reasons: tuple[str, ...]
    problems: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Alike:
    """A row that became a record although a matching rule found another one; ids as text, ``likeness`` in percent."""

    line: int
    id: str
    object: str
    other: str
    rule: str
    likeness: int


@dataclass
class Report:
    """Counts of an import; ``done`` is how many rows of the file are dealt with, in the order of the import.

    ``doubtful``: how many pairs matching rules found, of which ``alike`` are kept.
    ``unknown``: by a column's key, words of cells that name no choice and no record, with the number of their rows.
    """

    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    refused: list[Refused] = field(default_factory=list)
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    doubtful: int = 0
    alike: list[Alike] = field(default_factory=list)

    def refuse(self, line: int, errors: Sequence[FieldError]) -> None:
        """Count a row out, with its reasons in words."""
        self.rejected += 1
        if len(self.refused) < KEPT:
            reasons = tuple(f"{error.field}: {error.message}" if error.field else error.message for error in errors)
            problems = tuple((error.field, error.code, error.message) for error in errors)
            self.refused.append(Refused(line, reasons, problems))

    def resembles(self, found: Alike) -> None:
        """Count a row that resembles another record."""
        self.doubtful += 1
        if len(self.alike) < KEPT_ALIKE:
            self.alike.append(found)

    def miss(self, key: str, text: str) -> None:
        """Count a word that is no value of its column."""
        found = self.unknown.setdefault(key, {})
        if text in found or len(found) < KEPT_WORDS:
            found[text] = found.get(text, 0) + 1

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> Report:
        """Return the report of :meth:`to_json`, an empty one for None."""
        if not data:
            return cls()
        refused = [
            Refused(row["line"], tuple(row["reasons"]), tuple((a, b, c) for a, b, c in row.get("problems", ())))
            for row in data["refused"]
        ]
        alike = [Alike(**row) for row in data.get("alike", ())]
        return cls(**{**data, "refused": refused, "alike": alike})

    def copy(self) -> Report:
        """Return an independent copy: a batch that is run again must count from where it began."""
        unknown = {key: dict(words) for key, words in self.unknown.items()}
        return Report(**{**self.__dict__, "refused": list(self.refused), "unknown": unknown, "alike": list(self.alike)})

    def summary(self) -> str:
        """Return one line for people."""
        return (
            f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged, "
            f"{self.skipped} skipped, {self.rejected} rejected"
        )
