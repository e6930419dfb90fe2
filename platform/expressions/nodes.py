"""The typed tree between the checker and the three targets; every null literal is already folded away."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from formline.expressions.functions.registry import Function
from formline.expressions.scope import Path
from formline.expressions.types import Type

#: Comparison operators by sign, for values that are not null; on SQLAlchemy columns they make SQL.
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; ``type`` says what its value is."""

    type: Type

    def children(self) -> Iterator[Node]:
        """Yield the nodes directly below."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Node))


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A value known now, as in memory; None only at the top, in a list, or as a branch."""

    value: Any


@dataclass(frozen=True, slots=True)
class Clock(Node):
    """Today's date or the moment: ``name`` is ``today`` or ``now``."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A value of a record, at ``path`` from ``root``.

    ``root``: ``""`` the row at hand, ``this`` the record seen from inside rows, else a root or variable by name.
    ``part``: as in ``SqlContext.column``. ``row``: whether the row at hand is one of a collection or another object.
    An empty path is the root itself: a variable that is a plain value.
    """

    root: str
    path: Path
    part: str = ""
    row: bool = False

    @property
    def key(self) -> Path:
        """The path with its part, as reads and records name it."""
        last = f"{self.path[-1]}.{self.part}" if self.part else self.path[-1]
        return (*self.path[:-1], last)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function or arithmetic operator on values."""

    function: Function
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """An amount of time on its way into ``date + days(3)``; it never leaves the checker."""

    unit: str
    count: Node


@dataclass(frozen=True, slots=True)
class Local(Node):
    """The day (``part`` date) or hour (``part`` hour) of a moment in the site's zone."""

    part: str
    moment: Node


@dataclass(frozen=True, slots=True)
class Convert(Node):
    """An amount in another currency; ``currency`` None: the amount is in the company's; ``day`` None: today's rate."""

    amount: Node
    currency: Node | None
    target: str
    day: Node | None


@dataclass(frozen=True, slots=True)
class If(Node):
    """``then`` where the test holds, else ``otherwise``."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Coalesce(Node):
    """The first value that is not null."""

    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``operator`` is ``==``, ``!=`` (both null-safe), ``<``, ``<=``, ``>`` or ``>=`` (false with null)."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """Whether a value is null; ``empty``: or the empty text, or no choice."""

    value: Node
    empty: bool = False


@dataclass(frozen=True, slots=True)
class And(Node):
    """All hold."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """One holds."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The condition does not hold (null counts as not)."""

    item: Node


@dataclass(frozen=True, slots=True)
class InList(Node):
    """Whether a value equals one of ``options``."""

    value: Node
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InCodes(Node):
    """Whether a choice is one of a multiple choice's."""

    value: Node
    codes: Node


@dataclass(frozen=True, slots=True)
class InKeys(Node):
    """Whether a reference is one of the references at ``keys``."""

    value: Node
    keys: Field


@dataclass(frozen=True, slots=True)
class Within(Node):
    """Whether ``value`` is, or lies below, ``above`` (one reference, or several) in the tree of ``object``."""

    object: str
    value: Node
    above: Node


@dataclass(frozen=True, slots=True)
class HasRole(Node):
    """Whether the user at ``person`` (a field whose path ends in ``roles``) has the role."""

    person: Field
    role: str


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """``function`` over the rows of ``rows`` for which ``where`` holds.

    ``rows`` None: over what a find finds. ``value`` None: the rows themselves (count, any, all, distinct).
    """

    function: str
    rows: Field | None
    value: Node | None
    where: Node | None


@dataclass(frozen=True, slots=True)
class Found(Node):
    """A lookup by condition: ``value`` of the first row of ``object`` where ``where`` holds, in the order of ``sort``.

    ``sort``: values over the row, ``descending`` beside it; null comes last, then the id decides. ``value`` may be an
    aggregate over all rows found; None asks whether there is a row. ``key``: where ``Env.paths`` has the answer.
    """

    object: str
    where: Node | None
    sort: tuple[Node, ...]
    descending: tuple[bool, ...]
    value: Node | None
    key: Path


def is_total(node: Node) -> bool:
    """Return whether ``node`` is an aggregate over what a find finds."""
    return isinstance(node, Aggregate) and node.rows is None and node.function != "choices"


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it."""
    yield node
    for child in node.children():
        yield from walk(child)


#: Kinds of nodes that may be null although they are conditions: what is stored or chosen.
NULLABLE = (Field, If, Coalesce, Constant)
