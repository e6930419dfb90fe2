"""Forms as text: the macros draw a form once per specification with marks in place of values; pages fill the marks.

So the markup of a form costs one join of strings per request, and new records, editing and forms with errors all
come from the same macros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from markupsafe import Markup, escape

from formline.fields.files import FileBase, accepted, accepted_words, max_bytes
from formline.web.files import markup as file_markup
from formline.web.formats import SYMBOLS
from formline.web.marks import Fill, Segments, compile_text, macros, mark
from formline.web.records.form_spec import INDEX, ControlSpec, FormSpec, SectionSpec, TableSpec


class FieldState(NamedTuple):
    """What the rules say of a field with the values at hand."""

    visible: bool = True
    required: bool = False
    read_only: bool = False
    choices: frozenset[str] | None = None


class Values(Protocol):
    """What fills the marks of a form, keyed by the name of an input."""

    def value(self, name: str) -> str:
        """Return the text of an input."""

    def chosen(self, name: str) -> Sequence[tuple[str, str]]:
        """Return what a choosing control holds: ``(value, shown text)``."""

    def errors(self, name: str) -> Sequence[str]:
        """Return what is wrong with an input."""

    def state(self, name: str) -> FieldState:
        """Return what the rules say."""

    def symbol(self, name: str) -> str:
        """Return the currency sign beside an amount."""

    def rows(self, table: str) -> int:
        """Return how many rows an inline table has."""


#: Where the rows of an inline table go; never filled, the text is cut here.
ROWS = Markup("\x04")


class MarkedPart:
    """One of several inputs of a control; rules and errors are those of the whole."""

    def __init__(self, control: MarkedControl, part: str) -> None:
        """Name the input after the field and its part."""
        self.name = f"{control.name}.{part}"
        self.id = f"{control.id}.{part}"
        self.value = mark("value", self.name)
        self.chosen = mark("chosen", self.name)
        self.attributes = mark("attributes", control.name, "part")
        self.choosing = mark("attributes", control.name, "choosing part")


class MarkedControl:
    """A control as the macros see it while the form is drawn once; see ``templates/fields/controls.html``."""

    def __init__(self, spec: ControlSpec, row: bool = False) -> None:
        """Wrap the constant part."""
        self.spec = spec
        self.name = spec.name
        self.row = row
        self.id = f"f-{spec.name}"
        self.label = spec.label
        self.help = spec.help
        self.placeholder = spec.placeholder
        self.options = spec.options
        self.multiple = spec.multiple
        self.pick_url = spec.pick_url
        self.depends = spec.depends
        self.type = spec.field.type
        self.field = spec.field
        self.full = spec.full
        self.data_type = spec.data_type
        self.wrapper = mark("wrapper", spec.name)
        self.value = mark("value", spec.name)
        self.chosen = mark("chosen", spec.name)
        self.chosen_beyond = mark("chosen", spec.name, " ".join(option.value for option in spec.options))
        self.picked_none = mark("picked", spec.name, "")
        self.symbol = mark("symbol", spec.name)
        self.invalid = mark("invalid", spec.name)
        self.files = mark("files", spec.name)
        takes_files = isinstance(spec.field.type, FileBase)
        self.accept = ",".join(sorted(accepted(accepted_words(spec.field)))) if takes_files else ""
        self.most_bytes = max_bytes(spec.field) if takes_files else 0
        picks = bool(spec.options or spec.pick_url or spec.multiple or spec.data_type == "boolean")
        self.attributes = mark("attributes", spec.name, "choosing" if picks else "")
        self.checked = mark("checked", spec.name)
        self.required_mark = mark("required", spec.name)
        self.errors = mark("errors", spec.name)
        self.max_length = spec.field.param("max_length") if "max_length" in spec.field.params else None
        self.lines = spec.field.param("rows") or 4
        self.parts = {part: MarkedPart(self, part) for part in spec.field.type.inputs}

    def selected(self, value: str) -> Markup:
        """Return the mark of one option."""
        return mark("selected", self.name, value)

    def picked(self, value: str) -> Markup:
        """Return the mark of one box of several."""
        return mark("picked", self.name, value)


def _wrapper(values: Values, name: str, _: str) -> str:
    classes = " has-error" if values.errors(name) else ""
    return f'{classes}"{"" if values.state(name).visible else " hidden"}'


def _attributes(values: Values, name: str, kind: str) -> str:
    """Write what the rules and the errors add; what one chooses from knows no ``readonly``, so it is disabled."""
    state, errors = values.state(name), values.errors(name)
    written = ""
    if not state.visible:
        written += " disabled"
    elif state.read_only:
        written += " disabled" if kind.startswith("choosing") else " readonly"
    elif state.required and not kind.endswith("part"):
        written += " required"
    if errors:
        written += f' aria-invalid="true" aria-describedby="e-{escape(name)}"'
    return written


def _errors(values: Values, name: str, _: str) -> str:
    found = values.errors(name)
    if not found:
        return ""
    return f'<div class="invalid-feedback" id="e-{escape(name)}">{escape(" ".join(found))}</div>'


def _chosen(values: Values, name: str, known: str) -> str:
    offered = frozenset(known.split(" ")) if known else frozenset()
    return "".join(
        f'<option value="{escape(value)}" selected>{escape(text)}</option>'
        for value, text in values.chosen(name)
        if value not in offered
    )


def _is_chosen(values: Values, name: str, value: str) -> bool:
    return any(value == held for held, _ in values.chosen(name))


def _is_picked(values: Values, name: str, value: str) -> bool:
    """An empty value stands for "no choice"."""
    return _is_chosen(values, name, value) if value else not values.chosen(name)


FILLS: Mapping[str, Fill[Values]] = {
    "wrapper": _wrapper,
    "attributes": _attributes,
    "errors": _errors,
    "chosen": _chosen,
    "files": lambda values, name, _: file_markup.items(name, (value for value, _text in values.chosen(name))),
    "value": lambda values, name, _: str(escape(values.value(name))),
    "symbol": lambda values, name, _: str(escape(values.symbol(name))),
    "invalid": lambda values, name, _: " is-invalid" if values.errors(name) else "",
    "checked": lambda values, name, _: " checked" if values.value(name) == "true" else "",
    "selected": lambda values, name, value: " selected" if _is_chosen(values, name, value) else "",
    "picked": lambda values, name, value: " checked" if _is_picked(values, name, value) else "",
    "required": lambda values, name, _: "" if values.state(name).required else " hidden",
}


#: What depends on the rules and on errors alone.
SETTLED = frozenset(FILLS[kind] for kind in ("wrapper", "attributes", "errors", "invalid", "required"))


def _settled(segments: Segments[Values], values: Values) -> Segments[Values]:
    """Return the segments with what the rules say filled in, and places for values left."""
    texts, fills = [segments.texts[0]], []
    for each, text in zip(segments.fills, segments.texts[1:], strict=True):
        fill, name, argument = each
        if fill in SETTLED:
            texts[-1] += fill(values, name, argument) + text
        else:
            fills.append(each)
            texts.append(text)
    return Segments(tuple(texts), tuple(fills))


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """An inline table: what is before the rows, one row, what is after them."""

    name: str
    head: Segments[Values]
    row: Segments[Values]
    foot: str


@dataclass(frozen=True, slots=True)
class CompiledForm:
    """A form ready to be filled: segments and tables in the order of the page."""

    parts: tuple[Segments[Values] | CompiledTable, ...] = field(default=())

    def settled(self, values: Values) -> CompiledForm:
        """Return the form for the states of these values and no errors."""
        return CompiledForm(
            tuple(_settled(part, values) if isinstance(part, Segments) else part for part in self.parts)
        )

    def render(self, values: Values) -> Markup:
        """Return the markup of all sections with these values."""
        written = []
        for part in self.parts:
            if isinstance(part, Segments):
                written.append(part.render(values))
            else:
                rows = "".join(part.row.renamed(INDEX, str(n)).render(values) for n in range(values.rows(part.name)))
                written.append(part.head.render(values) + rows + part.foot)
        return Markup("".join(written))  # noqa: S704 - macros escape names and labels, fills escape values


def compile_form(spec: FormSpec, symbol: str) -> CompiledForm:
    """Draw a form once; ``symbol`` is the site's currency sign."""
    module = macros("records/form_parts.html")
    parts: list[Segments[Values] | CompiledTable] = []
    for number, section in enumerate(spec.sections):
        if section.table is not None:
            parts.append(_table(module, section, section.table, number, symbol))
        else:
            rows = tuple(tuple(MarkedControl(c) for c in row) for row in section.rows)
            parts.append(compile_text(str(module.section(section, rows, number)), FILLS))
    return CompiledForm(tuple(parts))


