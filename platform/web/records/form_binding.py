"""Posted forms: WTForms classes built from a form's specification, and the write they stand for.

A class is built once per specification. Parsing is the field type's; what the whole record must obey is checked by
the Unit, whose findings come back into the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field as FormField
from wtforms import FieldList, Form
from wtforms import FormField as SubForm
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from formline.catalog.objects import Object
from formline.errors import BudgetError, FieldError, Level
from formline.fields.base import ValueProblem, name_of
from formline.fields.field import Field
from formline.web.i18n import gettext
from formline.web.records.form_spec import INDEX, ControlSpec, FormSpec, TableSpec
from formline.web.records.form_values import FormValues, is_choosing, put_part
from formline.web.value_messages import in_words, translated
from formline.web.visit import visit

MAX_ROWS = 500
GIVEN = ".given"
#: Beside an inline table: the ids of the rows it had when the form was drawn.
BEFORE = ".before"


class RecordField(FormField):
    """A form field that reads its value with the field type of the record's field.

    ``given`` says whether the form had the input at all: a control that a rule hid is not sent, and its value stays.
    ``values`` are the parts by name, the main one ``""``.
    """

    def __init__(self, control: ControlSpec, **arguments: Any) -> None:
        """Keep the control; WTForms gives the rest."""
        super().__init__(control.label, **arguments)
        self.control = control
        self.given = False
        self.texts: list[str] = []
        #: What was typed into each of several inputs.
        self.parts: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Parse what was posted; findings are kept as the field's errors."""
        self.process_errors = []
        inputs = self.control.field.type.inputs
        names = [self.name, f"{self.name}{GIVEN}", *(f"{self.name}.{part}" for part in inputs)]
        if formdata is None or not any(name in formdata for name in names):
            return
        self.given = True
        self.texts = [str(text) for text in formdata.getlist(self.name)]
        self.parts = {part: str(formdata.get(f"{self.name}.{part}", "")) for part in inputs}
        self.raw_data = self.texts
        try:
            self.values = self.parse(self.control.field, self._raw())
        except ValueProblem as problem:
            self.process_errors.append(translated(problem.message))

    def parse(self, field: Field, raw: Any) -> dict[str, Any]:
        """Return the parts of the value; raises ValueProblem."""
        return field.type.parse_parts(field, raw, visit().locale)

    def _raw(self) -> Any:
        if self.parts:
            return self.parts if any(text.strip() for text in self.parts.values()) else None
        if self.control.multiple:
            return [text for text in self.texts if text]
        if not self.texts:
            return "false" if self.control.data_type == "boolean" else None
        return self.texts[-1]

    def written(self) -> Any:
        """Return the value as the Unit takes it: where it has parts, the text that names them all."""
        if self.parts and self.values.get("") is None:
            return None  # an address of which only the country is chosen is none
        return self._raw() if len(self.values) > 1 else self.values.get("")

    def pre_validate(self, form: BaseForm) -> None:
        """Ask the field type about limits and forms."""
        value = self.values.get("")
        if value is None or self.process_errors:
            return
        field = self.control.field
        found = [translated(message) for _, message in field.type.validate(field, value)]
        if found:
            raise ValidationError(" ".join(found))


def form_class(spec: FormSpec) -> type[FlaskForm]:
    """Return the WTForms class of a form."""
    members: dict[str, Any] = {
        f"field_{control.name}": _unbound(control, control.name)
        for section in spec.sections
        for row in section.rows
        for control in row
    }
    for table in spec.tables:
        members[f"table_{table.reverse}"] = FieldList(
            SubForm(row_class(table)), name=table.reverse, max_entries=MAX_ROWS
        )
    return type("RecordForm", (FlaskForm,), members)


def controls_class(controls: Iterable[ControlSpec]) -> type[FlaskForm]:
    """Return the class of a form that has only these controls."""
    return type("ControlsForm", (FlaskForm,), {f"field_{c.field.name}": _unbound(c, c.name) for c in controls})


def check_rows(tables: Iterable[TableSpec], names: Iterable[str]) -> None:
    """Refuse more rows than a form may have; reading only the first ones would delete the others.

    Raises:
        BudgetError: the posted names have more than ``MAX_ROWS`` rows of one table.
    """
    posted = list(names)
    for table in tables:
        prefix = f"{table.reverse}-"
        rows = {name.removeprefix(prefix).partition("-")[0] for name in posted if name.startswith(prefix)}
        if len(rows) > MAX_ROWS:
            raise BudgetError(gettext("A table in a form may have %(count)s rows at most.") % {"count": MAX_ROWS})


