"""Filters of a list in its address: ``f=field~op~value``; reading them, showing them as chips, asking for new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.web.i18n import gettext as _
from formline.web.records import relative
from formline.web.records.form_spec import Option, options_of
from formline.web.records.targets import field_at, path_label
from formline.web.visit import Visit

SEPARATOR = "~"
LIST_SEPARATOR = ","
#: Operators that take no value, two values, or a list of values.
WITHOUT_VALUE = frozenset({"is_null", "not_null"})
SEVERAL = frozenset({"in", "between"})


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: a field (or path), an operator, and the value as the address has it."""

    path: str
    op: str
    text: str

    def __str__(self) -> str:
        """Return it as the address has it."""
        return SEPARATOR.join((self.path, self.op, self.text))


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter as the page shows it; ``text`` without it the list is wider."""

    text: str
    filter: Filter


def operators() -> dict[str, str]:
    """Return what the operators are called."""
    return {
        "eq": _("is"),
        "ne": _("is not"),
        "in": _("is one of"),
        "lt": _("is less than"),
        "le": _("is at most"),
        "gt": _("is more than"),
        "ge": _("is at least"),
        "between": _("is between"),
        "contains": _("contains"),
        "starts_with": _("starts with"),
        "within": _("is in or below"),
        "is_null": _("is empty"),
    }


def date_operators() -> dict[str, str]:
    """Return what the comparisons are called for days."""
    return {"lt": _("is before"), "le": _("is until"), "gt": _("is after"), "ge": _("is from")}


def operator_names(field: Field) -> dict[str, str]:
    """Return the operators a field offers, with their names."""
    names = operators() | (date_operators() if field.value_type.kind in (Kind.DATE, Kind.DATETIME) else {})
    plain = {op: names[op] for op in field.shown.type.operators if op in names}
    return plain | relative.names(field.shown)


def read(visit: Visit, obj: Object, texts: Iterable[str]) -> tuple[Filter, ...]:
    """Return the filters of an address; what names no readable field or no operator of it is left out."""
    found = []
    for text in texts:
        path, op, value = (*text.split(SEPARATOR, 2), "", "")[:3]
        field = field_at(visit, obj, path)
        if field is not None and (op in field.shown.type.operators or relative.is_relative(field.shown, op)):
            found.append(Filter(path, op, value))
    return tuple(dict.fromkeys(found))


def where(visit: Visit, obj: Object, filters: Iterable[Filter]) -> Mapping[str, Any] | None:
    """Return the filters as a query takes them."""
    conditions = [condition(visit, obj, each) for each in filters]
    return {"and": conditions} if conditions else None


def condition(visit: Visit, obj: Object, each: Filter) -> Mapping[str, Any]:
    """Return one filter as a query takes it; a value that does not fit its field matches nothing."""
    field = field_at(visit, obj, each.path)
    if field is None:
        return relative.NOTHING
    try:
        if relative.is_relative(field.shown, each.op):
            return relative.condition(visit, field.shown, each.path, each.op, each.text)
        return {"field": each.path, "op": each.op, "value": _value(visit, field, each)}
    except ValueProblem:
        return relative.NOTHING


def _value(visit: Visit, field: Field, each: Filter) -> Any:
    if each.op in WITHOUT_VALUE:
        return each.text != "false"
    if each.op in SEVERAL:
        return [_one(visit, field, text) for text in each.text.split(LIST_SEPARATOR) if text.strip()]
    return _one(visit, field, each.text)


def _one(visit: Visit, field: Field, text: str) -> Any:
    shown = field.shown
    value = shown.type.parse(shown, [text] if shown.value_type.many else text, visit.locale)
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def needs_value(visit: Visit, obj: Object, each: Filter) -> bool:
    """Return whether a filter says nothing without a value."""
    field = field_at(visit, obj, each.path)
    if field is not None and relative.is_relative(field.shown, each.op):
        return relative.takes_value(each.op)
    return each.op not in WITHOUT_VALUE


def referenced(visit: Visit, obj: Object, filters: Iterable[Filter]) -> dict[str, set[UUID]]:
    """Return the ids in the filters by object, to ask what they are called."""
    wanted: dict[str, set[UUID]] = {}
    for each in filters:
        field = field_at(visit, obj, each.path)
        if field is not None and field.to:
            wanted.setdefault(field.to[0], set()).update(ids_in(each.text))
    return wanted


def ids_in(text: str) -> Iterable[UUID]:
    """Yield the ids in a filter's text; what is none is passed over."""
    for part in text.split(LIST_SEPARATOR):
        try:
            yield UUID(part.strip())
        except ValueError:
            continue


def chips(visit: Visit, obj: Object, filters: Iterable[Filter], titles: Mapping[UUID, str]) -> tuple[Chip, ...]:
    """Return the filters in words."""
    known = (each for each in filters if field_at(visit, obj, each.path) is not None)
    return tuple(Chip(sentence(visit, obj, each, titles), each) for each in known)


def sentence(visit: Visit, obj: Object, each: Filter, titles: Mapping[UUID, str]) -> str:
    """Return a filter in words: ``Stage is one of Won, Lost``."""
    field = field_at(visit, obj, each.path)
    if field is None:
        return ""
    op = operator_names(field).get(each.op, each.op)
    value = _words(visit, field, each, titles)
    text = op.replace("…", value) if "…" in op else f"{op} {value}"
    return f"{path_label(visit, obj, each.path)} {text}".strip()


def _words(visit: Visit, field: Field, each: Filter, titles: Mapping[UUID, str]) -> str:
    if each.op in WITHOUT_VALUE or (relative.is_relative(field.shown, each.op) and not relative.takes_value(each.op)):
        return ""
    parts = each.text.split(LIST_SEPARATOR) if each.op in SEVERAL else [each.text]
    joiner = " – " if each.op == "between" else "、" if visit.language.startswith("zh") else ", "
    return joiner.join(_word(visit, field, part.strip(), titles) for part in parts if part.strip())


def _word(visit: Visit, field: Field, text: str, titles: Mapping[UUID, str]) -> str:
    shown = field.shown
    if shown.to:
        return next((titles.get(one, "…") for one in ids_in(text)), text)
    if shown.value_type.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        return visit.labels.choice(shown, text)
    if shown.value_type.kind is Kind.BOOLEAN:
        return _("Yes") if text == "true" else _("No")
    if shown.type.list_cell == "worded":
        try:
            return shown.type.to_text(shown, shown.type.parse(shown, text, visit.locale), visit.locale)
        except ValueProblem:
            return text
    return text


def choices(visit: Visit, field: Field) -> tuple[Option, ...]:
    """Return the values a filter on this field can pick from; empty where it is typed."""
    shown = field.shown
    if shown.value_type.kind is Kind.BOOLEAN:
        return (Option("true", _("Yes")), Option("false", _("No")))
    if shown.value_type.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        return options_of(visit.labels, None, shown, "")
    return ()
