"""A person's filter as structure: ``{"and": [...]}``, ``{"not": ...}``, ``{"field", "op", "value"}``.

The shape of a filter (paths and operators) makes the statement; its values are parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, func, not_, or_, true
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.types import TypeEngine

from formline.errors import BudgetError
from formline.expressions.storage_types import Calculated, Key, Words, storage_for
from formline.expressions.types import Kind
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.runtime.access.rights import Rights
from formline.runtime.queries.binds import bind_keys, bind_values, in_keys, in_values
from formline.runtime.queries.errors import QueryError
from formline.runtime.queries.paths import lookups_of, usable
from formline.runtime.queries.source import SqlSource
from formline.runtime.queries.text import contains_text, has_code, starts_with_text

MOST_CONDITIONS = 100
MOST_VALUES = 1_000
MOST_JOINS = 6
#: Groups and conditions together, and how deep they nest: databases parse only so deep.
MOST_NODES = 200
MOST_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison; ``number`` counts the comparisons of a filter and names the parameters."""

    path: str
    op: str
    number: int

    @property
    def bind(self) -> str:
        """The name of the parameter; a second one ends in ``b``."""
        return f"w{self.number}"


@dataclass(frozen=True, slots=True)
class Group:
    """``and``, ``or`` or ``not`` over others."""

    word: str
    members: tuple[Group | Test, ...]


@dataclass(slots=True)
class Filter:
    """A checked filter. ``shape`` decides the SQL; ``values`` are what the comparisons compare with, by number."""

    shape: Group | Test
    tests: list[Test] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)
    values: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    nodes: int = 0

    def condition(self, source: SqlSource) -> ColumnElement[bool]:
        """Return the SQL condition; ``source`` has the person's reader."""
        return self._condition(self.shape, source)

    def _condition(self, node: Group | Test, source: SqlSource) -> ColumnElement[bool]:
        if isinstance(node, Test):
            return _OPERATORS[node.op](node, self.fields[node.path], source)
        members = [self._condition(member, source) for member in node.members]
        if node.word == "not":
            return not_(func.coalesce(members[0], false()))
        return and_(true(), *members) if node.word == "and" else or_(false(), *members)

    def parameters(self, dialect: SqlDialect) -> dict[str, Any]:
        """Return the values of all parameters, as the database at ``dialect`` takes them."""
        found: dict[str, Any] = {}
        for test in self.tests:
            found.update(self._values(test, dialect))
        return found

    def _values(self, test: Test, dialect: SqlDialect) -> dict[str, Any]:
        values = self.values[test.number]
        if test.op == "in":
            type_ = column_type(self.fields[test.path])
            if isinstance(type_, Key):
                return bind_keys(test.bind, values, "sqlite" if dialect.name == "sqlite" else "postgresql")
            return bind_values(test.bind, values, type_, dialect)
        return {test.bind + suffix: value for suffix, value in zip(("", "b"), values, strict=False)}


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_filter(access: Rights, object: str, raw: Mapping[str, Any]) -> Filter:
    """Check a structured filter and read its values as the fields' types do.

    Raises:
        QueryError: an unknown word, a path or operator the person may not use, a value that is none.
        BudgetError: too many conditions, values or lookups.
    """
    found = Filter(Group("and", ()))
    found.shape = _read(access, object, raw, found)
    if len(lookups_of(test.path for test in found.tests)) > MOST_JOINS:
        raise BudgetError(f"A filter may follow {MOST_JOINS} lookups at most.")
    if sum(map(len, found.values.values())) > MOST_VALUES:
        raise BudgetError(f"A filter may compare with {MOST_VALUES} values at most.")
    return found


def _read(access: Rights, object: str, raw: Any, found: Filter, depth: int = 0) -> Group | Test:
    found.nodes += 1
    if found.nodes > MOST_NODES or depth > MOST_DEPTH:
        raise BudgetError(f"A filter may have {MOST_NODES} parts, nested {MOST_DEPTH} deep, at most.")
    if not isinstance(raw, Mapping):
        raise QueryError("A filter is a map.", hint='{"and": [...]} or {"field": ..., "op": ..., "value": ...}')
    for word in ("and", "or"):
        if word in raw and len(raw) == 1 and isinstance(raw[word], list | tuple):
            return Group(word, tuple(_read(access, object, member, found, depth + 1) for member in raw[word]))
    if "not" in raw and len(raw) == 1:
        return Group("not", (_read(access, object, raw["not"], found, depth + 1),))
    return _test(access, object, raw, found)


def _test(access: Rights, object: str, raw: Mapping[str, Any], found: Filter) -> Test:
    path = raw.get("field")
    if not isinstance(path, str) or not set(raw) <= {"field", "op", "value"}:
        raise QueryError("A condition has the keys field, op and value.", hint="and, or, not combine conditions")
    if len(found.tests) == MOST_CONDITIONS:
        raise BudgetError(f"A filter may have {MOST_CONDITIONS} conditions at most.")
    target = usable(access, object, path, "filter")
    op = str(raw.get("op", "eq"))
    if op not in target.shown.type.operators:
        allowed = ", ".join(target.shown.type.operators)
        raise QueryError(f'"{path}" has no operator "{op}".', hint=f"one of: {allowed}")
    op, values = _values(target, path, op, raw.get("value"))
    test = Test(path, op, len(found.tests))
    found.tests.append(test)
    found.fields[path] = target
    found.values[test.number] = values
    return test


