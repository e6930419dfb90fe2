"""How a compiler resolves names: the catalog implements :class:`Scope`; nothing here knows a catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from formline.expressions.types import Type

#: Names from a root through lookups or other sides: ``("customer", "level")``, ``("lines", "amount")``.
#: A part of a field is in its last name: ``("amount.currency",)``.
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One name an object offers: a field, or the rows of the other side of a lookup.

    ``to``: the objects a reference points to (one: a path may go on). ``reverse``: ``(child object, its lookup field)``
    when the name is the other side of a lookup; such a member has ``type.many``, as has a many_to_many field
    (``reverse`` None). ``stored``: whether a column of the record holds it. ``volatile``: what it
    depends on besides records (``today``, ``now``, ``user``), for formulas.
    """

    name: str
    type: Type
    to: tuple[str, ...] = ()
    reverse: tuple[str, str] | None = None
    stored: bool = True
    rate_date: str | None = None
    volatile: frozenset[str] = frozenset()


class Scope(Protocol):
    """Names as one catalog defines them."""

    @property
    def input(self) -> Mapping[str, Type]:
        """Types of what ``input.name`` may name: the questions of a button, empty elsewhere."""

    def field(self, object: str, name: str) -> Member | None:
        """Return what ``name`` is on ``object``, system fields and other sides included; None when unknown."""

    def names(self, object: str) -> Iterable[str]:
        """Return every name of ``object``, for suggestions in messages."""

    def setting(self, name: str) -> tuple[Type, Any] | None:
        """Return type and value of the package setting ``name``."""

    def natural_key(self, object: str) -> str | None:
        """Return the text field by which definitions name records of ``object`` (``company == "SZ"``), or None."""
