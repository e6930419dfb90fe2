"""What the API does with records that are the same, and conversions: the pages' buttons do the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, request

from formline.catalog.conversions import conversions_of
from formline.errors import NotFoundError
from formline.runtime.converting.converting import Choice, convert
from formline.runtime.merging.merging import Merge, merge
from formline.runtime.merging.undoing import undo
from formline.runtime.unit import Unit
from formline.web.api.blueprint import allowed, blueprint
from formline.web.api.caller import caller
from formline.web.api.reading import ParameterError
from formline.web.api.writing import Outcome, body, write


@blueprint.post("/<name>/<uuid:key>/merge")
def merge_records(name: str, key: UUID) -> Response:
    """Merge others into one record: ``{"records": [id], "fields": {field: id}}``."""
    allowed(name, "write")
    given = body()
    records = given.get("records")
    if set(given) - {"records", "fields"} or not isinstance(records, list):
        raise ParameterError('The body is {"records": [id], "fields": {field: id}}.')
    chosen = {field: id_of(value) for field, value in _map(given, "fields").items()}
    wanted = Merge(name, key, tuple(id_of(each) for each in records), chosen)

    def work(unit: Unit) -> Outcome:
        return {"merge_id": merge(unit, wanted)}, 200, {}

    return write(work)


@blueprint.post("/merges/<uuid:merge_id>/undo")
def undo_merge(merge_id: UUID) -> Response:
    """Take a merge back exactly; 409 where something it touched was changed since."""
    caller().require("merges", "write")
    return write(lambda unit: ({"id": undo(unit, merge_id)}, 200, {}))


@blueprint.post("/<name>/<uuid:key>/convert/<conversion>")
def convert_record(name: str, key: UUID, conversion: str) -> Response:
    """Convert a record: ``{"use": {object: id}, "without": [object], "numbers": {line: number}}``, all optional."""
    who = allowed(name, "write")
    found = next((one for one in conversions_of(who.release.catalog, name) if one.name == conversion), None)
    if found is None:
        raise NotFoundError("There is no such conversion.")
    wanted = found
    for part in wanted.create:
        who.require(part.object, "write")
    given = body() if request.get_data() else {}
    without = given.get("without", [])
    if set(given) - {"use", "without", "numbers"} or not isinstance(without, list):
        raise ParameterError('The body is {"use": {object: id}, "without": [object], "numbers": {line: number}}.')
    existing = {target: id_of(value) for target, value in _map(given, "use").items()}
    numbers = {id_of(line): number for line, number in _map(given, "numbers").items()}
    choice = Choice(existing, frozenset(map(str, without)), numbers)

    def work(unit: Unit) -> Outcome:
        made = convert(unit, wanted, key, choice)
        return {"made": [{"object": one.object, "id": one.id, "new": one.new} for one in made]}, 200, {}

    return write(work)


def _map(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name, {})
    if not isinstance(found, dict):
        raise ParameterError(f'"{name}" is an object.')
    return found


def id_of(value: Any) -> UUID:
    """Return an id from a body; ParameterError where it is none."""
    try:
        return UUID(str(value))
    except ValueError:
        raise ParameterError(f'"{value}" is no id.') from None
