"""What a form starts with: defaults and the address for a new record, the stored values, children in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from formline.errors import NotFoundError
from formline.expressions.expression import Expression
from formline.expressions.nodes import Compare
from formline.expressions.nodes import Field as Read
from formline.expressions.problems import EvaluationError
from formline.fields.base import ValueProblem, name_of
from formline.fields.field import Field
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch, get
from formline.web.records.form_binding import BoundForm
from formline.web.records.form_spec import FormSpec
from formline.web.records.form_states import environment
from formline.web.records.form_values import FormValues, fill, ids_in, rows_of
from formline.web.records.targets import titles_of
from formline.web.visit import Visit

MOST_ROWS = 200
Children = Mapping[str, Sequence[Mapping[str, Any]]]


def blank(visit: Visit) -> FormValues:
    """Return an empty form."""
    formats = visit.formats
    return FormValues(own_symbol=formats.symbol(formats.own_currency).strip())


def record(visit: Visit, spec: FormSpec, arguments: MultiDict[str, str]) -> dict[str, Any]:
    """Return a new record: defaults that can be told before saving, then what the address gives."""
    found: dict[str, Any] = {}
    if spec.object.record_types:
        found["record_type"] = spec.record_type
    for field in spec.object.declared:
        value = _default(visit, field, found)
        if value is not None:
            found.update(value)
    if "owner" in spec.object.fields:
        found["owner"] = visit.actor.user_id
    for field_name in spec.object.state_fields:
        machine = spec.object.machine_name(field_name, spec.record_type)
        if machine is not None:
            found[field_name] = visit.release.catalog.get("state_machine", machine).initial
    for name, control in spec.controls.items():
        if name in arguments:
            try:
                parts = control.field.type.parse_parts(control.field, arguments[name], visit.locale)
            except ValueProblem:
                continue
            found.update({name_of(part, name): value for part, value in parts.items()})
            found = _implied(visit, control.field, found) | found
    return found


def _implied(visit: Visit, field: Field, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a chosen record settles: with ``where: customer == this.customer`` its customer is this one's too."""
    same = field.where.node if field.where is not None else None
    chosen = known.get(field.name)
    if chosen is None or not isinstance(same, Compare) or same.operator != "==":
        return {}
    sides = {side.root: side.path for side in (same.left, same.right) if isinstance(side, Read) and len(side.path) == 1}
    if sides.keys() != {"", "this"}:
        return {}
    try:
        theirs = get(visit.connection, visit.release, visit.actor, field.to[0], chosen).get(sides[""][0])
    except NotFoundError:
        return {}
    return {} if theirs is None or isinstance(theirs, Masked) else {sides["this"][0]: theirs}


def _default(visit: Visit, field: Field, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a default's parts; what only the database knows is filled in when the record is saved."""
    default = field.default
    if default is None:
        return None
    if isinstance(default, Expression):
        if not default.in_row:
            return None
        try:
            default = default.python(environment(visit, known, None))
        except EvaluationError:
            return None
    parts = field.type.parse_parts(field, default)
    return {name_of(part, field.name): value for part, value in parts.items()}


def typed(spec: FormSpec, bound: BoundForm) -> dict[str, Any]:
    """Return the values as typed so far, for the rules."""
    return bound.parts()


def children(visit: Visit, spec: FormSpec, record_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return the children that the form's tables edit."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in spec.tables:
        section = next(each for each in spec.layout.form if each.table == table.reverse)
        query = Query(
            table.object.name,
            tuple(control.field.name for control in table.controls),
            {"field": table.link, "op": "eq", "value": record_id},
            None,
            section.sort or (("created_at", False),),
            MOST_ROWS,
        )
        found[table.reverse] = fetch(visit.connection, visit.release, visit.actor, query).rows
    return found


def values(visit: Visit, spec: FormSpec, record: Mapping[str, Any], rows: Children | None = None) -> FormValues:
    """Return the inputs of a form for a record and its children."""
    controls = tuple(spec.controls.values())
    wanted = ids_in(controls, record)
    for table in spec.tables:
        for row in (rows or {}).get(table.reverse, ()):
            for name, ids in ids_in(table.controls, row).items():
                wanted.setdefault(name, set()).update(ids)
    titles = titles_of(visit, wanted)
    made = blank(visit)
    fill(made, controls, record, titles, visit.formats)
    for name, children_of in (rows or {}).items():
        rows_of(spec, made, name, children_of, titles, visit.formats)
    return made
