"""Rules and uniqueness of an object, compiled; they are evaluated by the runtime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from formline.catalog import formulas
from formline.catalog.messages import parse_message
from formline.catalog.model import Index, Rule, Unique
from formline.errors import Level
from formline.expressions.types import BOOLEAN

if TYPE_CHECKING:
    from formline.catalog.objects import Object


def rules_of(object_: Object) -> tuple[Rule, ...]:
    """Return the rules of an object in declared order."""
    declared: Mapping[str, Mapping[str, Any]] = object_.data.get("rules") or {}
    return tuple(_rule(object_, name, data) for name, data in declared.items())


def _rule(object_: Object, name: str, data: Mapping[str, Any]) -> Rule:
    compiler = object_.catalog.compiler
    when = data.get("when")
    condition = None if when is None else compiler.compile(when, object=object_.name, expects=BOOLEAN)
    check = compiler.compile(data["check"], object=object_.name, expects=BOOLEAN)
    read = [one for one in (condition, check) if one is not None]
    return Rule(
        name,
        condition,
        check,
        parse_message(str(data.get("message") or name), compiler, object_.name),
        str(data.get("field") or ""),
        Level(data.get("level") or "error"),
        any(formulas.reads_children(object_.catalog, object_.name, one) for one in read),
    )


def unique_of(object_: Object) -> tuple[Unique, ...]:
    """Return the unique fields and the declared combinations."""
    return (*(Unique((f.name,), None, None) for f in object_.declared if f.unique), *_combinations(object_))


def _combinations(object_: Object) -> Iterator[Unique]:
    for one in object_.data.get("unique") or ():
        where = one.get("where")
        during = one.get("during")
        condition = None
        if where is not None:
            condition = object_.catalog.compiler.compile(where, object=object_.name, expects=BOOLEAN)
        yield Unique(
            tuple(one["fields"]), condition, (during[0], during[1]) if during else None, str(one.get("message") or "")
        )


def indexes_of(object_: Object) -> tuple[Index, ...]:
    """Return the declared indexes; a field after a minus is descending."""
    return tuple(_index(object_, one) for one in object_.data.get("indexes") or ())


def _index(object_: Object, one: Mapping[str, Any]) -> Index:
    where = one.get("where")
    condition = None
    if where is not None:
        condition = object_.catalog.compiler.compile(where, object=object_.name, expects=BOOLEAN)
    descending = frozenset(name[1:] for name in one["fields"] if name.startswith("-"))
    return Index(tuple(name.lstrip("-") for name in one["fields"]), condition, descending)
