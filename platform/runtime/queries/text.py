"""How texts and lists of names are searched in SQL: without regard to case, the same on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, any_, func, select, true, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from formline.expressions.context import Dialect
from formline.expressions.storage_types import Words


def folded(text: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Return the text in small letters; on SQLite by the expressions' own function, which knows all of Unicode."""
    if dialect == "sqlite":
        return func.formline_lower(text)
    return func.lower(type_coerce(text, Text()).collate("und-x-icu"))


def contains_text(text: ColumnElement[Any], part: ColumnElement[Any], dialect: Dialect) -> ColumnElement[bool]:
    """Return whether ``part``, in small letters already, is in ``text``; nothing in it is a wildcard."""
    position = func.instr if dialect == "sqlite" else func.strpos
    return position(folded(text, dialect), part) > 0


def starts_with_text(text: ColumnElement[Any], part: ColumnElement[Any], dialect: Dialect) -> ColumnElement[bool]:
    """Return whether ``text`` begins with ``part``, in small letters already."""
    return func.substr(folded(text, dialect), 1, func.length(part)) == part


def has_code(codes: ColumnElement[Any], code: ColumnElement[Any], name: str, dialect: Dialect) -> ColumnElement[bool]:
    """Return whether a multi-choice column has a choice; ``name`` is a new alias."""
    if dialect == "postgresql":
        return func.coalesce(code == any_(type_coerce(codes, ARRAY(Text()))), ~true())
    rows = func.json_each(type_coerce(codes, Text())).table_valued("value", name=name)
    return and_(codes.is_not(None), code.in_(select(type_coerce(rows.c.value, Words()))))
