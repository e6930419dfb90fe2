"""Finds the records that cells name, a batch at a time; what a mapping's ``find`` means, and nothing about rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import FieldError
from formline.runtime.queries import Query, fetch

if TYPE_CHECKING:
    from formline.runtime.importing.mapping import Column, Find
    from formline.runtime.unit import Unit

_AMBIGUOUS = object()


class Lookups:
    """Answers for one import. Found records are remembered; missing ones are asked for again, they may come to be."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def resolve(self, unit: Unit, column: Column, texts: Iterable[str]) -> None:
        """Ask for all ``texts`` of a column not known yet, in one query, and create what ``missing: create`` wants."""
        find = _find_of(column)
        known = self._known.setdefault((find.object, find.by), {})
        asked = sorted({text for text in texts if text not in known and text not in find.answers})
        if not asked:
            return
        self._ask(unit, find, asked, known)
        missing = [text for text in asked if text not in known]
        if missing and find.missing == "create":
            ids = unit.create(find.object, [{find.by: text, **find.values} for text in missing])
            known.update(zip(missing, ids, strict=True))

    def _ask(self, unit: Unit, find: Find, asked: list[str], known: dict[str, Any]) -> None:
        query = Query(
            object=find.object,
            fields=("id", find.by),
            where={"field": find.by, "op": "in", "value": asked},
            limit=len(asked) * 2,
        )
        for row in fetch(unit.connection, unit.release, unit.actor, query).rows:
            text = str(row[find.by])
            known[text] = _AMBIGUOUS if text in known else row["id"]

    def found(self, column: Column, text: str) -> UUID | FieldError | None:
        """Return the record a cell names, None where it may stay empty, or what is wrong."""
        find = _find_of(column)
        if text in find.answers:
            return UUID(find.answers[text])
        answer = self._known.get((find.object, find.by), {}).get(text)
        if answer is _AMBIGUOUS:
            message = f"Several {find.object} records have {find.by} {text!r}."
            return FieldError(column.field.name, "lookup_ambiguous", message)
        if answer is None and find.missing != "empty":
            message = f"There is no {find.object} with {find.by} {text!r}."
            return FieldError(column.field.name, "lookup_missing", message)
        return answer


def _find_of(column: Column) -> Find:
    if column.find is None:
        raise ValueError(f"{column.key} names no record")
    return column.find
