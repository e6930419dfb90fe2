"""Filters with groups: a tree of and / or over conditions, as the address has it (JSON) and as a query takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.queries.filters import MOST_CONDITIONS, MOST_DEPTH
from formline.web.i18n import gettext as _
from formline.web.records import filters, relative
from formline.web.records.filters import Filter
from formline.web.records.targets import field_at
from formline.web.visit import Visit

AND, OR = "and", "or"
LONGEST = 6_000


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all (``and``) or one (``or``) must hold."""

    word: str
    members: tuple[Group | Filter, ...]


def parse(visit: Visit, obj: Object, text: str) -> Group | None:
    """Read a tree: ``{"and": [["stage", "in", "won,lost"], {"or": [...]}]}``.

    What is none, or names no readable field, is left out; None where nothing is left.
    """
    if not text or len(text) > LONGEST:
        return None
    try:
        raw = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    found = _group(visit, obj, raw, 1)
    return found if found is not None and 0 < sum(1 for _each in leaves(found)) <= MOST_CONDITIONS else None


def _group(visit: Visit, obj: Object, raw: Any, depth: int) -> Group | None:
    if not isinstance(raw, dict) or len(raw) != 1 or depth >= MOST_DEPTH:
        return None
    ((word, members),) = raw.items()
    if word not in (AND, OR) or not isinstance(members, list):
        return None
    found: list[Group | Filter] = []
    for member in members:
        if isinstance(member, dict):
            inner = _group(visit, obj, member, depth + 1)
            found += [] if inner is None else [inner]
        elif isinstance(member, list) and len(member) == 3 and all(isinstance(each, str) for each in member):
            found += filters.read(visit, obj, [filters.SEPARATOR.join(member)])
    return Group(word, tuple(found)) if found else None


def text_of(tree: Group | None) -> str:
    """Return a tree as the address has it."""
    return orjson.dumps(_raw(tree)).decode() if tree is not None else ""


def _raw(node: Group | Filter) -> Any:
    if isinstance(node, Filter):
        return [node.path, node.op, node.text]
    return {node.word: [_raw(member) for member in node.members]}


def leaves(node: Group | Filter | None) -> Iterator[Filter]:
    """Yield the conditions of a tree."""
    if isinstance(node, Filter):
        yield node
    elif node is not None:
        for member in node.members:
            yield from leaves(member)


def where(visit: Visit, obj: Object, node: Group | Filter) -> Mapping[str, Any]:
    """Return a tree as a query takes it."""
    if isinstance(node, Filter):
        return filters.condition(visit, obj, node)
    return {node.word: [where(visit, obj, member) for member in node.members]}


def words(visit: Visit, obj: Object, node: Group | Filter, titles: Mapping[UUID, str], *, inner: bool = False) -> str:
    """Return a tree as a sentence."""
    if isinstance(node, Filter):
        return filters.sentence(visit, obj, node, titles)
    joiner = f" {_('and')} " if node.word == AND else f" {_('or')} "
    text = joiner.join(words(visit, obj, member, titles, inner=True) for member in node.members)
    return f"({text})" if inner and len(node.members) > 1 else text


def expression(
    visit: Visit, obj: Object, node: Group | Filter, titles: Mapping[UUID, str], *, inner: bool = False
) -> str:
    """Return a tree in the expression language, as definitions have conditions; records are named by their titles."""
    if isinstance(node, Filter):
        field = field_at(visit, obj, node.path)
        return _expression(field, node, titles) if field is not None else "true"
    text = f" {node.word} ".join(expression(visit, obj, member, titles, inner=True) for member in node.members)
    return f"({text})" if inner and len(node.members) > 1 else text


_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _expression(field: Field, each: Filter, titles: Mapping[UUID, str]) -> str:
    path, op = each.path, each.op
    if relative.is_relative(field, op):
        return relative.written(field, path, op, each.text)
    values = [_literal(field, text.strip(), titles) for text in each.text.split(filters.LIST_SEPARATOR)]
    if op in ("is_null", "not_null"):
        return f"is_empty({path})" if op == "is_null" and each.text != "false" else f"not is_empty({path})"
    if op == "in":
        return f"{path} in [{', '.join(values)}]"
    if op == "between":
        return f"between({path}, {', '.join(values)})"
    if op in _SIGNS:
        return f"{path} {_SIGNS[op]} {_literal(field, each.text, titles)}"
    return f"{op}({path}, {_literal(field, each.text, titles)})"


def _literal(field: Field, text: str, titles: Mapping[UUID, str]) -> str:
    kind = field.shown.value_type.kind
    if kind in (Kind.NUMBER, Kind.MONEY, Kind.BOOLEAN):
        return text.replace(",", "") or "0"
    shown = text
    if field.shown.to:
        shown = next((titles.get(key, text) for key in filters.ids_in(text)), text)
    quoted = orjson.dumps(shown).decode()
    return f"date({quoted})" if kind is Kind.DATE else quoted
