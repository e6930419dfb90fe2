"""What a caller asks and what a page of records is; nothing here runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from formline.expressions.expression import Expression

#: A person's filter: text in the expression language, a structure (see filters.py), or one of each.
Where = str | Mapping[str, Any] | tuple[str, Mapping[str, Any] | None] | None
#: Paths with whether they descend; a missing value comes last either way.
Sort = tuple[tuple[str, bool], ...]

MOST_ROWS = 500


@dataclass(frozen=True)
class Query:
    """One page of one object's records.

    ``fields``: names or dotted paths through lookups; empty for all fields of the object. ``where`` is a person's and
    obeys their rights on every field it names; ``base`` a definition's condition that sees everything (a list view).
    ``cursor``: from a former page. ``count_limit``: count up to so many records, 0 not at all. ``deleted``: records in
    the bin instead of live ones. ``right``: only records on which the actor has this right, too (``export``).
    """

    object: str
    fields: tuple[str, ...] = ()
    where: Where = None
    base: Expression | None = None
    sort: Sort = ()
    limit: int = 20
    cursor: str | None = None
    count_limit: int = 0
    deleted: bool = False
    right: str = "read"


@dataclass(frozen=True, slots=True)
class Page:
    """Records in order, each a flat dict with ``id`` and what was asked.

    Values of masked fields are :class:`~formline.runtime.access.masking.Masked` texts; hidden fields are absent.
    ``count`` is exact where ``count_exact``, else at least so many; None where not asked.
    """

    rows: list[dict[str, Any]]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    count: int | None = None
    count_exact: bool = True
