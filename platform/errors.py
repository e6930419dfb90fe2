"""Problems and exceptions shared by every layer; no behaviour of any layer lives here.

A :class:`Problem` is something a person can mend: it says what is wrong, where, and how.
Exceptions carry stable codes, so that the API, the pages and the command line show the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad a problem is: errors stop, warnings are shown and may be accepted."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a definition file; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return ``file:line:column``, as editors and terminals link it."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of a check.

    ``code`` is stable and documented in ``docs/errors/``; ``where`` is a definition path such as
    ``object/contract.fields.amount``; ``hint`` says how to mend it.
    """

    code: str
    message: str
    hint: str = ""
    position: Position | None = None
    where: str = ""
    level: Level = Level.ERROR

    def __str__(self) -> str:
        """Return ``file:line:column  CODE  message  (hint)``."""
        place = str(self.position) if self.position else self.where
        hint = f"  ({self.hint})" if self.hint else ""
        return f"{place}  {self.code}  {self.message}{hint}"


class FormlineError(Exception):
    """Base of all errors a caller may show: ``code`` is stable, ``hint`` says how to mend it."""

    code = "error"
    status = 500

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        """Keep the message for people and, where it differs from the class, the code."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class DefinitionError(FormlineError):
    """Definitions that do not make a catalog; ``problems`` holds every finding, not only the first."""

    code = "definitions"
    status = 422

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep all problems; the message is one line per problem."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one row of a write.

    ``row`` is the index in the batch; ``field`` the field name or ``""`` for the whole record.
    ``level`` warning: saved once the caller confirms.
    """

    field: str
    code: str
    message: str
    row: int = 0
    level: Level = Level.ERROR


class ValidationError(FormlineError):
    """A write refused because of its values; ``errors`` has every finding of every row."""

    code = "validation"
    status = 422

    def __init__(self, errors: Iterable[FieldError]) -> None:
        """Keep all field errors; the message joins their texts."""
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in self.errors))

    @property
    def only_warnings(self) -> bool:
        """Whether confirming would let the write through."""
        return all(error.level is Level.WARNING for error in self.errors)


class NotFoundError(FormlineError):
    """Absent, deleted and unreadable look the same: one status, one text."""

    code = "not_found"
    status = 404

    def __init__(self, message: str = "There is no such record.") -> None:
        """Use one text for absent, deleted and unreadable."""
        super().__init__(message)


class AccessDeniedError(FormlineError):
    """The actor may not do this to something they may see."""

    code = "access_denied"
    status = 403


class ConflictError(FormlineError):
    """The record changed since it was read; ``current`` holds its readable values now."""

    code = "conflict"
    status = 409

    def __init__(self, message: str, *, current: Mapping[str, Any] | None = None, code: str | None = None) -> None:
        """Keep the current values for a merge."""
        super().__init__(message, code=code)
        self.current = dict(current or {})


class BudgetError(FormlineError):
    """A query or expression over its budget; the message says what to narrow."""

    code = "budget"
    status = 422


class ReleaseMismatchError(FormlineError):
    """The live release changed under a writing unit; the caller rebuilds and runs it again."""

    code = "release_changed"
    status = 503


class StalePlanError(FormlineError):
    """A plan made for another release than the live one, or an apply that runs already."""

    code = "stale_plan"
    status = 409
