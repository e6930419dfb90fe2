"""When a record goes back to its pool: pure arithmetic over what was read of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from formline.workflow.pools.definition import RecycleRule

Since = date | datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules ask of one record: since when its owner has it; per rule whether it is meant, and its dates."""

    owned_since: datetime
    exempt: bool
    applies: Sequence[bool]
    since: Sequence[Sequence[Since]]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment a record goes back, and by which rule."""

    at: datetime
    rule: RecycleRule


def deadline(rules: Sequence[RecycleRule], facts: Facts, zone: tzinfo) -> Deadline | None:
    """Return the earliest deadline; None for records that no rule takes away. A date counts from its first moment."""
    if facts.exempt:
        return None
    found = [
        Deadline(_end(rule, values, facts.owned_since, zone), rule)
        for rule, applies, values in zip(rules, facts.applies, facts.since, strict=True)
        if applies
    ]
    return min(found, key=lambda one: one.at, default=None)


def _end(rule: RecycleRule, values: Sequence[Since], owned_since: datetime, zone: tzinfo) -> datetime:
    """Return when all times of a rule are over."""
    pairs = zip(rule.parts, values, strict=True)
    return max(_start(value, owned_since, zone) + part.after for part, value in pairs)


def _start(value: Since, owned_since: datetime, zone: tzinfo) -> datetime:
    """Return what a time counts from: never earlier than when the owner got the record."""
    if value is None:
        return owned_since
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min, zone).astimezone(UTC)
    return max(moment, owned_since)
