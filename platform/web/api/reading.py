"""Reading through the API: the query parameters of a list, records as JSON, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import orjson
from flask import request

from formline.errors import FormlineError
from formline.fields.base import FieldType
from formline.fields.field import Field
from formline.runtime.access.masking import Masked
from formline.runtime.queries.query import MOST_ROWS, Query
from formline.runtime.release import Release

Convert = Callable[[Any], Any]

#: Words a list understands; anything else is a mistake worth telling.
LIST_PARAMETERS = frozenset({"fields", "where", "filter", "sort", "limit", "cursor", "count"})
MOST_COUNTED = 10_000


class ParameterError(FormlineError):
    """A query parameter that is unknown or does not fit."""

    code = "parameter"
    status = 422


def list_query(object_name: str) -> Query:
    """Return what the request's query parameters ask for.

    Raises:
        ParameterError: an unknown word, a number that is none, a filter that is no JSON.
    """
    _only(LIST_PARAMETERS)
    arguments = request.args
    if "where" in arguments and "filter" in arguments:
        raise ParameterError("Give `where` (an expression) or `filter` (JSON), not both.")
    where: Any = arguments.get("where") or None
    if "filter" in arguments:
        where = read_json(arguments["filter"], "filter")
        if not isinstance(where, dict):
            raise ParameterError('filter is a JSON object: {"field": ..., "op": ..., "value": ...}.')
    return Query(
        object=object_name,
        fields=fields_asked(),
        where=where,
        sort=_sort(arguments.get("sort", "")),
        limit=_number("limit", 20, 1, MOST_ROWS),
        cursor=arguments.get("cursor") or None,
        count_limit=_number("count", 0, 0, MOST_COUNTED),
    )


def fields_asked() -> tuple[str, ...]:
    """Return the paths of ``fields``, with the version that an update needs; empty for all fields."""
    names = [name.strip() for name in request.args.get("fields", "").split(",") if name.strip()]
    return tuple(dict.fromkeys([*names, "version"])) if names else ()


def record_parameters() -> None:
    """Refuse query parameters that reading one record does not have."""
    _only(frozenset({"fields"}))


def _only(known: frozenset[str]) -> None:
    unknown = sorted(set(request.args) - known)
    if unknown:
        raise ParameterError(f"There is no query parameter {unknown[0]!r}.", hint=f"one of: {', '.join(sorted(known))}")


def _number(name: str, default: int, least: int, most: int) -> int:
    text = request.args.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise ParameterError(f"{name} is a number from {least} to {most}.")
    return int(text)


def _sort(text: str) -> tuple[tuple[str, bool], ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple((word.removeprefix("-"), word.startswith("-")) for word in words)


def read_json(text: str | bytes, what: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ParameterError: it is no JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ParameterError(f"{what} is no JSON: {error}") from None


def _written(row: Mapping[str, Any], converting: Iterable[tuple[str, Convert]]) -> dict[str, Any]:
    written = dict(row)
    for key, convert in converting:
        value = written[key]
        if value is not None and not isinstance(value, Masked):
            written[key] = convert(value)
    return written


class Writer:
    """Writes records of one object as JSON values; made once per release and object."""

    def __init__(self, release: Release, object_name: str) -> None:
        """Keep the object; fields of paths are found when first met."""
        self._release = release
        self._object = object_name
        self._converters: dict[str, Convert | None] = {}

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return records as the API writes them; most of a list have the same keys."""
        written: list[dict[str, Any]] = []
        shape: tuple[str, ...] | None = None
        converting: list[tuple[str, Convert]] = []
        for row in rows:
            keys = tuple(row)
            if keys != shape:
                shape, converting = keys, self._converting(keys)
            written.append(_written(row, converting))
        return written

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return one record; parts (``amount.currency``) are members of their own, masked values their masked text."""
        return _written(row, self._converting(row))

    def _converting(self, keys: Iterable[str]) -> list[tuple[str, Convert]]:
        """Return those of the keys whose values are not JSON as they are, each with how they are written."""
        found: list[tuple[str, Convert]] = []
        for key in keys:
            if key not in self._converters:
                self._converters[key] = self._converter(key)
            convert = self._converters[key]
            if convert is not None:
                found.append((key, convert))
        return found

    def _converter(self, key: str) -> Convert | None:
        """Return how values of a path are written; None where they are JSON as they are."""
        field = self._field(key)
        if field is None or type(field.shown.type).to_json is FieldType.to_json:
            return None
        return partial(field.shown.type.to_json, field.shown)

    def _field(self, key: str) -> Field | None:
        """Follow a path to its field; None for a part, which is plain as it is."""
        current = self._release.catalog.object(self._object)
        field: Field | None = None
        for name in key.split("."):
            if field is not None:
                if not field.to:
                    return None
                current = self._release.catalog.object(field.to[0])
            field = current.fields.get(name)
            if field is None:
                return None
        return field
