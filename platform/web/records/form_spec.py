"""What a form holds: the sections of a layout cut to what a person may write, in one language, for one record type.

Built once per (release, layout, record type, rights, language, mode); ``form_markup`` makes the page's text of it,
``form_binding`` the WTForms class.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flask import url_for

from formline.catalog.model import Layout, Section
from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.fields.field import Choice, Field
from formline.web.labels import Labels
from formline.web.visit import Visit

if TYPE_CHECKING:
    from formline.runtime.access.rights import ObjectAccess

CREATE, EDIT = "create", "edit"
INDEX = "__index__"
#: How the rules of a form read an input, by the kind of value; everything else is text.
DATA_TYPES = {
    Kind.NUMBER: "number",
    Kind.MONEY: "number",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.BOOLEAN: "boolean",
    Kind.MULTI_CHOICE: "list",
}
#: Controls that take a whole row.
FULL_WIDTH = frozenset({"long_text", "rich_text", "json", "address"})


@dataclass(frozen=True, slots=True)
class Option:
    """One choice a control offers."""

    value: str
    label: str
    color: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class ControlSpec:
    """The constant part of one control. ``name`` is the input's; in a table row it holds ``__index__``."""

    field: Field
    name: str
    label: str
    help: str
    placeholder: str
    data_type: str
    options: tuple[Option, ...] = ()
    pick_url: str = ""
    depends: str = ""
    multiple: bool = False
    full: bool = False

    @property
    def macro(self) -> str:
        """The name of the macro that draws it."""
        return self.field.type.form_control


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Children edited in the form: the object, the field that points here, and the controls of a row."""

    reverse: str
    object: Object
    link: str
    controls: tuple[ControlSpec, ...]


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """One headed part of a form: rows of controls, or a table."""

    name: str
    label: str
    rows: tuple[tuple[ControlSpec, ...], ...] = ()
    table: TableSpec | None = None
    collapsed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FormSpec:
    """A whole form."""

    object: Object
    layout: Layout
    mode: str
    record_type: str
    sections: tuple[SectionSpec, ...]
    key: str
    controls: dict[str, ControlSpec] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[TableSpec, ...]:
        """The inline tables."""
        return tuple(section.table for section in self.sections if section.table is not None)


def spec_for(visit: Visit, obj: Object, layout: Layout, record_type: str, mode: str) -> FormSpec:
    """Return the form of a layout for this person, built once."""
    key = ("form", obj.name, layout.name, record_type, mode, visit.language, visit.rights)
    return visit.compiled(key, lambda: _build(visit, obj, layout, record_type, mode))


def public_key(visit: Visit, layout: Layout, record_type: str, mode: str) -> str:
    """Return a short name of everything a form depends on: equal in all processes, different when any of it differs."""
    facts = (
        visit.release.hash,
        layout.name,
        record_type,
        mode,
        *sorted(visit.rights.role_names),
        visit.rights.internal,
    )
    return hashlib.sha256("\0".join(map(str, facts)).encode()).hexdigest()[:20]


def _build(visit: Visit, obj: Object, layout: Layout, record_type: str, mode: str) -> FormSpec:
    builder = _Builder(visit, obj, record_type, mode)
    sections = tuple(built for section in layout.form if (built := builder.section(layout, section)) is not None)
    controls = {c.field.name: c for section in sections for row in section.rows for c in row}
    key = public_key(visit, layout, record_type, mode)
    return FormSpec(obj, layout, mode, record_type, sections, key, controls)


def transition_controls(visit: Visit, obj: Object, record_type: str, names: Iterator[str]) -> tuple[ControlSpec, ...]:
    """Return the controls of a transition's dialog: exactly the named fields that the person may write."""
    builder = _Builder(visit, obj, record_type, EDIT)
    return tuple(control for name in names if (control := builder.control(obj.fields.get(name))) is not None)


def controls_of(visit: Visit, obj: Object, record_type: str, names: Iterable[str]) -> tuple[ControlSpec, ...]:
    """Return the controls of named fields, whoever asks: their caller gives the right to write them."""
    builder = _Builder(visit, obj, record_type, EDIT)
    return tuple(builder.unlimited(obj.fields[name]) for name in names if obj.fields[name].writable)


