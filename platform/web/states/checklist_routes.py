"""The checklist of the state a record is in: a card on its page, and ticking its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.machines import ChecklistItem, State, StateMachine
from formline.catalog.objects import Object
from formline.expressions.expression import Expression
from formline.runtime.access.permitted import RecordRights, record_rights
from formline.runtime.unit import run_unit
from formline.runtime.unit.checklists import Ticks, tick, ticks
from formline.web.access import answers
from formline.web.records import parts
from formline.web.records.form_states import Judge
from formline.web.records.parts import Part
from formline.web.records.targets import titles_of
from formline.web.records.ways import machines_of, whole
from formline.web.states.blueprint import blueprint
from formline.web.visit import Visit, visit


@dataclass(frozen=True, slots=True)
class Line:
    """One item; ``who`` and ``when`` of the tick, "" while it is open."""

    name: str
    label: str
    help: str
    required: bool
    done: bool
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist of one state field, in the state it has now."""

    object: str
    record: UUID
    field: str
    state: str
    lines: tuple[Line, ...]
    can_tick: bool

    @property
    def done(self) -> int:
        """How many items are done."""
        return sum(line.done for line in self.lines)


def checklists(here: Visit, obj: Object, record: Mapping[str, Any], access: RecordRights) -> Iterator[Part]:
    """Yield the checklist of each state a record is in that has one."""
    found = [
        (field, machine, machine.states[record[field]])
        for field, machine in machines_of(here, obj, record)
        if record.get(field) in machine.states and machine.states[record[field]].checklist
    ]
    if not found:
        return
    object_id = here.release.physical[obj.name].id
    known = ticks(here.connection, object_id, [record["id"]], here.release.dialect)[record["id"]]
    names = titles_of(here, {"user": {one["user_id"] for one in known.values() if one["user_id"]}})
    tests = [one.required for _, _, state in found for one in state.checklist if isinstance(one.required, Expression)]
    judge = Judge(here, obj, whole(here, obj, record) if tests else record, None, tests)
    for field, machine, state in found:
        lines = tuple(_line(here, machine, state, item, known, names, judge) for item in state.checklist)
        label = here.labels.state(machine, state.name)
        can_tick = access.can("update") and not obj.append_only
        yield Part("states/checklist.html", Checklist(obj.name, record["id"], field, label, lines, can_tick))


def _line(
    here: Visit,
    machine: StateMachine,
    state: State,
    item: ChecklistItem,
    known: Ticks,
    names: Mapping[UUID, str],
    judge: Judge,
) -> Line:
    row = known.get((machine.name, state.name, item.name))
    path = f"states.{state.name}.checklist.{item.name}"
    return Line(
        item.name,
        here.labels.text("state_machine", machine.name, f"{path}.label", item.label),
        here.labels.text("state_machine", machine.name, f"{path}.help", item.help) if item.help else "",
        judge.holds(item.required),
        row is not None,
        names.get(row["user_id"], "") if row else "",
        here.formats.moment(row["at"], here.now) if row else "",
    )


parts.PROVIDERS.append(checklists)


@blueprint.post("/o/<object_name>/<uuid:record_id>/checklist/<field>/<item>")
def tick_item(object_name: str, record_id: UUID, field: str, item: str) -> Response | str:
    """Say that an item is done (``done=1``) or open again; answer with the card, or go back to the page."""
    here = visit()
    obj, record = answers.target(here, object_name, record_id)
    done = request.form.get("done") == "1"
    run_unit(here.site, here.actor, lambda unit: tick(unit, obj.name, record_id, field, item, done=done), source="form")
    if not request.headers.get("HX-Request"):
        return redirect(url_for("records.record_page", object_name=obj.name, record_id=record_id), 303)
    access = record_rights(here.connection, here.release, here.actor, obj.name, [record_id])[record_id]
    part = next(one for one in checklists(here, obj, record, access) if one.values.field == field)
    return render_template(part.template, part=part)
