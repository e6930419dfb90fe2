"""Values and conditions of actions: compiled from what is written, evaluated for many scopes with one statement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, select

from formline.catalog.messages import pieces
from formline.expressions.context import Rows
from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.expressions.scope import Path
from formline.expressions.storage_types import Exact
from formline.expressions.types import Kind
from formline.fields.defaults import expression_source
from formline.fields.field import Field
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.source import Root
from formline.runtime.queries.statement import Statement
from formline.runtime.unit import rollups
from formline.runtime.unit.evaluation import message_text
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

#: Columns of one statement.
_MOST_COLUMNS = 500
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_AT_HAND = frozenset({"old", "user", "input"})


@dataclass(frozen=True, slots=True)
class Copied:
    """A field taken with all its parts: of the record where ``variable`` is empty."""

    variable: str
    field: Field


@dataclass(frozen=True, slots=True)
class Text:
    """A text with expressions in braces."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A record for a lookup that leads to several objects."""

    object: str
    expression: Expression


Value = Any  # a literal as written, an Expression, or one of the above


def compile_value(place: Place, field: Field, raw: Any) -> Value:
    """Return what is written for a field, compiled; literals stay as they are.

    Raises:
        ExpressionError: text that is no expression.
    """
    if isinstance(raw, str) and (whole := copied(place, field, raw)) is not None:
        return whole
    source = source_of(place, field, raw)
    if source is None:
        if isinstance(raw, str) and "{" in raw and field.type.literal_text:
            return compile_text(place, raw)
        return raw
    if isinstance(source, str) and (whole := copied(place, field, source)) is not None:
        return whole
    found = place.compile(source, expects=field.value_type)
    if len(field.to) > 1 and len(found.type.objects) == 1:
        return Reference(found.type.objects[0], found)
    return found


def source_of(place: Place, field: Field, raw: Any) -> str | Mapping[str, Any] | None:
    """Return the expression in what is written, None where it is a literal.

    For a text a bare path to a field is that field, ``subject`` or ``one.name``; any other text is a literal.
    """
    found = expression_source(field, raw)
    if found is not None or not isinstance(raw, str) or not _PATH.fullmatch(raw):
        return found
    first, *rest = raw.split(".")
    if first in place.variables and rest and place.variables[first].objects:
        owner = place.variables[first].objects[0]
    elif first in place.object.fields:
        owner, rest = place.object.name, [first, *rest]
    else:
        return None
    return raw if place.catalog.compiler.path_end(owner, tuple(rest)) is not None else None


def copied(place: Place, field: Field, source: str) -> Copied | None:
    """Return a field of several parts that the source names; such a value is more than an expression gives."""
    first, _, rest = source.partition(".")
    if first in place.variables and place.variables[first].objects:
        owner, name, variable = place.catalog.objects.get(place.variables[first].objects[0]), rest, first
    else:
        owner, name, variable = place.object, source, ""
    found = owner.fields.get(name) if owner is not None else None
    if found is None or len(found.parts) < 2 or found.type.name != field.type.name or field.type.literal_text:
        return None
    return Copied(variable, found)


def compile_text(place: Place, text: str) -> Text:
    """Return a text with its expressions in braces compiled."""
    found: list[str | Expression] = []
    for number, (piece, _) in enumerate(pieces(text)):
        if number % 2:
            found.append(place.compile(piece))
        elif piece:
            found.append(piece)
    return Text(tuple(found))


def compile_values(place: Place, fields: Mapping[str, Field], data: Mapping[str, Any]) -> dict[str, Value]:
    """Return the compiled values of a map of fields."""
    return {name: compile_value(place, fields[name], raw) for name, raw in data.items()}


def rows_of(run: Run, values: Mapping[str, Value], scopes: Sequence[Scope]) -> list[dict[str, Any]]:
    """Return the values of a map for each scope, as the unit takes them: one statement at most."""
    wanted = [one for value in values.values() for one in _expressions(value)]
    answers = evaluate(run, wanted, scopes)
    found = []
    for scope, row in zip(scopes, answers, strict=True):
        left = iter(row)
        found.append({name: _finished(run, scope, value, left) for name, value in values.items()})
    return found


def _expressions(value: Value) -> list[Expression]:
    if isinstance(value, Expression):
        return [value]
    if isinstance(value, Reference):
        return [value.expression]
    return [one for one in value.parts if isinstance(one, Expression)] if isinstance(value, Text) else []


def _finished(run: Run, scope: Scope, value: Value, answers: Any) -> Any:
    if isinstance(value, Expression):
        return next(answers)
    if isinstance(value, Reference):
        key = next(answers)
        return None if key is None else {"object": value.object, "id": str(key)}
    if isinstance(value, Text):
        known = {index: next(answers) for index, one in enumerate(value.parts) if isinstance(one, Expression)}
        return message_text(value.parts, known)
    if isinstance(value, Copied):
        record = scope.variables[value.variable] if value.variable else run.record(scope)
        return value.field.type.read_json(value.field, record)
    return value


def holding(run: Run, condition: Expression | None, scopes: Sequence[Scope]) -> list[Scope]:
    """Return the scopes for which a condition holds."""
    if condition is None:
        return list(scopes)
    answers = evaluate(run, [condition], scopes)
    return [scope for scope, (holds,) in zip(scopes, answers, strict=True) if holds]


