"""What the Python target reads: the record and everything prefetched for it; nothing here fetches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from formline.expressions.scope import Path

Record = Mapping[str, Any]

#: ``(amount, currency or None for the company's own, target currency, day or None for today) -> amount``; raises
#: :class:`~formline.expressions.problems.EvaluationError` when there is no rate.
Convert = Callable[[Decimal, str | None, str, date | None], Decimal]

#: ``(object, key) -> keys of the record and of everything above it in its tree``.
Ancestors = Callable[[str, UUID], Collection[UUID]]


_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _no_rates(amount: Decimal, currency: str | None, target: str, day: date | None) -> Decimal:
    raise LookupError("Env.convert was not given")


def _no_trees(object: str, key: UUID) -> Collection[UUID]:
    raise LookupError("Env.ancestors was not given")


@dataclass(slots=True)
class Env:
    """Everything one evaluation may read; the caller prefetches what ``Expression.reads`` lists.

    ``record``, ``old``, ``user``: flat records, parts as ``name.part``; ``user`` may hold ``roles``, a set of names.
    ``paths``: values of paths of more than one step, keyed by the path: a value for a path through lookups, a list of
    rows in id order for a collection (each row a flat record with ``id``; a path inside a row is one dotted key, such
    as ``product.manager``), the answer for a find. ``roots``: other roots by name: a record (with ``id``) for
    ``candidate`` and loop variables that are records, a mapping for ``input``, else the value.
    ``today`` and ``now`` are the caller's clock; ``zone`` the site's.
    """

    record: Record
    old: Record | None = None
    user: Record = field(default_factory=dict)
    today: date = date.min
    now: datetime = _LONG_AGO
    zone: tzinfo = UTC
    paths: Mapping[Path, Any] = field(default_factory=dict)
    roots: Mapping[str, Any] = field(default_factory=dict)
    convert: Convert = _no_rates
    ancestors: Ancestors = _no_trees
    this: Env = field(init=False)

    def __post_init__(self) -> None:
        """Be one's own ``this`` until :meth:`row` makes a child."""
        self.this = self

    def row(self, record: Record) -> Env:
        """Return the environment in which bare names are ``record``'s and ``this`` stays what it is here."""
        child = Env(
            record, None, self.user, self.today, self.now, self.zone, {}, self.roots, self.convert, self.ancestors
        )
        child.this = self.this
        return child
