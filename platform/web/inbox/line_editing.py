"""Inputs for lines of a record in the dialog of a decision: the columns that its step lets people change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import request
from markupsafe import Markup

from formline.catalog.model import Link
from formline.catalog.objects import Object
from formline.errors import FieldError, NotFoundError, ValidationError
from formline.runtime.queries import Query, fetch
from formline.web.records import initial
from formline.web.records.form_binding import MAX_ROWS, BoundForm, controls_class
from formline.web.records.form_markup import compile_cells
from formline.web.records.form_spec import INDEX, ControlSpec, controls_of
from formline.web.records.form_values import FormValues, fill, ids_in
from formline.web.records.targets import titles_of
from formline.web.visit import Visit
from formline.workflow.approvals.definition import Approve
from formline.workflow.approvals.storage import Case


@dataclass(frozen=True, slots=True)
class EditedLine:
    """One line: ``name`` is the input that says which it is, ``cells`` are table cells with its inputs."""

    id: UUID
    name: str
    title: str
    cells: Markup


@dataclass(frozen=True, slots=True)
class EditedLines:
    """A list of lines; ``headings`` are those of the cells."""

    label: str
    title: str
    headings: tuple[str, ...]
    lines: tuple[EditedLine, ...]


@dataclass(frozen=True, slots=True)
class _List:
    """A list of lines that a step lets people edit, and the inputs of one row."""

    name: str
    link: Link
    child: Object
    controls: tuple[ControlSpec, ...]


def tables(here: Visit, case: Case, ballot: str) -> tuple[EditedLines, ...]:
    """Return the lines a decider may change, as they are stored or as they were typed."""
    return tuple(found for each in _lists(here, case, ballot) if (found := _table(here, case, each)).lines)


def values(here: Visit, case: Case, ballot: str) -> dict[str, dict[UUID, dict[str, Any]]]:
    """Return what the dialog changes in lines: by list, by line, by field; what was left as it is stays out.

    Raises:
        ValidationError: what was typed is no value of its field.
        NotFoundError: a line that cannot be one.
    """
    found: dict[str, dict[UUID, dict[str, Any]]] = {}
    errors: list[FieldError] = []
    for each in _lists(here, case, ballot):
        stored = {row["id"]: row for row in _rows(here, case, each)}
        for number, key in _sent(each):
            controls = _of_row(each, number)
            changed = tuple(one for one in controls if not _is_as_stored(here, one, stored.get(key)))
            if not changed:
                continue
            bound = BoundForm(controls_class(changed)(), changed)
            if bound.valid():
                found.setdefault(each.name, {})[key] = bound.values()
            errors += [FieldError(one.name, "wrong_value", text) for one in changed for text in _wrong(bound, one)]
    if errors:
        raise ValidationError(errors)
    return found


def _lists(here: Visit, case: Case, ballot: str) -> Iterator[_List]:
    at = case.state.find(ballot)
    step = case.definition.blocks.get(at[0].name) if at else None
    obj = here.release.catalog.object(case.definition.object)
    columns: dict[str, list[str]] = {}
    for path in step.editable if isinstance(step, Approve) else ():
        name, _dot, column = path.partition(".")
        if column and name not in obj.fields:
            columns.setdefault(name, []).append(column)
    for name, wanted in columns.items():
        link = obj.child(name)
        if link is None:
            continue
        child = here.release.catalog.object(link.object)
        access = here.rights.object(child.name)
        # The step itself gives the right to edit; what may not even be read stays out.
        shown = tuple(one for one in wanted if one in child.fields and access.readable(one))
        if shown:
            named = controls_of(here, child, "", shown)
            controls = tuple(replace(one, name=f"{name}-{INDEX}-{one.field.name}") for one in named)
            yield _List(name, link, child, controls)


def _rows(here: Visit, case: Case, each: _List) -> list[dict[str, Any]]:
    """Return the lines that the person may read, in the order in which they were made."""
    names = ("id", each.child.title, *(one.field.name for one in each.controls))
    where = {"field": each.link.field, "op": "eq", "value": case.record_id}
    query = Query(each.child.name, tuple(dict.fromkeys(names)), where, None, (("created_at", False),), MAX_ROWS)
    return fetch(here.connection, here.release, here.actor, query).rows


def _table(here: Visit, case: Case, each: _List) -> EditedLines:
    rows = _rows(here, case, each)
    wanted: dict[str, set[UUID]] = {each.child.name: {row["id"] for row in rows}}
    for row in rows:
        for name, ids in ids_in(each.controls, row).items():
            wanted.setdefault(name, set()).update(ids)
    titles = titles_of(here, wanted)
    filled = initial.blank(here)
    key = ("approval lines", each.name, each.controls, here.language)
    drawn = here.compiled(key, lambda: compile_cells(each.controls))
    typed = {key: number for number, key in _sent(each)}
    lines = []
    for number, row in enumerate(rows):
        fill(filled, each.controls, row, titles, here.formats, index=str(number))
        if row["id"] in typed:
            _show_typed(filled, _of_row(each, typed[row["id"]]), _of_row(each, number))
        cells = Markup(drawn.renamed(INDEX, str(number)).render(filled))  # noqa: S704 - macros and fills escape
        lines.append(EditedLine(row["id"], f"{each.name}-{number}-id", titles.get(row["id"]) or "…", cells))
    label = here.labels.plural(each.child)
    headings = tuple(one.label for one in each.controls)
    return EditedLines(label, here.labels.object(each.child), headings, tuple(lines))


def _show_typed(filled: FormValues, sent: tuple[ControlSpec, ...], shown: tuple[ControlSpec, ...]) -> None:
    """Show again what was typed where the dialog came back."""
    for old, new in zip(sent, shown, strict=True):
        if new.name in filled.texts:
            filled.texts[new.name] = request.form.get(old.name, "")


def _of_row(each: _List, number: int) -> tuple[ControlSpec, ...]:
    return tuple(replace(one, name=one.name.replace(INDEX, str(number))) for one in each.controls)


def _sent(each: _List) -> Iterator[tuple[int, UUID]]:
    """Yield the lines of the posted dialog by their numbers."""
    for number in range(MAX_ROWS):
        text = request.form.get(f"{each.name}-{number}-id")
        if text is None:
            return
        try:
            yield number, UUID(text)
        except ValueError:
            raise NotFoundError from None


def _is_as_stored(here: Visit, control: ControlSpec, row: Mapping[str, Any] | None) -> bool:
    """Return whether an input holds what it was filled with; a line that is gone holds nothing."""
    if row is None:
        return False
    before = initial.blank(here)
    fill(before, (control,), row, {}, here.formats)
    chosen = [value for value, _text in before.chosen(control.name)]
    held = chosen or [text for text in (before.value(control.name),) if text]
    return [text for text in request.form.getlist(control.name) if text] == held


def _wrong(bound: BoundForm, control: ControlSpec) -> list[str]:
    return [f"{control.label}: {error}" for error in bound.form[f"field_{control.field.name}"].errors]
