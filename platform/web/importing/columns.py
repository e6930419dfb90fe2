"""Which column becomes which field: what is offered, what is guessed, and the mapping a form says; nothing is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.fields.files import FileBase
from formline.runtime.importing.cells import reader
from formline.web.i18n import gettext as _
from formline.web.labels import labels
from formline.web.visit import Visit

#: Written forms of days that are tried in order where a column's cells are texts.
DATES = ("YYYY-M-D", "YYYY/M/D", "YYYY.M.D", "YYYY年M月D日", "D/M/YYYY", "M/D/YYYY", "D.M.YYYY", "YYYYMMDD")
#: Parts a target's name from the field its records are found by.
BY = ":"
MODES = ("upsert", "create", "update")
_KEY_TYPES = frozenset({"text", "email", "phone", "url", "integer", "auto_number", "barcode"})


@dataclass(frozen=True, slots=True)
class Target:
    """A field a column may fill; ``value`` stands in the form: ``name``, or ``name:by`` for a lookup."""

    value: str
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column of the file as the form shows it: what it is called, some of its cells, what is chosen for it."""

    number: int
    heading: str
    samples: tuple[str, ...]
    chosen: str
    date_form: str = ""


def targets(here: Visit, obj: Object) -> list[Target]:
    """Return what a person may fill by a file; lookups once per field their records can be found by."""
    key = ("import targets", obj.name, here.language, here.rights)
    return here.compiled(key, lambda: [*_targets(here, obj)])


def _targets(here: Visit, obj: Object) -> Iterator[Target]:
    writable = here.rights.object(obj.name).writable
    for field in obj.fields.values():
        if field.name not in writable or isinstance(field.type, FileBase) or field.type.sealed:
            continue
        label = here.labels.field(field)
        if not field.to:
            yield Target(field.name, label, bool(field.params.get("required")))
        elif len(field.to) == 1 and not field.value_type.many:
            for by in finders(here, field.to[0]):
                named = _("%(field)s (by %(by)s)") % {"field": label, "by": here.labels.field(by)}
                yield Target(f"{field.name}{BY}{by.name}", named, bool(field.params.get("required")))


def finders(here: Visit, object_name: str) -> list[Field]:
    """Return the fields by which records of an object can be found: its title, what is unique, addresses of mail."""
    if not here.release.catalog.has("object", object_name):
        return []
    obj, access = here.release.catalog.object(object_name), here.rights.object(object_name)
    wanted = [obj.fields[obj.title]] if obj.title in obj.fields else []
    wanted += [field for field in obj.fields.values() if field.unique or field.type.name == "email"]
    usable = (field for field in dict.fromkeys(wanted) if field.type.name in _KEY_TYPES and access.shown(field.name))
    return [field for field in usable if access.field(field.name) in ("read", "edit")]


def keys(here: Visit, obj: Object) -> list[Field]:
    """Return the fields by which a row may find the record that is there already."""
    writable = here.rights.object(obj.name).writable
    return [field for field in finders(here, obj.name) if field.name in writable]


# --- guessing --------------------------------------------------------------------------------------------------------