def _values(target: Field, path: str, op: str, raw: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the operator and the values in memory; comparing with nothing asks for empty values."""
    if op == "is_null":
        return ("not_null" if raw is False else "is_null"), ()
    if op in ("eq", "ne") and raw is None:
        return ("is_null" if op == "eq" else "not_null"), ()
    if op in ("in", "between"):
        if not isinstance(raw, list | tuple) or (op == "between" and len(raw) != 2):
            raise QueryError(f'"{path}" needs a list of values.', hint="two values for between")
        return op, tuple(_value(target, path, each) for each in raw)
    if op in ("contains", "starts_with") and target.value_type.kind is Kind.TEXT:
        return op, (str(raw).lower().replace("\0", "\ufffd"),)  # PostgreSQL takes no NUL, and no text has one
    value = _value(target, path, [raw] if target.value_type.many or _is_codes(target) else raw)
    if op == "within" and not target.to:
        return op, (target.shown.type.stem(target.shown, value),)
    return op, (value[0] if isinstance(value, tuple) and value else value,)


def _value(target: Field, path: str, raw: Any) -> Any:
    try:
        return target.shown.type.parse(target.shown, raw)
    except ValueProblem as problem:
        raise QueryError(f'"{path}": {problem.message}', code="query_value") from None


def _is_codes(target: Field) -> bool:
    return target.value_type.kind is Kind.MULTI_CHOICE


# --- SQL -------------------------------------------------------------------------------------------------------------


def compared_part(target: Field) -> str:
    """Return the part that is compared and added up: the base amount of money, the plain text of formatted text."""
    names = {part.name for part in target.parts or target.shown.parts}
    return next((name for name in ("base", "text") if name in names), "")


def column_type(target: Field) -> TypeEngine[Any]:
    """Return the type of the column that a field is compared by."""
    if not target.stored and target.expression is not None and target.value_type.is_number:
        return Calculated()
    part = compared_part(target)
    parts = target.parts or target.shown.parts
    return next((each.type for each in parts if each.name == part), storage_for(target.value_type))


def _column(test: Test, target: Field, source: SqlSource) -> ColumnElement[Any]:
    return source.column(tuple(test.path.split(".")), compared_part(target))


def _parameter(test: Test, target: Field, suffix: str = "") -> BindParameter[Any]:
    return bindparam(test.bind + suffix, type_=column_type(target))


_Compare = Callable[[ColumnElement[Any], BindParameter[Any]], ColumnElement[bool]]
_Operator = Callable[[Test, Field, SqlSource], ColumnElement[bool]]


def _comparison(compare: _Compare) -> _Operator:
    return lambda test, target, source: compare(_column(test, target, source), _parameter(test, target))


def _between(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    column = _column(test, target, source)
    return and_(column >= _parameter(test, target), column <= _parameter(test, target, "b"))


def _in(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    member = in_keys if isinstance(column_type(target), Key) else in_values
    return member(_column(test, target, source), test.bind, source.dialect)


def _is_null(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    if target.value_type.many:
        return not_(_has_any(test, source))
    return _column(test, target, source).is_(None)


def _not_null(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    return _has_any(test, source) if target.value_type.many else _column(test, target, source).is_not(None)


def _has_any(test: Test, source: SqlSource) -> ColumnElement[bool]:
    return source.any_row(tuple(test.path.split(".")))


def _contains(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    if target.value_type.many:
        return source.contains(tuple(test.path.split(".")), bindparam(test.bind, type_=Key()))
    if _is_codes(target):
        code = bindparam(test.bind, type_=Words())
        return has_code(_column(test, target, source), code, source.statement.alias("code"), source.dialect)
    return contains_text(_column(test, target, source), _parameter(test, target), source.dialect)


def _starts_with(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    return starts_with_text(_column(test, target, source), _parameter(test, target), source.dialect)


def _within(test: Test, target: Field, source: SqlSource) -> ColumnElement[bool]:
    if not target.to:
        return _starts_with(test, target, source)
    return source.within(target.to[0], _column(test, target, source), _parameter(test, target))


_OPERATORS: Final[Mapping[str, _Operator]] = {
    "eq": _comparison(lambda column, value: column == value),
    "ne": _comparison(lambda column, value: column.is_distinct_from(value)),
    "lt": _comparison(lambda column, value: column < value),
    "le": _comparison(lambda column, value: column <= value),
    "gt": _comparison(lambda column, value: column > value),
    "ge": _comparison(lambda column, value: column >= value),
    "between": _between,
    "in": _in,
    "is_null": _is_null,
    "not_null": _not_null,
    "contains": _contains,
    "starts_with": _starts_with,
    "within": _within,
}