class _Builder:
    """Cuts a layout to what may be written."""

    def __init__(self, visit: Visit, obj: Object, record_type: str, mode: str) -> None:
        self._visit = visit
        self._labels: Labels = visit.labels
        self._object = obj
        self._record_type = record_type
        self._mode = mode
        self._rights: ObjectAccess = visit.rights.object(obj.name)

    def section(self, layout: Layout, section: Section) -> SectionSpec | None:
        """Return a section without the fields this person cannot fill in; None where none is left."""
        label = self._labels.section(layout, section)
        if section.table:
            table = self._table(section)
            return None if table is None else SectionSpec(section.name, label, (), table)
        hidden = layout.hidden | layout.read_only
        rows = tuple(
            row
            for names in section.rows
            if (row := tuple(self._row(layout, [n for n in names if n not in hidden], alone=len(names) == 1)))
        )
        return SectionSpec(section.name, label, rows, None, section.collapsed) if rows else None

    def _row(self, layout: Layout, names: list[str], *, alone: bool) -> Iterator[ControlSpec]:
        """Yield the controls of a row; a field that the layout gives a row of its own takes all of it."""
        for name in names:
            control = self.control(self._object.fields.get(name))
            if control is not None:
                label = self._labels.display(layout, name, "label", control.label)
                text = self._labels.display(layout, name, "help", control.help)
                yield replace(control, label=label, help=text, full=alone or control.full)

    def control(self, field: Field | None) -> ControlSpec | None:
        """Return the control of a field that may be written, else None."""
        if field is None or not self._may_write(field):
            return None
        return self._control(field, field.name, self._record_type)

    def unlimited(self, field: Field) -> ControlSpec:
        """Return the control of a field without asking for rights."""
        return self._control(field, field.name, self._record_type)

    def _may_write(self, field: Field) -> bool:
        """Whether the person may ever write a field; the owner is the one system field with a control."""
        if field.read_only is True:
            return False
        return (field.writable or field.name == "owner") and field.name in self._rights.writable

    def _control(self, field: Field, name: str, record_type: str) -> ControlSpec:
        pick = ""
        if field.type.reference:
            pick = url_for("records.pick_records", object_name=field.object, field=field.name)
        where = field.where if field.type.reference else None
        depends = (
            sorted({path[0] for path in where.dependencies} & set(self._object.fields)) if where is not None else []
        )
        parent = str(field.params.get("depends_on") or "")
        return ControlSpec(
            field=field,
            name=name,
            label=self._labels.field(field),
            help=self._labels.help(field),
            placeholder=self._labels.placeholder(field),
            data_type=DATA_TYPES.get(field.value_type.kind, "list" if field.value_type.many else "text"),
            options=options_of(
                self._labels, self._object if field.object == self._object.name else None, field, record_type
            ),
            pick_url=pick,
            depends=parent or " ".join(depends),
            multiple=field.value_type.many or field.value_type.kind is Kind.MULTI_CHOICE,
            full=field.type.form_control in FULL_WIDTH,
        )

    def _table(self, section: Section) -> TableSpec | None:
        link = self._object.child(section.table)
        if link is None:
            return None
        child = self._visit.release.catalog.object(link.object)
        rights = self._visit.rights.object(child.name)
        if not rights.can("create"):
            return None
        names = section.columns or tuple(f.name for f in child.declared if f.name != link.field)
        fields = [child.fields[name] for name in names if name in child.fields]
        controls = tuple(
            self._control(f, f"{section.table}-{INDEX}-{f.name}", "")
            for f in fields
            if f.writable and f.name != link.field and f.name in rights.writable
        )
        return TableSpec(section.table, child, link.field, controls) if controls else None


def options_of(labels: Labels, obj: Object | None, field: Field, record_type: str) -> tuple[Option, ...]:
    """Return the choices a control offers: none retired, and only those of the record type where it names them."""
    if field.type.name == "rating":
        return tuple(Option(str(stars), str(stars)) for stars in range(1, field.param("max") + 1))
    choices: dict[str, Choice] = dict(getattr(field, "choices", None) or {}) if _has_choices(field) else {}
    declared = obj.record_types.get(record_type) if obj is not None else None
    allowed = declared.choices.get(field.name) if declared else None
    return tuple(
        Option(name, labels.choice(field, name), choice.color, choice.parent)
        for name, choice in choices.items()
        if not choice.retired and (allowed is None or name in allowed)
    )


def _has_choices(field: Field) -> bool:
    return hasattr(field.type, "choices")
