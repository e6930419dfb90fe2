"""Compiles a mapping for one release and one file's headings; the rows are read in importer.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from formline.errors import DefinitionError, Problem
from formline.expressions.compiler import compile_expression
from formline.expressions.scope import Member, Scope
from formline.expressions.types import BOOLEAN, TEXT, Type
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.runtime.importing.cells import Reader, Row, headings_of, input_env, input_names, reader

if TYPE_CHECKING:
    from formline.expressions.expression import Expression
    from formline.runtime.release import Release


@dataclass(frozen=True, slots=True)
class Find:
    """How a cell names a record: the ``object`` searched, the field compared, what to do where there is none."""

    object: str
    by: str
    missing: str
    values: Mapping[str, Any]
    #: Ids of the records that a person said words mean, as texts; they go before what is found.
    answers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Column:
    """One field filled by the mapping; ``part`` is "" or a part such as ``currency``."""

    field: Field
    part: str
    read: Reader
    find: Find | None

    @property
    def key(self) -> str:
        """The key of the value in a record."""
        return f"{self.field.name}.{self.part}" if self.part else self.field.name


@dataclass(frozen=True)
class CompiledMapping:
    """A mapping ready to read rows; ``mode`` is upsert, create or update."""

    name: str
    object: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    mode: str
    set_state: bool
    where: Expression | None
    names: Mapping[str, str]

    @cached_property
    def parted(self) -> frozenset[str]:
        """Fields of which columns fill single parts: ``price.currency``, ``contact.family``."""
        return frozenset(column.field.name for column in self.columns if column.part)

    def gathered(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row's values by field: those of parts together in one map, as the field type takes it."""
        if not self.parted:
            return dict(values)
        found: dict[str, Any] = {}
        for column in self.columns:
            name = column.field.name
            if name not in self.parted:
                found[name] = values[column.key]
            elif values[column.key] is not None and (part := column.part or column.field.type.main_key):
                found[name] = {**(found.get(name) or {}), part: values[column.key]}
            else:
                found.setdefault(name, None)
        return found

    def wanted(self, row: Row) -> bool:
        """Return whether the mapping takes this row at all."""
        return self.where is None or bool(self.where.python(input_env(row, self.names)))

    def self_column(self) -> Column | None:
        """Return the lookup to the same object, whose targets may stand further down in the file."""
        return next((column for column in self.columns if column.find and column.find.object == self.object), None)

    def column(self, key: str) -> Column | None:
        """Return the column that fills ``key``."""
        return next((column for column in self.columns if column.key == key), None)


class _InputScope:
    """A catalog's names, and the headings of a file as ``input``."""

    def __init__(self, scope: Scope, names: Iterable[str]) -> None:
        self._scope = scope
        self.input: Mapping[str, Type] = dict.fromkeys(names, TEXT)

    def field(self, object: str, name: str) -> Member | None:
        return self._scope.field(object, name)

    def names(self, object: str) -> Iterable[str]:
        return self._scope.names(object)

    def setting(self, name: str) -> tuple[Type, Any] | None:
        return self._scope.setting(name)

    def natural_key(self, object: str) -> str | None:
        return self._scope.natural_key(object)


def compile_mapping(release: Release, name: str, headings: tuple[str, ...]) -> CompiledMapping:
    """Return the catalog's mapping ``name`` ready for a file with these headings; see ``compile_data``."""
    return compile_data(release, release.catalog.source("mapping", name).data, headings, name)


def compile_data(
    release: Release, data: Mapping[str, Any], headings: tuple[str, ...], name: str = "import"
) -> CompiledMapping:
    """Return a mapping, written as a definition of that kind, ready for a file with these headings.

    Raises:
        DefinitionError: headings the mapping asks for that the file does not have, expressions that do not compile.
    """
    built = release.catalog.object(data["object"])
    names = input_names(headings)
    scope = _InputScope(release.catalog.compiler.scope, names)

    def compiled(source: str, expects: Type | None = None) -> Expression:
        return compile_expression(source, scope, object=built.name, roots=frozenset({"input"}), expects=expects)

    columns = []
    problems = []
    decimal_comma = bool(data.get("source", {}).get("decimal_comma"))
    for key, given in data["columns"].items():
        column = {"from": given} if isinstance(given, str) else given
        problems += _missing_heading(name, key, column, headings)
        field_name, _, part = key.partition(".")
        filled = built.fields[field_name]
        expression = compiled(column["expression"]) if "expression" in column else None
        read = reader(column, expression, names, decimal_comma=decimal_comma)
        columns.append(Column(filled, part, read, _find(filled, column)))
    if problems:
        raise DefinitionError(problems)
    where = compiled(data["where"], BOOLEAN) if "where" in data else None
    return CompiledMapping(
        name=name,
        object=built.name,
        columns=tuple(columns),
        key=tuple(data.get("key", ())),
        mode=data.get("mode", "upsert"),
        set_state=bool(data.get("set_state")),
        where=where,
        names=names,
    )


def _missing_heading(name: str, key: str, column: Mapping[str, Any], headings: tuple[str, ...]) -> list[Problem]:
    hint = f"it has: {', '.join(headings)}"
    where = f"mapping/{name}.columns.{key}"
    return [
        Problem("import-heading", f"the file has no column {heading!r}", hint, where=where)
        for heading in headings_of(column)
        if heading not in headings
    ]


def _find(filled: Field, column: Mapping[str, Any]) -> Find | None:
    given = column.get("find")
    if given is None:
        return None
    return Find(
        given.get("object", filled.to[0]),
        given["by"],
        given.get("missing", "error"),
        given.get("set", {}),
        given.get("answers", {}),
    )


def parsed(column: Column, raw: Any) -> Any:
    """Return the typed value of a column that names no record.

    Raises:
        ValueProblem: no such value.
    """
    if raw is None:
        return None
    if column.part:
        return column.field.type.parse_parts(column.field, {column.part: raw})[column.part]
    value = column.field.type.parse(column.field, raw)
    for code, message in column.field.type.validate(column.field, value) if value is not None else ():
        raise ValueProblem(code, message)
    return value
