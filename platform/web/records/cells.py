"""Values as people read them: table cells, the fields of an open record, highlights. Inputs are in ``form_markup``.

A column is drawn once by the macro its field type names (``list_cell``, ``read_control``); each value fills its marks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from markupsafe import Markup

from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.fields.files import Attachment
from formline.runtime.access.masking import Masked
from formline.web import addresses
from formline.web.files import markup as file_markup
from formline.web.formats import Formats
from formline.web.i18n import gettext
from formline.web.labels import Labels
from formline.web.marks import Fill, Segments, compile_text, escaped, macros, mark
from formline.web.records import values
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit

CELL, READ, HIGHLIGHT = "cell", "read", "highlight"
TEMPLATES = {CELL: "fields/cells.html", READ: "fields/reads.html", HIGHLIGHT: "fields/reads.html"}
EMPTY = '<span class="muted">–</span>'
TONES = frozenset({"blue", "green", "orange", "yellow", "purple", "cyan", "red", "grey"})
#: Values of a column whose markup is kept; more are forgotten when the next page begins.
MOST_KEPT = 2_000
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
    worded = mark("worded")
    stars = mark("stars")
    of_stars = mark("of_stars")
    barcode = mark("barcode")
    rich = mark("rich")
    plain = mark("plain")
    pretty = mark("pretty")
    map = mark("map")
    reveal = mark("reveal")
    place = mark("place")
    yes_no = mark("yes_no")
    file_name = mark("file_name")
    file_size = mark("file_size")
    file_href = mark("file_href")
    picture_href = mark("file_href", "picture")
    small_href = mark("file_href", "thumbnail")

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


def _file_size(sight: Sight, _: str, __: str) -> str:
    return file_markup.size_text(Attachment.of(sight.value).size)


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
    "worded": lambda sight, _, __: escaped(values.worded(sight.field, sight.value, sight.formats)),
    "stars": lambda sight, _, __: values.stars(sight.field, sight.value),
    "of_stars": lambda sight, _, __: f"{sight.value}/{sight.field.param('max')}",
    "barcode": lambda sight, _, __: values.barcode(sight.field, sight.value),
    "rich": lambda sight, _, __: values.rich(sight.value),
    "plain": lambda sight, _, __: escaped(values.beginning(sight.row.get(f"{sight.field.name}.text") or sight.value)),
    "pretty": lambda sight, _, __: escaped(values.pretty_json(sight.value)),
    "reveal": lambda sight, _, __: addresses.reveal(sight.field.object, sight.row["id"], sight.field.name),
    "place": lambda sight, _, __: f"secret-{sight.field.name}-{sight.row['id']}",
    "map": lambda sight, _, __: escaped(values.map_address(sight.value, sight.formats.language)),
    "file_name": lambda sight, _, __: escaped(Attachment.of(sight.value).name),
    "file_size": _file_size,
    "file_href": lambda sight, kind, __: file_markup.address(Attachment.of(sight.value).id, kind),
    "label": _label,
    "tone": _tone,
    "title": _title,
    "href": _href,
    "initial": lambda sight, _, __: escaped(initial_of(sight.titles.get(sight.value, ""))),
    "color": lambda sight, _, __: tone_of(sight.value),
}


#: Fills of one value alone: the types they write, and what writes them.
QUICK: Mapping[Fill[Sight], tuple[frozenset[type], Callable[[Formats], Callable[[Any], str]]]] = {
    FILLS["text"]: (frozenset({str}), lambda _formats: escaped),
    FILLS["number"]: (frozenset({int, Decimal}), lambda formats: lambda value: _plain_number(value, formats)),
    FILLS["date"]: (frozenset({date}), lambda formats: formats.date),
    FILLS["datetime"]: (frozenset({datetime}), lambda formats: formats.datetime),
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
    #: Whether equal values look the same in every row, and are often equal.
    repeats: bool = False
    #: What such values look like, by value and title: few people own all records, and choices are few.
    kept: dict[tuple[Any, str | None], str] = dataclasses.field(default_factory=dict, compare=False, repr=False)

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

        if self.repeats:
            return self._remembering(write, titles, empty)
        return self._quick(write, formats, empty) or write

    def _quick(
        self, write: Callable[[Mapping[str, Any]], str], formats: Formats, empty: str
    ) -> Callable[[Mapping[str, Any]], str] | None:
        """Return a writer of cells that hold one plain value, as most do; ``write`` is for values of other kinds."""
        fills, path = self.segments.fills, self.path
        if len(fills) != 1 or fills[0][0] not in QUICK:
            return None
        kinds, prepare = QUICK[fills[0][0]]
        before, after = self.segments.texts
        convert = prepare(formats)

        def quick(row: Mapping[str, Any]) -> str:
            value = row.get(path)
            if value is None or value == "":
                return empty
            return f"{before}{convert(value)}{after}" if type(value) in kinds else write(row)

        return quick

    def _remembering(
        self, write: Callable[[Mapping[str, Any]], str], titles: Mapping[UUID, str], empty: str
    ) -> Callable[[Mapping[str, Any]], str]:
        """Return a writer that writes each value once, on this page and on later ones drawn from this column."""
        path, kept = self.path, self.kept
        if len(kept) > MOST_KEPT:
            kept.clear()

        def remembered(row: Mapping[str, Any]) -> str:
            value = row.get(path)
            if value is None or value == "":
                return empty
            key = (value, titles.get(value))
            text = kept.get(key)
            if text is None:
                text = kept[key] = write(row)
            return text

        return remembered

    def render(
        self, row: Mapping[str, Any], titles: Mapping[UUID, str], formats: Formats, labels: Labels, empty: str = ""
    ) -> str:
        """Return the markup of one row's value."""
        return self.writer(titles, formats, labels, empty)(row)


NUMERIC = frozenset({"number", "money", "percent"})
REPEATED = frozenset({Kind.CHOICE, Kind.BOOLEAN})


def column(visit: Visit, path: str, field: Field, kind: str, label: str = "") -> Column:
    """Draw a field's cell once."""
    shown = field.shown
    # A secret can be asked for only where its record is open.
    elsewhere = shown.type.sealed and (path != field.name or shown is not field)
    macro = shown.type.list_cell if kind == CELL or elsewhere else shown.type.read_control
    drawn = str(getattr(macros(TEMPLATES[kind]), macro)(MarkedValue(kind)))
    return Column(
        path=path,
        field=shown,
        label=label or visit.labels.field(field),
        segments=compile_text(drawn, FILLS),
        numeric=macro in NUMERIC,
        repeats=not shown.value_type.many and (len(shown.to) == 1 or shown.value_type.kind in REPEATED),
    )


def ids_in(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> dict[str, set[UUID]]:
    """Return the ids that the columns show by object, so that all titles are asked at once."""
    wanted: dict[str, set[UUID]] = {}
    for each in columns:
        targets = each.field.to
        if not targets:
            continue
        path, key = each.path, f"{each.path}.object"
        if len(targets) == 1 and not each.field.value_type.many:
            found = {value for row in rows if isinstance(value := row.get(path), UUID)}
            wanted.setdefault(targets[0], set()).update(found)
            continue
        for row in rows:
            value = row.get(path)
            target = str(row.get(key) or targets[0])
            for one in value if isinstance(value, tuple | list) else (value,):
                if isinstance(one, UUID):
                    wanted.setdefault(target, set()).add(one)
    return wanted
