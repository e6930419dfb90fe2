"""Roles of users in SQL; what a role allows is not known here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, cast, func, literal, or_, select
from sqlalchemy.types import Text

from formline.catalog.catalog import Catalog
from formline.runtime.queries.statement import Statement


def expanded(catalog: Catalog, roles: Iterable[str]) -> frozenset[str]:
    """Return the roles and those they include, directly or not; names the catalog does not know are left out."""
    known = catalog.all("role")
    found: set[str] = set()
    waiting = [name for name in roles if name in known]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(included for included in known[name].includes if included in known)
    return frozenset(found)


def has_role(statement: Statement, held: ColumnElement[Any], role: str) -> ColumnElement[bool]:
    """Return whether the roles in the column ``held`` give ``role``, itself or by including it."""
    catalog = statement.release.catalog
    giving = sorted(name for name in catalog.names("role") if role in expanded(catalog, [name])) or [role]
    return or_(*(_holds(held, name, statement) for name in giving))


def _holds(held: ColumnElement[Any], role: str, statement: Statement) -> ColumnElement[bool]:
    if statement.dialect == "postgresql":
        return func.array_position(held, cast(literal(role), Text())).is_not(None)
    rows = func.json_each(held).table_valued("value", name=statement.alias("role"))
    return literal(role).in_(select(rows.c.value))
