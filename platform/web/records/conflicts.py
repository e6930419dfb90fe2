"""Two people changed one record: merging what both did, and telling which fields both changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.runtime.tables import history
from formline.web.records import cells, initial
from formline.web.records.cells import READ
from formline.web.records.form_binding import BoundForm
from formline.web.records.form_spec import FormSpec
from formline.web.records.form_values import FormValues
from formline.web.records.targets import titles_of
from formline.web.visit import Visit

#: Older versions than this are compared without knowing what they were.
MOST_VERSIONS = 50
#: Types whose values can be kept both.
JOINABLE = frozenset({"text", "long_text"})
#: ``settle.<field>`` of a form that came back from a conflict: mine, theirs or both.
SETTLE = "settle."


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that both changed: what the other person wrote; the form keeps one's own."""

    id: str
    label: str
    theirs: Markup
    name: str
    #: Texts of both may be kept, one after the other.
    joinable: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """The form to show: own changes over theirs."""

    values: FormValues
    differences: tuple[Difference, ...]


def merge(visit: Visit, spec: FormSpec, bound: BoundForm, current: Mapping[str, Any], version: int) -> Merged:
    """Return the form in which fields that only others changed have their values, and own changes stay."""
    mine = bound.parts()
    base = _base(visit, spec, current, version)
    both: list[Field] = []
    for name, control in spec.controls.items():
        # A field that was not sent or was left as it was shows what it is now.
        if name not in mine or _same(mine[name], base.get(name, current.get(name))):
            mine = {key: value for key, value in mine.items() if key.partition(".")[0] != name}
        elif name in base and not _same(mine[name], current.get(name)):
            both.append(control.field)
    values = initial.values(visit, spec, {**current, **mine}, initial.children(visit, spec, current["id"]))
    return Merged(values, _differences(visit, both, current))


def settled(values: Mapping[str, Any], current: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """Return what to write after a conflict was looked over: fields of which theirs is kept are left alone."""
    found = dict(values)
    for name in values:
        choice = form.get(f"{SETTLE}{name}")
        theirs = current.get(name)
        if choice == "theirs":
            del found[name]
        elif choice == "both" and isinstance(found[name], str) and isinstance(theirs, str):
            found[name] = f"{theirs}\n{found[name]}"
    return found


def _same(mine: Any, theirs: Any) -> bool:
    return mine == theirs or (mine in (None, "", ()) and theirs in (None, "", ()))


def _base(visit: Visit, spec: FormSpec, current: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Return what the fields changed since ``version`` were before, from the history."""
    changes = min(int(current["version"]) - version, MOST_VERSIONS)
    model = visit.release.model(spec.object.name)
    statement = (
        select(history.c.changes)
        .where(history.c.object_id == model.object_id, history.c.record_id == current["id"])
        .order_by(history.c.id.desc())
        .limit(max(changes, 0))
    )
    base: dict[str, Any] = {}
    for (entry,) in visit.connection.execute(statement):
        for key, pair in (entry or {}).items():
            name = model.field_names.get(int(key)) if str(key).isdigit() else None
            if name is not None:
                base[name] = _parsed(spec.object.fields[name], pair[0])
    return base


def _parsed(field: Field, stored: Any) -> Any:
    try:
        return field.type.parse(field, stored)
    except ValueProblem:
        return stored


def _differences(visit: Visit, fields: list[Field], current: Mapping[str, Any]) -> tuple[Difference, ...]:
    columns = tuple(cells.column(visit, field.name, field, READ) for field in fields)
    titles = titles_of(visit, cells.ids_in(columns, [current]))
    return tuple(
        Difference(
            f"f-{column.path}",
            column.label,
            Markup(column.render(current, titles, visit.formats, visit.labels, cells.EMPTY)),  # noqa: S704 - escaped
            column.path,
            column.field.type.name in JOINABLE,
        )
        for column in columns
    )
