"""Values as people read them: table cells, the fields of an open record, highlights. Inputs are in ``form_markup``.

A column is drawn once by the macro its field type names (``list_cell``, ``read_control``); each value fills its marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup

from formline.fields.field import Field
from formline.runtime.access.masking import Masked
from formline.web import addresses
from formline.web.formats import Formats
from formline.web.i18n import gettext
from formline.web.labels import Labels
from formline.web.marks import Fill, Segments, compile_text, escaped, macros, mark
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit

CELL, READ, HIGHLIGHT = "cell", "read", "highlight"
TEMPLATES = {CELL: "fields/cells.html", READ: "fields/reads.html", HIGHLIGHT: "fields/reads.html"}
EMPTY = '<span class="muted">–</span>'
TONES = frozenset({"blue", "green", "orange", "yellow", "purple", "cyan", "red", "grey"})
MASKED = Markup('<span class="masked">{}</span>')


@dataclass(slots=True)
class Sight:
    """One value in its row, and everything needed to write it."""

    value: Any
    field: Field
    row: Mapping[str, Any]
    titles: Mapping[UUID, str]
    formats: Formats
    labels: Labels
    links: bool = True


class MarkedValue:
    """A value as the macros see it while a column is drawn once; attributes are places to be filled."""

    text = mark("text")
    number = mark("number")
    percent = mark("percent")
    date = mark("date")
    datetime = mark("datetime")
    label = mark("label")
    tone = mark("tone")
    title = mark("title")
    href = mark("href")
    initial = mark("initial")
    color = mark("color")
    boolean = mark("boolean")
    yes_no = mark("yes_no")

    def __init__(self, kind: str) -> None:
        """Highlights write amounts and days shorter and longer than tables do."""
        self.money = mark("short_money" if kind == HIGHLIGHT else "money")
        self.day = mark("long_date" if kind != CELL else "date")


def _title(sight: Sight, _: str, __: str) -> str:
    if isinstance(sight.value, UUID):
        return escaped(sight.titles.get(sight.value) or "…")
    return escaped(sight.value)


def _href(sight: Sight, _: str, __: str) -> str:
    target = sight.row.get(f"{sight.field.name}.object") or (sight.field.to[0] if sight.field.to else "")
    return addresses.record(target, sight.value)


def _label(sight: Sight, _: str, __: str) -> str:
    return escaped(sight.labels.choice(sight.field, str(sight.value)))


def _tone(sight: Sight, _: str, __: str) -> str:
    choice = sight.field.choices.get(str(sight.value))
    return choice.color if choice is not None and choice.color in TONES else "grey"


def _money(sight: Sight) -> tuple[Any, str]:
    return sight.value, str(sight.row.get(f"{sight.field.name}.currency") or "")


FILLS: Mapping[str, Fill[Sight]] = {
    "text": lambda sight, _, __: escaped(sight.value),
    "number": lambda sight, _, __: escaped(_plain_number(sight.value, sight.formats)),
    "percent": lambda sight, _, __: sight.formats.percent(sight.value),
    "money": lambda sight, _, __: sight.formats.money(*_money(sight)),
    "short_money": lambda sight, _, __: sight.formats.short_money(*_money(sight)),
    "date": lambda sight, _, __: sight.formats.date(sight.value),
    "long_date": lambda sight, _, __: sight.formats.long_date(sight.value),
    "datetime": lambda sight, _, __: sight.formats.datetime(sight.value),
    "boolean": lambda sight, _, __: "check" if sight.value else "x",
    "yes_no": lambda sight, _, __: escaped(gettext("Yes") if sight.value else gettext("No")),
    "label": _label,
    "tone": _tone,
    "title": _title,
    "href": _href,
    "initial": lambda sight, _, __: escaped(initial_of(sight.titles.get(sight.value, ""))),
    "color": lambda sight, _, __: tone_of(sight.value),
}


def _plain_number(value: Any, formats: Formats) -> str:
    """Write years and other short whole numbers without a group sign."""
    return str(value) if isinstance(value, int) and abs(value) < 10_000 else formats.number(value)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a page, ready to write its values; ``path`` may lead through lookups."""

    path: str
    field: Field
    label: str
    segments: Segments[Sight]
    numeric: bool

    def writer(
        self, titles: Mapping[UUID, str], formats: Formats, labels: Labels, empty: str = ""
    ) -> Callable[[Mapping[str, Any]], str]:
        """Return a function that writes a row's value as markup; made once per page, called once per row."""
        path, render = self.path, self.segments.render
        sight = Sight(None, self.field, {}, titles, formats, labels)

        def write(row: Mapping[str, Any]) -> str:
            value = row.get(path)
            if value is None or value == "" or value == ():
                return empty
            if isinstance(value, Masked):
                return str(MASKED.format(value))
            sight.row = row
            if not isinstance(value, tuple):
                sight.value = value
                return render(sight)
            written = []
            for item in value:
                sight.value = item
                written.append(render(sight))
            return " ".join(written)

        return write

    def render(
        self, row: Mapping[str, Any], titles: Mapping[UUID, str], formats: Formats, labels: Labels, empty: str = ""
    ) -> str:
        """Return the markup of one row's value."""
        return self.writer(titles, formats, labels, empty)(row)


NUMERIC = frozenset({"number", "money", "percent"})


def column(visit: Visit, path: str, field: Field, kind: str, label: str = "") -> Column:
    """Draw a field's cell once."""
    shown = field.shown
    macro = shown.type.list_cell if kind == CELL else shown.type.read_control
    drawn = str(getattr(macros(TEMPLATES[kind]), macro)(MarkedValue(kind)))
    return Column(
        path=path,
        field=shown,
        label=label or visit.labels.field(field),
        segments=compile_text(drawn, FILLS),
        numeric=macro in NUMERIC,
    )


def ids_in(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> dict[str, set[UUID]]:
    """Return the ids that the columns show by object, so that all titles are asked at once."""
    wanted: dict[str, set[UUID]] = {}
    for each in columns:
        targets = each.field.to
        if not targets:
            continue
        key = f"{each.path}.object"
        for row in rows:
            value = row.get(each.path)
            target = str(row.get(key) or targets[0])
            for one in value if isinstance(value, tuple | list) else (value,):
                if isinstance(one, UUID):
                    wanted.setdefault(target, set()).add(one)
    return wanted