def row_class(table: TableSpec) -> type[Form]:
    """Return the class of one row of an inline table; the CSRF token is the form's."""
    prefix = f"{table.reverse}-{INDEX}-"
    members = {c.field.name: _unbound(c, c.name.removeprefix(prefix)) for c in table.controls}
    return type("RowForm", (Form,), {"id": RowId(), **members})


def _unbound(control: ControlSpec, name: str) -> Any:
    return RecordField(control, name=name)


class RowId(FormField):
    """The id of an existing child, or nothing for a new row."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep a well-formed id; anything else is a new row, which rights then decide about."""
        self.data = None
        if valuelist and valuelist[0]:
            self.data = UUID(str(valuelist[0]))


class BoundForm:
    """A posted form: the values to write, and the same input to show again."""

    def __init__(
        self,
        form: FlaskForm,
        spec_controls: Iterable[ControlSpec],
        tables: Iterable[TableSpec] = (),
        sent: MultiDict[str, str] | None = None,
    ) -> None:
        """Wrap a WTForms form; ``sent`` is what it was made from where that is not the request's."""
        self.form = form
        self._request = request.form if sent is None else sent
        self.controls = {control.field.name: control for control in spec_controls}
        self.tables = tuple(tables)
        #: Per table, which rows of the form the written ones are: empty rows are not written.
        self._sent: dict[str, list[int]] = {}
        #: What belongs to no input: rules about the whole record.
        self.general: list[str] = []
        #: Warnings that a second press of the button accepts.
        self.warnings: list[str] = []

    def valid(self) -> bool:
        """Run all validators."""
        return bool(self.form.validate())

    def parts(self) -> dict[str, Any]:
        """Return the record as typed so far, each part of a value under its own key; children are left out."""
        found: dict[str, Any] = {}
        for name, bound in self._given():
            found.update({name_of(part, name): value for part, value in bound.values.items()})
        return found

    def values(self) -> dict[str, Any]:
        """Return what to write: the values that the form had by field, children under their reverse names."""
        written = {name: bound.written() for name, bound in self._given() if bound.values}
        for table in self.tables:
            if f"{table.reverse}{BEFORE}" in self._request:
                written[table.reverse] = self._table_values(table)
        return written

    def _given(self) -> Iterator[tuple[str, RecordField]]:
        for name in self.controls:
            bound: RecordField = self.form[f"field_{name}"]
            if bound.given:
                yield name, bound

    def _table_values(self, table: TableSpec) -> list[dict[str, Any]]:
        """Return the rows to write: filled ones, then those that were there before and are no longer."""
        filled = [(number, values) for number, row in enumerate(self._rows(table)) if (values := _row_values(row))]
        self._sent[table.reverse] = [number for number, _ in filled]
        kept = {values.get("id") for _, values in filled}
        before = _ids(self._request[f"{table.reverse}{BEFORE}"])
        return [*(values for _, values in filled), *({"id": one, "_delete": True} for one in before if one not in kept)]

    def _rows(self, table: TableSpec) -> list[Form]:
        return [entry.form for entry in self.form[f"table_{table.reverse}"].entries]

    def take(self, errors: Iterable[FieldError], obj: Object) -> None:
        """Put the findings of a refused write beside their inputs; what has no input goes to the top."""
        for error in errors:
            message = self._words(error, obj)
            if error.level is Level.WARNING:
                self.warnings.append(message)
                continue
            bound = self._input_of(error.field)
            if bound is None:
                self.general.append(message)
            else:
                bound.errors = [*bound.errors, message]

    @staticmethod
    def _words(error: FieldError, obj: Object) -> str:
        """Return what is wrong: a rule's own message in the person's language where nothing is filled into it."""
        rule = next((rule for rule in obj.rules if rule.name == error.code), None)
        if rule is not None and all(isinstance(piece, str) for piece in rule.message):
            return visit().labels.rule_message(obj, rule.name, error.message)
        return in_words(error)

    def _input_of(self, name: str) -> RecordField | None:
        """Return the input of ``field`` or of ``lines.2.amount``; None where the form has none."""
        if name in self.controls:
            return cast(RecordField, self.form[f"field_{name}"])
        table, number, field = (*name.split(".", 2), "", "")[:3]
        for each in self.tables:
            if each.reverse == table and number.isdigit() and int(number) < len(self._sent.get(table, ())):
                row = self._rows(each)[self._sent[table][int(number)]]
                return cast(RecordField, row[field]) if field in row else None
        return None

    def tell_missing(self, values: FormValues) -> None:
        """Say which required inputs are empty, where the Unit was not asked because others were malformed."""
        for name in self.controls:
            bound: RecordField = self.form[f"field_{name}"]
            state = values.state(name)
            if (
                bound.given
                and bound.values
                and not bound.errors
                and bound.values.get("") in (None, "", ())
                and state.required
                and state.visible
            ):
                values.problems.setdefault(name, [gettext("Fill this in.")])

    def shown(self, values: FormValues, titles: Mapping[str, str]) -> FormValues:
        """Return the input and its errors as the page shows them again; ``titles`` are those of chosen records."""
        for name in self.controls:
            self._show(values, self.form[f"field_{name}"], titles)
        for table in self.tables:
            self._show_table(values, table, titles)
        return values

    def _show_table(self, values: FormValues, table: TableSpec, titles: Mapping[str, str]) -> None:
        rows = self._rows(table)
        values.counts[table.reverse] = len(rows)
        values.texts[f"{table.reverse}{BEFORE}"] = self._request.get(f"{table.reverse}{BEFORE}", "")
        for number, row in enumerate(rows):
            values.texts[f"{table.reverse}-{number}-id"] = str(row["id"].data or "")
            for control in table.controls:
                name = control.name.replace(INDEX, str(number))
                self._show(values, cast(RecordField, row[control.field.name]), titles, name)

    def _show(self, values: FormValues, bound: RecordField, titles: Mapping[str, str], name: str = "") -> None:
        name = name or bound.control.name
        if bound.errors:
            values.problems[name] = [str(error) for error in bound.errors]
        if is_choosing(bound.control):
            labels = {option.value: option.label for option in bound.control.options} | dict(titles)
            # With several targets a value is "object:id"; titles go by the id.
            values.options[name] = tuple((t, labels.get(t.rpartition(":")[2], t)) for t in bound.texts if t)
        else:
            values.texts[name] = bound.texts[-1] if bound.texts else ""
        for part, text in bound.parts.items():
            put_part(values, f"{name}.{part}", text)

    def over(self, values: FormValues, titles: Mapping[str, str]) -> FormValues:
        """Return a form that was not sent yet with what was typed into another one; choices it lacks are left out."""
        for _name, bound in self._given():
            offered = {option.value for option in bound.control.options}
            if offered:
                bound.texts = [text for text in bound.texts if text in offered]
            self._show(values, bound, titles)
        for table in self.tables:
            self._show_table(values, table, titles)
        return values

    def chosen_ids(self) -> dict[str, set[UUID]]:
        """Return the ids chosen in lookups by object, to ask their titles when the form is shown again."""
        wanted: dict[str, set[UUID]] = {}
        fields = [self.form[f"field_{name}"] for name in self.controls]
        fields += [row[c.field.name] for table in self.tables for row in self._rows(table) for c in table.controls]
        for bound in fields:
            if bound.control.pick_url and bound.control.field.to:
                value = bound.values.get("")
                ids = value if isinstance(value, tuple | list) else (value,)
                target = bound.values.get("object") or bound.control.field.to[0]
                wanted.setdefault(target, set()).update(one for one in ids if isinstance(one, UUID))
        return {name: ids for name, ids in wanted.items() if ids}


def _ids(text: str) -> list[UUID]:
    """Return the ids in a text; what is none is left out."""
    found = []
    for part in text.split():
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


def _row_values(row: Form) -> dict[str, Any]:
    """Return a row's values; a new row in which nothing was filled in is none."""
    written: dict[str, Any] = {}
    for bound in row:
        if isinstance(bound, RecordField) and bound.given:
            written[bound.control.field.name] = bound.written()
    identity = row["id"].data
    if identity is None and all(value in (None, "", (), False) for value in written.values()):
        return {}
    return {"id": identity, **written} if identity is not None else written
