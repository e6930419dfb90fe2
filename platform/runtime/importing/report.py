"""What an import did, row by row where it refused; JSON in and out, because a resumed import goes on with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from formline.errors import FieldError

#: Refused rows kept with their reasons; beyond that only their number is.
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that did not become a record, by its line in the file, and why."""

    line: int
    reasons: tuple[str, ...]


@dataclass
class Report:
    """Counts of an import; ``done`` is how many rows of the file are dealt with, in the order of the import."""

    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, line: int, errors: Iterable[FieldError]) -> None:
        """Count a row out, with its reasons in words."""
        self.rejected += 1
        if len(self.refused) < KEPT:
            reasons = tuple(f"{error.field}: {error.message}" if error.field else error.message for error in errors)
            self.refused.append(Refused(line, reasons))

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> Report:
        """Return the report of :meth:`to_json`, an empty one for None."""
        if not data:
            return cls()
        refused = [Refused(row["line"], tuple(row["reasons"])) for row in data["refused"]]
        return cls(**{**data, "refused": refused})

    def copy(self) -> Report:
        """Return an independent copy: a batch that is run again must count from where it began."""
        return Report(**{**self.__dict__, "refused": list(self.refused)})

    def summary(self) -> str:
        """Return one line for people."""
        return (
            f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged, "
            f"{self.skipped} skipped, {self.rejected} rejected"
        )
