"""What records say to clocks: conditions, targets and calendars of a batch in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.expressions.expression import Expression
from formline.runtime.unit.evaluation import over_rows
from formline.workflow.sla.definition import Clock
from formline.workflow.sla.timing import Facts

if TYPE_CHECKING:
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan

#: What a record says to one clock, and since when the clock counts where a field says so.
Said = tuple[Facts, datetime | None]


def ask(unit: Unit, plan: WritePlan, clocks: Sequence[Clock], ids: Collection[UUID]) -> dict[UUID, list[Said]]:
    """Return what each record says to each clock, and since when the clock counts: one statement."""
    expressions = [one for clock in clocks for one in clock.expressions]
    rows = over_rows(unit, plan, expressions, sorted(ids))
    made: dict[UUID, list[Said]] = {}
    for key, values in rows.items():
        said = dict(zip(map(id, expressions), values, strict=True))
        made[key] = [_facts(clock, said) for clock in clocks]
    return made


def _facts(clock: Clock, said: Mapping[int, Any]) -> Said:
    def value(expression: Expression | None, otherwise: Any) -> Any:
        return otherwise if expression is None else said[id(expression)]

    starts = bool(value(clock.starts, otherwise=True))
    target = next((one.time for one in clock.targets if value(one.when, otherwise=True)), None)
    facts = Facts(
        starts,
        bool(value(clock.pauses, otherwise=False)),
        bool(value(clock.stops, otherwise=not starts)),
        said[id(target)] if isinstance(target, Expression) else target,
        value(clock.calendar, otherwise=None),
    )
    return facts, value(clock.since, otherwise=None)
