"""The condition of a partial unique index as SQL without parameters; nothing but the row's own columns can be in it."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, and_, literal_column
from sqlalchemy.engine import make_url
from sqlalchemy.sql.visitors import replacement_traverse

from formline.errors import DefinitionError, Problem
from formline.expressions.context import Dialect, SqlContext
from formline.expressions.scope import Path
from formline.fields.base import name_of
from formline.runtime.indexes import IndexSpec
from formline.runtime.release import ObjectModel


def live_where(model: ObjectModel, spec: IndexSpec, dialect: str) -> ColumnElement[bool]:
    """Return ``deleted_at IS NULL`` and, where declared, the condition of the unique constraint.

    Raises:
        DefinitionError: a condition that reads other records or the clock.
    """
    live = model.deleted_at.is_(None)
    if spec.where is None:
        return live
    context = cast(SqlContext, _OwnColumns(model, cast(Dialect, dialect)))
    return and_(live, _without_parameters(spec.where.where(context), dialect))


def _without_parameters(condition: ColumnElement[bool], dialect: str) -> ColumnElement[bool]:
    """Write constants out: an index has no parameters, and SQLite's compiler keeps those of ``IS NOT`` as such."""
    target = make_url("sqlite://" if dialect == "sqlite" else "postgresql+psycopg://").get_dialect()()

    def written_out(element: Any, **_: Any) -> Any:
        if not isinstance(element, BindParameter):
            return None
        process = element.type.dialect_impl(target).literal_processor(target)
        return literal_column(process(element.value), element.type) if process else None

    return replacement_traverse(condition, {}, written_out)


class _OwnColumns:
    """The part of :class:`SqlContext` an index can offer; asking for anything else is a mistake in the definition."""

    def __init__(self, model: ObjectModel, dialect: Dialect) -> None:
        self._model = model
        self.dialect = dialect
        self.zone: tzinfo = ZoneInfo("UTC")

    @property
    def this(self) -> _OwnColumns:
        return self

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        if len(path) != 1:
            raise self._refused(".".join(path))
        return self._model.by_key[name_of(part, path[0])]

    def __getattr__(self, name: str) -> Any:
        raise self._refused(name)

    def _refused(self, what: str) -> DefinitionError:
        message = f"The condition of a unique constraint cannot use {what}."
        hint = "compare fields of the record with constants only"
        return DefinitionError(
            [Problem("unique-where", message, hint, where=f"object/{self._model.object.name}.unique")]
        )
