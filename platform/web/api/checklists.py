"""What the API does with the checklist of the state a record is in: reading it, and ticking its items."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from formline.runtime.queries.lists import get
from formline.runtime.unit import Unit
from formline.runtime.unit.checklists import tick, ticks
from formline.web.api.blueprint import allowed, blueprint
from formline.web.api.reading import ParameterError
from formline.web.api.writing import Outcome, body, respond, write
from formline.web.visit import connection


@blueprint.get("/<name>/<uuid:key>/checklist")
def read_checklist(name: str, key: UUID) -> Response:
    """Answer ``{"items": [...]}`` of the states the record is in, each with who did it when."""
    who = allowed(name, "read")
    record = get(connection(), who.release, who.actor, name, key)
    obj = who.release.catalog.object(name)
    known = ticks(connection(), who.release.physical[name].id, [key], who.release.dialect)[key]
    items = []
    for field in obj.state_fields:
        machine_name = obj.machine_name(field, record.get("record_type"))
        if machine_name is None or record.get(field) is None:  # a state that may not be read is not there
            continue
        state = who.release.catalog.get("state_machine", machine_name).states.get(record[field])
        for item in state.checklist if state else ():
            row = known.get((machine_name, state.name, item.name))
            done = {"by": row["user_id"], "at": row["at"]} if row else None
            items.append({"field": field, "item": item.name, "label": item.label, "done": done})
    return respond({"items": items})


@blueprint.post("/<name>/<uuid:key>/checklist/<field>/<item>")
def tick_item(name: str, key: UUID, field: str, item: str) -> Response:
    """Say that an item is done, or open again: ``{"done": true}``."""
    allowed(name, "write")
    given = body()
    if set(given) != {"done"} or not isinstance(given["done"], bool):
        raise ParameterError('The body is {"done": true} or {"done": false}.')

    def work(unit: Unit) -> Outcome:
        return {"changed": tick(unit, name, key, field, item, done=given["done"])}, 200, {}

    return write(work)