def compile_controls(controls: Sequence[ControlSpec]) -> CompiledForm:
    """Draw a few controls without sections: a transition's dialog."""
    module = macros("records/form_parts.html")
    return CompiledForm((compile_text(str(module.grid(tuple((MarkedControl(c),) for c in controls))), FILLS),))


def compile_cells(controls: Sequence[ControlSpec]) -> Segments[Values]:
    """Draw the cells of one row of a table, without its head: lines that are there and stay."""
    module = macros("records/form_parts.html")
    return compile_text(str(module.cells(tuple(MarkedControl(c, row=True) for c in controls))), FILLS)


def _table(module: Any, section: SectionSpec, table: TableSpec, number: int, symbol: str) -> CompiledTable:
    controls = tuple(MarkedControl(c, row=True) for c in table.controls)
    row = compile_text(str(module.table_row(table, controls, mark("value", f"{table.reverse}-{INDEX}-id"))), FILLS)
    # The template of a new row is a drawn row without values; the rows of the record come where the mark is.
    empty = Markup(row.render(NoValues(symbol, signs_of(table.controls))))  # noqa: S704 - drawn by macros, which escape
    drawn = str(module.table(section, table, controls, empty, ROWS, mark("value", f"{table.reverse}.before"), number))
    head, foot = drawn.split(str(ROWS))
    return CompiledTable(table.reverse, compile_text(head, FILLS), row, foot)


def signs_of(controls: Sequence[ControlSpec]) -> dict[str, str]:
    """Return the signs of amounts whose definition names a currency, by input name."""
    declared = {c.name: str(c.field.params.get("currency") or "") for c in controls if c.field.type.name == "money"}
    return {name: SYMBOLS.get(code, code) for name, code in declared.items() if code.isupper()}


class NoValues:
    """The values of an empty row; amounts in it are in the site's currency, or in the one of their definition."""

    def __init__(self, symbol: str, own: Mapping[str, str]) -> None:
        """Keep the sign of the site's currency, and signs of inputs with a currency of their own."""
        self._symbol = symbol
        self._own = own

    def value(self, name: str) -> str:
        """Return nothing."""
        return ""

    def chosen(self, name: str) -> Sequence[tuple[str, str]]:
        """Return nothing."""
        return ()

    def errors(self, name: str) -> Sequence[str]:
        """Return nothing."""
        return ()

    def state(self, name: str) -> FieldState:
        """Return a plain state."""
        return _PLAIN

    def symbol(self, name: str) -> str:
        """Return the currency sign beside an amount."""
        return self._own.get(name, self._symbol)

    def rows(self, table: str) -> int:
        """Return none."""
        return 0


_PLAIN = FieldState()
