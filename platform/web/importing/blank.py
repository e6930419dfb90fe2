"""A blank workbook for an object: headings a later import understands, notes on each, lists to choose from."""

from __future__ import annotations

import io

import xlsxwriter

from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.exporting.guarding import guard
from formline.web.i18n import gettext as _
from formline.web.importing.columns import BY, finders, targets
from formline.web.visit import Visit

#: Rows that get lists of choices.
PREPARED = 1_000
#: A list of more choices is put on a sheet of its own; Excel takes 255 characters in place.
_LONGEST = 250


def workbook(here: Visit, obj: Object) -> bytes:
    """Return the file: one sheet with a heading per field, required ones first."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(_sheet_name(here.labels.plural(obj)))
    lists = book.add_worksheet(_("Choices"))
    head = book.add_format({"bold": True, "bg_color": "#E8F0FE", "border": 1, "text_wrap": True})
    needed = book.add_format({"bold": True, "bg_color": "#FFF3CD", "border": 1, "text_wrap": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    text = book.add_format({"num_format": "@"})
    for place, field in enumerate(_fields(here, obj)):
        label = guard(here.labels.field(field))
        required = bool(field.params.get("required"))
        sheet.write_string(0, place, label, needed if required else head)
        sheet.write_comment(0, place, note(here, field), {"x_scale": 2})
        kind = field.value_type.kind
        sheet.set_column(place, place, max(12, min(40, 2 * len(label) + 4)), day if kind is Kind.DATE else None)
        if kind is Kind.TEXT:  # numbers of phones and ids keep their zeros
            sheet.set_column(place, place, max(12, min(40, 2 * len(label) + 4)), text)
        if kind is Kind.CHOICE:
            _choices(here, sheet, lists, place, field)
    sheet.freeze_panes(1, 0)
    lists.hide()
    book.close()
    return made.getvalue()


def note(here: Visit, field: Field) -> str:
    """Return what a person should know before filling a column in."""
    parts = [_("Required.")] if field.params.get("required") else []
    if here.labels.help(field):
        parts.append(here.labels.help(field))
    kind = field.value_type.kind
    if field.to:
        by = finders(here, field.to[0])
        if by:
            parts.append(_("Write the %(by)s.") % {"by": here.labels.field(by[0])})
    elif kind is Kind.DATE:
        parts.append(_("A day such as 2026-01-31."))
    elif kind is Kind.MULTI_CHOICE:
        parts.append(_("Several with commas between: %(choices)s") % {"choices": ", ".join(_labels(here, field))})
    elif kind is Kind.CHOICE:
        parts.append(_("Choose one of the list."))
    return "\n".join(parts)[:1000] or here.labels.field(field)


def _fields(here: Visit, obj: Object) -> list[Field]:
    names = dict.fromkeys(target.value.partition(BY)[0] for target in targets(here, obj))
    fields = [obj.fields[name] for name in names if not obj.fields[name].system or name == "owner"]
    return sorted(fields, key=lambda field: not field.params.get("required"))


def _labels(here: Visit, field: Field) -> list[str]:
    return [here.labels.choice(field, name) for name, choice in field.choices.items() if not choice.retired]


def _choices(
    here: Visit, sheet: xlsxwriter.worksheet.Worksheet, lists: xlsxwriter.worksheet.Worksheet, place: int, field: Field
) -> None:
    labels = _labels(here, field)
    if not labels:
        return
    source: list[str] | str = labels
    if len(",".join(labels)) > _LONGEST or any("," in label for label in labels):
        for row, label in enumerate(labels):
            lists.write_string(row, place, guard(label))
        column = xlsxwriter.utility.xl_col_to_name(place)
        source = f"='{lists.get_name()}'!${column}$1:${column}${len(labels)}"
    sheet.data_validation(1, place, PREPARED, place, {"validate": "list", "source": source, "ignore_blank": True})


def _sheet_name(text: str) -> str:
    """Return a name Excel takes for a sheet: 31 characters, without its signs."""
    return "".join(sign for sign in text if sign not in "[]:*?/\\'")[:31] or "Sheet1"
