"""One row on its way through the write pipeline, and what was found wrong with rows; no SQL and no rights live here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import FieldError, Level, ValidationError

if TYPE_CHECKING:
    from formline.catalog.machines import Transition

Record = Mapping[str, Any]


@dataclass(slots=True)
class Draft:
    """A row being written. ``record`` has every stored key (``name`` or ``name.part``) as it will be.

    ``row`` is the index in the caller's batch; ``prefix`` leads to a nested row (``lines.2.``) in error messages.
    ``given`` are the fields whose values the caller changes; ``members`` are many-to-many values to write; ``nested``
    the rows of child objects by reverse name. ``moves`` are the transitions taken, by state field.
    """

    row: int
    id: UUID
    raw: Mapping[str, Any]
    old: Record | None = None
    record: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""
    given: set[str] = field(default_factory=set)
    members: dict[str, tuple[UUID, ...]] = field(default_factory=dict)
    nested: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    moves: dict[str, Transition] = field(default_factory=dict)
    action: str = "updated"

    @property
    def is_new(self) -> bool:
        """Whether the row does not exist yet."""
        return self.old is None

    def changed_keys(self) -> list[str]:
        """Return the stored keys whose value differs from the stored row; all of them for a new row."""
        if self.old is None:
            return list(self.record)
        old = self.old
        return [key for key, value in self.record.items() if value != old.get(key)]


class Findings:
    """Everything wrong with the rows of one unit: collected, then raised at once."""

    def __init__(self) -> None:
        """Start with nothing found."""
        self.errors: list[FieldError] = []

    def add(self, draft: Draft, field: str, code: str, message: str, level: Level = Level.ERROR) -> None:
        """Note one finding about a field of a row, or about the row where ``field`` is empty."""
        name = draft.prefix + field if field else draft.prefix.rstrip(".")
        self.errors.append(FieldError(name, code, message, draft.row, level))

    def has(self, draft: Draft, field: str, code: str) -> bool:
        """Whether a finding of this code about a field of a row is noted already."""
        name = draft.prefix + field
        return any((one.row, one.field, one.code) == (draft.row, name, code) for one in self.errors)

    def has_errors(self) -> bool:
        """Whether something stops the write for certain."""
        return any(error.level is Level.ERROR for error in self.errors)

    def raise_errors(self, *, confirmed: bool) -> None:
        """Raise everything found; warnings alone only while the caller has not confirmed them."""
        if self.has_errors() or (self.errors and not confirmed):
            raise ValidationError(_in_order(self.errors))


def _in_order(errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the errors row by row, each once."""
    return sorted(dict.fromkeys(errors), key=lambda error: error.row)
