"""The transitions of a record as buttons, the path of its states, and the diagram of its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog.machines import StateMachine, Transition
from formline.catalog.objects import Object
from formline.expressions.expression import Expression
from formline.runtime.access.actor import Actor
from formline.runtime.queries.lists import get
from formline.web.i18n import gettext as _
from formline.web.records.form_states import Judge
from formline.web.visit import Visit
from formline.workflow.selectors import among


@dataclass(frozen=True, slots=True)
class Way:
    """A transition that starts where the record is. ``reason`` says why it cannot be pressed now, or ""."""

    name: str
    label: str
    field: str
    to: str
    color: str
    confirm: str
    asks: tuple[str, ...]
    reason: str
    final: bool
    machine: StateMachine
    transition: Transition


@dataclass(frozen=True, slots=True)
class Step:
    """One state on the path: ``done``, ``now``, ``lost`` or "" (ahead); ``way`` leads there from here."""

    name: str
    label: str
    state: str
    way: str


@dataclass(frozen=True, slots=True)
class StatePath:
    """The path of one state field."""

    field: str
    label: str
    machine: str
    steps: tuple[Step, ...]


def machines_of(visit: Visit, obj: Object, record: Mapping[str, Any]) -> Iterator[tuple[str, StateMachine]]:
    """Yield the state fields that the person may see, with the machine of the record's type."""
    access = visit.rights.object(obj.name)
    for field in obj.state_fields:
        name = obj.machine_name(field, record.get("record_type"))
        if name is not None and access.shown(field):
            yield field, visit.release.catalog.get("state_machine", name)


def ways(visit: Visit, obj: Object, record: Mapping[str, Any]) -> tuple[Way, ...]:
    """Return the transitions the person may press on a record, those that cannot be pressed now with the reason."""
    found = [
        (field, machine, way)
        for field, machine in machines_of(visit, obj, record)
        for way in machine.from_state(str(record.get(field) or ""))
        if not way.automatic
    ]
    people = {way.name: people_of(visit, obj, machine, way) for _, machine, way in found}
    asked = [*(one for one in people.values() if one is not None), *(way.when for _, _, way in found if way.when)]
    judge = Judge(visit, obj, whole(visit, obj, record) if asked else record, None, asked)
    access = visit.rights.object(obj.name)
    offered = [
        (field, machine, way, way.when is not None and not judge.holds(way.when))
        for field, machine, way in found
        if (access.can(way.name) if (them := people[way.name]) is None else judge.holds(them))
    ]
    return tuple(_way(visit, field, machine, way, blocked) for field, machine, way, blocked in offered)


def people_of(visit: Visit, obj: Object, machine: StateMachine, way: Transition) -> Expression | None:
    """Return the condition "the person is among those the transition is for"; None where it names nobody.

    Then the role's right to the action decides, as when the Unit is asked.
    """
    key = ("people", machine.name, way.name)
    return visit.compiled(key, lambda: among(visit.release.catalog, obj.name, way.allowed))


def whole(visit: Visit, obj: Object, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the whole record: conditions of a definition see every field, whatever the person may read."""
    return get(visit.connection, visit.release, Actor.system(), obj.name, record["id"])


def _way(visit: Visit, field: str, machine: StateMachine, way: Transition, blocked: bool) -> Way:
    state = machine.states[way.to]
    return Way(
        way.name,
        visit.labels.transition(machine, way),
        field,
        way.to,
        state.color,
        visit.labels.confirm(machine, way),
        tuple(dict.fromkeys((*way.requires, *way.ask))),
        _("Not possible with the present values.") if blocked else "",
        state.final,
        machine,
        way,
    )


def paths(visit: Visit, obj: Object, record: Mapping[str, Any], open_ways: tuple[Way, ...]) -> tuple[StatePath, ...]:
    """Return the path of each state field of a record."""
    return tuple(
        StatePath(
            field,
            visit.labels.field(obj.fields[field]),
            machine.name,
            tuple(
                _steps(
                    visit,
                    machine,
                    str(record.get(field) or ""),
                    {way.to: way.name for way in open_ways if way.field == field},
                )
            ),
        )
        for field, machine in machines_of(visit, obj, record)
    )


def _steps(visit: Visit, machine: StateMachine, current: str, reachable: Mapping[str, str]) -> Iterator[Step]:
    """Yield the states in their order: the ways out that were not taken are left out, the taken one is the last."""
    names = list(machine.states)
    final = [name for name in names if machine.states[name].final]
    # The first final state is the goal; the others are ways out, shown only where the record took them.
    goal = final[0] if final else ""
    shown = [name for name in names if name not in final or name == goal]
    if current in final and current != goal:
        shown = [name for name in shown if name != goal] + [current]
    position = shown.index(current) if current in shown else -1
    for number, name in enumerate(shown):
        if name == current:
            state = "lost" if name in final and name != goal else "now"
        else:
            state = "done" if number < position and current not in final[1:] else ""
        yield Step(name, visit.labels.state(machine, name), state, reachable.get(name, "") if name != current else "")