def evaluate(run: Run, expressions: Sequence[Expression], scopes: Sequence[Scope]) -> list[list[Any]]:
    """Return the values of expressions for each scope.

    What the row answers is worked out in memory, the rest by one statement for a hundred scopes.

    Raises:
        EvaluationError: a number that is too large, a missing rate.
    """
    far = [number for number, one in enumerate(expressions) if not at_hand(one)]
    envs = [_env(run, scope) for scope in scopes]
    found: list[list[Any]] = [
        [None if number in far else one.python(env) for number, one in enumerate(expressions)] for env in envs
    ]
    if far:
        rollups.settle(run.unit)
        size = max(1, _MOST_COLUMNS // len(far))
        for start in range(0, len(scopes), size):
            answers = _asked(run, [expressions[number] for number in far], scopes[start : start + size])
            for offset, row in enumerate(answers):
                for number, value in zip(far, row, strict=True):
                    found[start + offset][number] = value
    return found


def at_hand(expression: Expression) -> bool:
    """Return whether the record, its old values, the user and what was asked for are all that is read."""
    if expression.asks or expression.row_reads:
        return expression.in_row
    return all(
        read.rows is None
        and (len(read.path) == 1 or (len(read.path) == 2 and (read.path[0] in _AT_HAND or read.path[1] == "id")))
        for read in expression.reads
    )


def _env(run: Run, scope: Scope) -> Env:
    unit = run.unit
    roots = {**scope.variables, "input": scope.input, "submitter": run.submitter or {}}
    return Env(
        run.record(scope),
        run.old(scope),
        unit.user,
        unit.today,
        unit.now,
        unit.zone,
        roots=roots,
        convert=unit.rates.convert,
    )


class Given:
    """A root of plain values: what a button asked for, the number of an item."""

    def __init__(self, statement: Statement, root: str, types: Mapping[str, TypeEngine[Any]]) -> None:
        """``types``: the column type of each value by name; "" is the root itself."""
        self.statement, self.root, self.types = statement, root, types

    def column(self, path: Path, part: str = "") -> ColumnElement[Any]:
        """Return a value as a parameter."""
        name = path[0] if path else ""
        return self.statement.value(self.root, name or "value", self.types[name])

    def contains(self, path: Path, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether the references asked for include ``element``."""
        return self.statement.among(element, self.root, path[0])

    def rows(self, path: Path) -> Rows:
        """Refuse: plain values lead to no rows."""
        raise KeyError(".".join(path))

    def known_keys(self, path: Path) -> Select[Any] | None:
        """Return the references asked for."""
        return select(self.statement.keys(self.root, path[0])) if path else None


def bound_row(run: Run, statement: Statement, scope: Scope, number: int) -> BoundRow:
    """Return a scope's record, known by value, with all its names, as the ``number``-th of a statement."""
    roots: dict[str, Root] = {
        "user": user_root(statement),
        "old": BoundRow(statement, run.object, root=f"old{number}"),
        "input": Given(statement, f"input{number}", {name: one.parts[0].type for name, one in run.inputs.items()}),
        "submitter": BoundRow(statement, "user", root="submitter"),
    }
    for name, value in scope.variables.items():
        if isinstance(value, Item):
            roots[name] = BoundRow(statement, value.object, root=f"{name}{number}")
        else:
            roots[name] = Given(statement, f"{name}{number}", {"": Exact(0)})
    return BoundRow(statement, run.object, root=f"this{number}", roots=roots)


class Item(dict[str, Any]):
    """The record of one item of a loop, by stored key, and which object it is of."""

    def __init__(self, object_name: str, record: Mapping[str, Any]) -> None:
        """Copy the record."""
        super().__init__(record)
        self.object = object_name


def parameters(run: Run, statement: Statement, scopes: Sequence[Scope]) -> dict[str, Any]:
    """Return the values of a statement made of :func:`bound_row` for these scopes."""
    roots: dict[str, Any] = {**run.unit.roots, "submitter": run.submitter or {}}
    for number, scope in enumerate(scopes):
        roots[f"this{number}"] = run.record(scope)
        roots[f"old{number}"] = run.old(scope) or {}
        roots[f"input{number}"] = scope.input
        for name, value in scope.variables.items():
            roots[f"{name}{number}"] = value if isinstance(value, Item) else {"value": value}
    return statement.parameters(roots)


def _asked(run: Run, expressions: Sequence[Expression], scopes: Sequence[Scope]) -> list[Sequence[Any]]:
    shape = tuple((name, getattr(value, "object", "")) for name, value in scopes[0].variables.items())
    key = ("action values", run.object, len(scopes), tuple(expressions), shape)
    statement, built = run.unit.release.memo(key, lambda: _built(run, expressions, scopes))
    row = run.unit.connection.execute(built, parameters(run, statement, scopes)).one()
    width = len(expressions)
    return [row[number * width : (number + 1) * width] for number in range(len(scopes))]


def _built(run: Run, expressions: Sequence[Expression], scopes: Sequence[Scope]) -> tuple[Statement, Any]:
    statement = Statement(run.unit.release)
    columns: list[ColumnElement[Any]] = []
    for number, scope in enumerate(scopes):
        row = bound_row(run, statement, scope, number)
        columns += [one.sql(row).label(f"value_{number}_{index}") for index, one in enumerate(expressions)]
    return statement, select(*columns)


def is_reference(expression: Expression) -> bool:
    """Return whether an expression gives one record."""
    return expression.type.kind is Kind.REF and not expression.type.many
