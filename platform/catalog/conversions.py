"""Conversions as definitions describe them: what is made of a record. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition


@dataclass(frozen=True, slots=True)
class Made:
    """The name of an object made before, whose record is the value."""

    object: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A field of the converted row, taken with all its parts."""

    field: str


#: A constant, a field or an expression over the converted row, or what was made before.
Value = Expression | Copied | Made | int | float | bool


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of ``object`` made of the related list ``source``; ``link`` refers to the old line, "" for none."""

    object: str
    source: str
    where: Expression | None
    link: str
    ask: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Created:
    """One record of ``object`` that is made; ``rule`` finds existing ones, ``optional``: the person decides."""

    object: str
    rule: str
    optional: bool
    when: Expression | None
    record_type: str
    link: str
    values: Mapping[str, Value]
    lines: tuple[Lines, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is made of records of ``source`` for which ``when`` holds."""

    name: str
    label: str
    help: str
    source: str
    when: Expression | None
    once: bool
    create: tuple[Created, ...]
    move: tuple[str, ...]
    keep: Mapping[str, str]
    transition: str


def build_conversion(catalog: Catalog, definition: Definition) -> Conversion:
    """Make a conversion."""
    data = definition.data
    source = str(data["from"])
    created: list[Created] = []
    for name, part in data["create"].items():
        created.append(_created(catalog, source, name, part, [one.object for one in created]))
    return Conversion(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("help") or ""),
        source,
        _condition(catalog, data.get("when"), source),
        bool(data.get("once")),
        tuple(created),
        tuple(data.get("move") or ()),
        MappingProxyType(dict(data.get("keep") or {})),
        str(data.get("transition") or ""),
    )


def _created(catalog: Catalog, source: str, name: str, data: Mapping[str, Any], before: list[str]) -> Created:
    return Created(
        name,
        str(data.get("match") or ""),
        bool(data.get("ask")),
        _condition(catalog, data.get("when"), source),
        str(data.get("record_type") or ""),
        str(data.get("link") or ""),
        _values(catalog, source, name, data.get("set") or {}, before),
        tuple(_lines(catalog, source, child, lines) for child, lines in (data.get("lines") or {}).items()),
    )


def _lines(catalog: Catalog, source: str, name: str, data: Mapping[str, Any]) -> Lines:
    link = catalog.object(source).child(str(data["from"]))
    old = link.object if link is not None else name
    return Lines(
        name,
        str(data["from"]),
        _condition(catalog, data.get("where"), old),
        str(data.get("link") or ""),
        str(data.get("ask") or ""),
        _values(catalog, old, name, data.get("set") or {}, []),
    )


def _values(
    catalog: Catalog, source: str, target: str, data: Mapping[str, Any], before: list[str]
) -> Mapping[str, Value]:
    """Compile values; a bare name of what was made before stands for it where the field can hold it."""
    found: dict[str, Value] = {}
    fields = catalog.object(target).fields
    for name, value in data.items():
        if not isinstance(value, str):
            found[name] = value
        elif value in before and name in fields and value in fields[name].to:
            found[name] = Made(value)
        elif (copied := catalog.object(source).fields.get(value)) is not None and copied.parts:
            found[name] = Copied(value)
        else:
            found[name] = catalog.compiler.compile(value, object=source)
    return MappingProxyType(found)


def _condition(catalog: Catalog, value: Any, source: str) -> Expression | None:
    return None if value is None else catalog.compiler.compile(value, object=source, expects=BOOLEAN)


def conversions_of(catalog: Catalog, object_name: str) -> tuple[Conversion, ...]:
    """Return the conversions of an object's records, in the order of their definitions."""
    return tuple(
        catalog.get("conversion", name)
        for name in catalog.names("conversion")
        if catalog.source("conversion", name).data.get("from") == object_name
    )