def guessed(
    here: Visit, obj: Object, headings: Sequence[str], past: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the columns of a mapping as far as headings tell: by former imports, names, labels of all languages."""
    known = {target.value: target for target in targets(here, obj)}
    words = _words(here, obj, known)
    found: dict[str, Any] = {}
    for heading in headings:
        column = _past(heading, past, known)
        if column is None:
            value = words.get(_plain(heading))
            column = None if value is None else (value, _column(heading, value))
        if column is not None and column[0].partition(BY)[0] not in found:
            found[column[0].partition(BY)[0]] = column[1]
    return found


def _past(
    heading: str, past: Sequence[Mapping[str, Any]], known: Mapping[str, Target]
) -> tuple[str, dict[str, Any]] | None:
    for mapping in past:
        for name, column in mapping["columns"].items():
            value = value_of(name, column)
            if column.get("from") == heading and value in known:
                return value, dict(column)
    return None


def _words(here: Visit, obj: Object, known: Mapping[str, Target]) -> dict[str, str]:
    """Return what headings may say, without case, spaces and signs, and the target each means."""
    languages = ("", *here.release.catalog.texts.languages, here.language)
    found: dict[str, str] = {}
    for value in known:
        name, _colon, by = value.partition(BY)
        field = obj.fields[name]
        others = [name]
        for language in languages:
            in_language = labels(here.release, language)
            label = in_language.field(field)
            others.append(label)
            if by:
                by_field = here.release.catalog.object(field.to[0]).fields[by]
                others += [f"{label}{in_language.field(by_field)}", f"{name}.{by}"]
        for word in others:
            found.setdefault(_plain(word), value)
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def value_of(name: str, column: Mapping[str, Any]) -> str:
    """Return the form's value for a column of a mapping."""
    return f"{name}{BY}{column['find']['by']}" if "find" in column else name


def _column(heading: str, value: str) -> dict[str, Any]:
    _name, _colon, by = value.partition(BY)
    return {"from": heading, "find": {"by": by}} if by else {"from": heading}


def date_form(samples: Sequence[str]) -> str:
    """Return the first written form of a day that reads all samples; "" where none does or nothing needs one."""
    given = [text for text in samples if text]
    for form in DATES:
        read = reader({"from": "x", "format": form}, None, {})
        try:
            for text in given:
                read({"x": text})
        except ValueProblem:
            continue
        return form if given else ""
    return ""


# --- forms -----------------------------------------------------------------------------------------------------------


def shown(
    here: Visit, obj: Object, headings: Sequence[str], samples: Sequence[Sequence[str]], columns: Mapping[str, Any]
) -> list[ColumnChoice]:
    """Return the columns of the file with what a mapping says of each."""
    chosen = {column["from"]: (name, column) for name, column in columns.items()}
    found = []
    for number, heading in enumerate(headings):
        if not heading:
            continue
        cells = tuple(row[number] for row in samples if number < len(row) and row[number])
        name, column = chosen.get(heading, ("", {}))
        form = ""
        if name and obj.fields[name].value_type.kind is Kind.DATE:
            form = column.get("format") or date_form(cells) or DATES[0]
        found.append(ColumnChoice(number, heading, cells[:3], value_of(name, column) if name else "", form))
    return found


def mapping_from(
    here: Visit,
    obj: Object,
    headings: Sequence[str],
    samples: Sequence[Sequence[str]],
    form: Mapping[str, str],
    before: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Return the mapping a form says, as a definition of that kind, and what is wrong with it in sentences.

    ``before`` are the columns chosen or guessed until now: answers given for a column stay with it.
    """
    known = {target.value: target for target in targets(here, obj)}
    columns: dict[str, Any] = {}
    wrong: list[str] = []
    for number, heading in enumerate(headings):
        value = form.get(f"column.{number}", "")
        if not heading or value not in known:
            continue
        name = value.partition(BY)[0]
        if name in columns:
            wrong.append(_("Two columns fill %(field)s.") % {"field": here.labels.field(obj.fields[name])})
            continue
        kept = before.get(name, {})
        same = kept.get("from") == heading and value_of(name, kept) == value
        columns[name] = {**(kept if same else _column(heading, value))}
        if obj.fields[name].value_type.kind is Kind.DATE:
            cells = [row[number] for row in samples if number < len(row)]
            written = form.get(f"format.{number}", "")
            columns[name]["format"] = written if written in DATES else date_form(cells) or DATES[0]
    key = form.get("key", "")
    mode = form.get("mode", "upsert")
    if not columns:
        wrong.append(_("Choose a field for at least one column."))
    if key and (key not in columns or key not in {field.name for field in keys(here, obj)}):
        wrong.append(_("The field by which records are found must be one of the chosen ones."))
    if mode == "update" and not key:
        wrong.append(_("Choose by which field the records to change are found."))
    mapping: dict[str, Any] = {"object": obj.name, "columns": columns, "mode": mode if mode in MODES else "upsert"}
    if key:
        mapping["key"] = [key]
    return mapping, wrong


def missing(here: Visit, obj: Object, columns: Mapping[str, Any]) -> list[str]:
    """Return the labels of fields that a new record needs and no column fills."""
    found = {}
    for target in targets(here, obj):
        name = target.value.partition(BY)[0]
        field = obj.fields[name]
        if target.required and name not in columns and "default" not in field.params:
            found[name] = here.labels.field(field)
    return [*found.values()]
