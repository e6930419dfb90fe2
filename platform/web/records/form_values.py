"""Values of a record as the inputs of a form hold them; the other way round is ``form_binding``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.fields.money import Money
from formline.web.formats import Formats
from formline.web.records.form_markup import FieldState
from formline.web.records.form_spec import INDEX, ControlSpec, FormSpec

PLAIN = FieldState()


@dataclass
class FormValues:
    """What fills a form: texts, chosen options, errors and states by input name; see ``form_markup.Values``."""

    texts: dict[str, str] = field(default_factory=dict)
    options: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    states: Mapping[str, FieldState] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    own_symbol: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return the text of an input."""
        return self.texts.get(name, "")

    def chosen(self, name: str) -> Sequence[tuple[str, str]]:
        """Return what a choosing control holds."""
        return self.options.get(name, ())

    def errors(self, name: str) -> Sequence[str]:
        """Return what is wrong with an input."""
        return self.problems.get(name, ())

    def state(self, name: str) -> FieldState:
        """Return what the rules say."""
        return self.states.get(name, PLAIN)

    def symbol(self, name: str) -> str:
        """Return the currency sign beside an amount."""
        return self.symbols.get(name, self.own_symbol)

    def rows(self, table: str) -> int:
        """Return how many rows an inline table has."""
        return self.counts.get(table, 0)


def input_text(field: Field, value: Any, formats: Formats) -> str:
    """Return a value as its control holds it: numbers grouped, days ISO, moments on the person's clock."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return formats.input_datetime(value)
    if isinstance(value, Decimal):
        return formats.number(value, 2 if field.value_type.kind is Kind.MONEY else None)
    return field.type.input_text(field, value)


def is_choosing(control: ControlSpec) -> bool:
    """Whether the control picks values rather than taking text."""
    return bool(control.pick_url or control.options or control.multiple)


def ids_in(controls: Sequence[ControlSpec], record: Mapping[str, Any]) -> dict[str, set[UUID]]:
    """Return the referenced ids by object, to ask their titles in one go."""
    wanted: dict[str, set[UUID]] = {}
    for control in controls:
        if not control.pick_url:
            continue
        value = record.get(control.field.name)
        target = str(record.get(f"{control.field.name}.object") or (control.field.to[0] if control.field.to else ""))
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, UUID) and target:
                wanted.setdefault(target, set()).add(one)
    return wanted


def fill(
    values: FormValues,
    controls: Sequence[ControlSpec],
    record: Mapping[str, Any],
    titles: Mapping[UUID, str],
    formats: Formats,
    *,
    index: str = "",
) -> None:
    """Put a record's values into the inputs; ``index`` is the number of a table's row."""
    symbols = dict(values.symbols)
    for control in controls:
        name = control.name.replace(INDEX, index) if index else control.name
        value = record.get(control.field.name)
        if is_choosing(control):
            held = value if isinstance(value, tuple | list) else (value,) if value is not None else ()
            prefix = f"{record.get(f'{control.field.name}.object')}:" if len(control.field.to) > 1 else ""
            values.options[name] = tuple((f"{prefix}{one}", _shown(control, one, titles)) for one in held)
        else:
            values.texts[name] = input_text(control.field, value, formats)
        for part, text in control.field.type.input_texts(control.field, record).items():
            put_part(values, f"{name}.{part}", text)
        currency = _currency(control.field, record)
        if currency:
            symbols[name] = formats.symbol(str(currency)).strip()
    values.symbols = symbols


def put_part(values: FormValues, name: str, text: str) -> None:
    """Put one part of a value into its input, whether it is typed or chosen."""
    values.texts[name] = text
    values.options[name] = ((text, text),) if text else ()


def _currency(field: Field, record: Mapping[str, Any]) -> Any:
    """Return the currency an amount has, or will have by its definition; None: the company's, or not known yet."""
    stored = record.get(f"{field.name}.currency")
    declared = field.type.currency_source(field) if isinstance(field.type, Money) else None
    if stored or declared is None:
        return stored
    kind, source = declared
    return source if kind == "code" else record.get(source)


def _shown(control: ControlSpec, value: Any, titles: Mapping[UUID, str]) -> str:
    if isinstance(value, UUID):
        return titles.get(value, "")
    return next((option.label for option in control.options if option.value == value), str(value))


def rows_of(
    spec: FormSpec,
    values: FormValues,
    table: str,
    rows: Sequence[Mapping[str, Any]],
    titles: Mapping[UUID, str],
    formats: Formats,
) -> None:
    """Put children into the rows of an inline table."""
    for each in spec.tables:
        if each.reverse == table:
            values.counts[table] = len(rows)
            values.texts[f"{table}.before"] = " ".join(str(row["id"]) for row in rows if row.get("id"))
            for number, row in enumerate(rows):
                values.texts[f"{table}-{number}-id"] = str(row.get("id") or "")
                fill(values, each.controls, row, titles, formats, index=str(number))
