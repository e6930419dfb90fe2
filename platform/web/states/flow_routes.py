"""The page of a machine: how long records stay in its states, and how far those that came in a period got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from flask import render_template, request, url_for

from formline.catalog.machines import StateMachine
from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.fields.clock import HOUR, MINUTE, written
from formline.runtime.queries.aggregates import aggregate
from formline.runtime.queries.state_flow import Cohort, Stay, cohorts, stays
from formline.web import addresses
from formline.web.i18n import gettext as _
from formline.web.records.targets import readable_object
from formline.web.states.blueprint import blueprint
from formline.web.visit import Visit, visit

#: How many months the page looks back, and by which period it counts what came in.
SPANS: Final[Mapping[int, str]] = {3: "week", 12: "month", 36: "quarter"}
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Row:
    """One state: how many records are in it and how long those that left it had stayed."""

    label: str
    color: str
    now: int
    href: str
    left: int
    median: str
    p90: str
    slowest: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Records that came in one period: how many, and (how many, per cent, step of the colour) per state."""

    label: str
    records: int
    reached: tuple[tuple[int, int, int], ...]


@blueprint.get("/o/<object_name>/states/<machine_name>")
def flow_page(object_name: str, machine_name: str) -> str:
    """Show the times in the states of a machine, and its cohorts."""
    here = visit()
    obj = readable_object(here, object_name)
    machine = _machine(here, obj, machine_name)
    months = int(text) if (text := request.args.get("months", "")) in {str(one) for one in SPANS} else 12
    until = here.now
    since = datetime.combine(_first_day(here.today, months), time(), here.locale.zone)
    asked = (here.connection, here.release, here.actor, machine, since, until)
    found = cohorts(*asked, SPANS[months])
    names = _reached_or_open(machine, found)
    return render_template(
        "states/flow.html",
        object=obj,
        plural=here.labels.plural(obj),
        title=here.labels.text("state_machine", machine.name, "label", machine.label),
        rows=list(_rows(here, obj, machine, stays(*asked))),
        heads=[here.labels.state(machine, name) for name in names],
        lines=[_cohort_line(here, SPANS[months], names, one) for one in found],
        spans=[(one, _href(obj, machine, one), one == months) for one in SPANS],
    )


def _machine(here: Visit, obj: Object, name: str) -> StateMachine:
    """Return a machine of the object whose state the person may read; NotFoundError otherwise."""
    if not here.release.catalog.has("state_machine", name) or not obj.history:
        raise NotFoundError
    machine: StateMachine = here.release.catalog.get("state_machine", name)
    if machine.object != obj.name or not here.rights.object(obj.name).readable(machine.field):
        raise NotFoundError
    return machine


def _first_day(today: date, months: int) -> date:
    """Return the first day of the earliest of so many months, the present one included."""
    number = today.year * 12 + today.month - months
    return date(number // 12, number % 12 + 1, 1)


def _href(obj: Object, machine: StateMachine, months: int) -> str:
    return url_for("states.flow_page", object_name=obj.name, machine_name=machine.name, months=months)


def _rows(here: Visit, obj: Object, machine: StateMachine, found: Mapping[str, Stay]) -> Iterator[Row]:
    """Yield the states in their order; the one where the median record waited longest is marked."""
    now = _present(here, obj, machine)
    going = {name: one.median for name, one in found.items() if not machine.states[name].final}
    slowest = max(going, key=lambda name: going[name], default="") if len(going) > 1 else ""
    for name, state in machine.states.items():
        stay = found.get(name)
        yield Row(
            here.labels.state(machine, name),
            state.color or "grey",
            now.get(name, 0),
            addresses.list_of(obj.name, [("f", f"{machine.field}~eq~{name}")]),
            stay.count if stay else 0,
            span(here, stay.median) if stay else "",
            span(here, stay.p90) if stay else "",
            name == slowest,
        )


def _present(here: Visit, obj: Object, machine: StateMachine) -> dict[str, int]:
    """Return how many records of the machine are in each state now."""
    of_machine = [one for one in obj.record_types if obj.machine_name(machine.field, one) == machine.name]
    where: dict[str, Any] | None = None
    if len(of_machine) < len(obj.record_types):
        where = {"field": "record_type", "op": "in", "value": of_machine}
    rows = aggregate(here.connection, here.release, here.actor, obj.name, where, (machine.field,))
    return {row[machine.field]: row["count"] for row in rows if row[machine.field] is not None}


def span(here: Visit, seconds: int) -> str:
    """Return a time in one or two large units."""
    step = HOUR if seconds >= DAY else MINUTE
    return written(max(seconds, MINUTE) // step * step, here.language)


def _reached_or_open(machine: StateMachine, found: Sequence[Cohort]) -> list[str]:
    """Return the states of the machine that anything came to, in their order."""
    return [name for name in machine.states if any(name in one.reached for one in found)]


def _cohort_line(here: Visit, period: str, names: Sequence[str], one: Cohort) -> Line:
    reached = []
    for name in names:
        count = one.reached.get(name, 0)
        share = round(100 * count / one.records) if one.records else 0
        reached.append((count, share, -(-share // 20)))
    return Line(_period(here, period, one.start), one.records, tuple(reached))


def _period(here: Visit, period: str, start: date) -> str:
    if period == "quarter":
        return _("%(year)s Q%(quarter)s") % {"year": start.year, "quarter": (start.month + 2) // 3}
    return f"{start.year}-{start.month:02}" if period == "month" else here.formats.date(start)
