"""What is special about the records of a segment: averages and shares beside those of all records the reader sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.runtime.access.actor import Actor
from formline.runtime.queries.aggregates import Total
from formline.runtime.queries.errors import QueryError
from formline.runtime.queries.measures import Measure, check, measure
from formline.runtime.release import Release
from formline.workflow.segments.definition import Segment, is_number


@dataclass(frozen=True, slots=True)
class Average:
    """The average of a number field inside the segment and of everybody; None where no record has a value."""

    field: str
    inside: Decimal | None
    everybody: Decimal | None


@dataclass(frozen=True, slots=True)
class Part:
    """How many records have one value of a field."""

    value: Any
    inside: int
    everybody: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts, averages, and per field its values, the most frequent inside the segment first."""

    inside: int
    everybody: int
    averages: tuple[Average, ...]
    groups: tuple[tuple[str, tuple[Part, ...]], ...]


def membership(release: Release, segment: Segment) -> Expression:
    """Return the condition that a record is in a segment, as the field that keeps it says."""
    source = f'"{segment.name}" in {segment.field}'
    return release.catalog.compiler.compile(source, object=segment.object, expects=BOOLEAN)


def counts(connection: Connection, release: Release, actor: Actor, segments: Sequence[Segment]) -> list[int]:
    """Return how many records the reader sees in each of the segments, all of one object: one statement."""
    asked = [Measure(Total("count"), membership(release, one)) for one in segments]
    ((_, numbers),) = measure(connection, release, actor, segments[0].object, asked)
    return [int(number or 0) for number in numbers]


def profile(connection: Connection, release: Release, actor: Actor, segment: Segment) -> Profile:
    """Compare a segment with all records; fields the reader may not read on every record are left out."""
    inside = membership(release, segment)
    object_ = release.catalog.object(segment.object)
    shown = [name for name in segment.profile if _may(release, actor, segment.object, object_.fields[name])]
    numbers = [name for name in shown if is_number(object_.fields[name])]
    totals = [Total("count"), *(Total("avg", name) for name in numbers)]
    asked = [Measure(total, where) for total in totals for where in (inside, None)]
    ((_, found),) = measure(connection, release, actor, segment.object, asked)
    averages = [Average(name, found[2 + 2 * n], found[3 + 2 * n]) for n, name in enumerate(numbers)]
    groups = []
    for name in shown:
        if name not in numbers:
            both = [Measure(Total("count"), inside), Measure(Total("count"))]
            rows = measure(connection, release, actor, segment.object, both, name)
            parts = [Part(value, int(mine or 0), int(every or 0)) for value, (mine, every) in rows]
            groups.append((name, tuple(sorted(parts, key=lambda part: (-part.inside, -part.everybody)))))
    return Profile(int(found[0] or 0), int(found[1] or 0), tuple(averages), tuple(groups))


def _may(release: Release, actor: Actor, object_name: str, field: Any) -> bool:
    """Return whether the reader may have totals of a field."""
    number = is_number(field)
    total = Measure(Total("avg", field.name) if number else Total("count"))
    try:
        check(release, actor, object_name, total, "" if number else field.name)
    except QueryError:
        return False
    return True
