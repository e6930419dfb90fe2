"""Sets of values as one bind, on both databases; statements keep their text however many values there are.

Nothing here knows rights or records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, LargeBinary, Text, Uuid, any_, bindparam, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.types import TypeEngine

from formline.expressions.context import Dialect
from formline.expressions.storage_types import Key

_KEY_BYTES = 16


def in_keys(target: ColumnElement[Any], name: str, dialect: Dialect) -> ColumnElement[bool]:
    """Return ``target`` is one of the record ids bound under ``name`` (see :func:`bind_keys`)."""
    if dialect == "postgresql":
        return target == any_(_array(name, Uuid()))
    return target.in_(select(key_rows(name, dialect)))


def key_rows(name: str, dialect: Dialect) -> ColumnElement[Any]:
    """Return a column that, selected, gives one row per id bound under ``name``.

    On SQLite the ids are cut out of one blob; JSON cannot hold bytes, so the JSON array holds the offsets
    (42 us for 1,000 ids; a recursive query over the same blob takes 300).
    """
    if dialect == "postgresql":
        return type_coerce(func.unnest(_array(name, Uuid())), Key()).label("id")
    offsets = func.json_each(bindparam(f"{name}_at", type_=Text())).table_valued("value", name=f"each_{name}")
    whole = bindparam(name, type_=LargeBinary())
    return type_coerce(func.substr(whole, offsets.c.value, _KEY_BYTES), Key()).label("id")


def _array(name: str, element: TypeEngine[Any]) -> ColumnElement[Any]:
    return bindparam(name, type_=ARRAY(element))


def bind_keys(name: str, ids: Iterable[UUID], dialect: Dialect) -> dict[str, Any]:
    """Return the bind values that :func:`in_keys` with the same ``name`` asks for."""
    if dialect == "postgresql":
        return {name: list(ids)}
    whole = b"".join(key.bytes for key in ids)
    return {name: whole, f"{name}_at": _offsets(len(whole))}


def _offsets(length: int) -> str:
    """Return the JSON array of where each id starts; SQL counts bytes from 1."""
    return str(list(range(1, length, _KEY_BYTES)))


def in_values(target: ColumnElement[Any], name: str, dialect: Dialect) -> ColumnElement[bool]:
    """Return ``target`` is one of the values bound under ``name`` (see :func:`bind_values`)."""
    if dialect == "postgresql":
        return target == any_(_array(name, target.type))
    rows = func.json_each(bindparam(name, type_=Text())).table_valued("value", name=f"each_{name}")
    return target.in_(select(type_coerce(rows.c.value, target.type)))


def bind_texts(values: Iterable[str], dialect: Dialect) -> Any:
    """Return the bind value for :func:`in_values` on a text column."""
    return list(values) if dialect == "postgresql" else orjson.dumps(list(values)).decode()


def bind_values(name: str, values: Sequence[Any], type_: TypeEngine[Any], dialect: SqlDialect) -> dict[str, Any]:
    """Return the bind value for :func:`in_values`; ``type_`` is the column's, ``dialect`` the connection's."""
    if dialect.name == "postgresql":
        return {name: list(values)}
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    stored = [process(value) for value in values] if process else list(values)
    return {name: orjson.dumps(stored).decode()}
