"""The registry of functions: each names its type rule and its targets in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from formline.expressions.types import Type


@dataclass(frozen=True)
class Function:
    """A function of values, the same in every target.

    ``name``: what people write, or the name of an operator. ``parameters``: accepted types; with ``variadic`` the last
    one may repeat. ``defaults``: values of left-out last arguments. ``result``: the type; None means the common type
    of the arguments. ``python``: takes values that are not null, gives a value or None; may raise EvaluationError.
    ``postgresql``: a template, ``{0}`` the first argument; a function of the number of arguments where that varies.
    ``sqlite``: a template where SQLite does the same by itself; otherwise the Python function is registered there.
    ``runtime.js`` has it under its :attr:`key`. ``null_safe``: null arguments reach the targets. ``literal``: indexes
    of arguments that must be literals. ``variant``: tells functions of one name apart.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type | None
    python: Callable[..., Any]
    postgresql: str | Callable[[int], str]
    summary: str
    example: str
    sqlite: str = ""
    variant: str = ""
    variadic: bool = False
    defaults: tuple[Any, ...] = ()
    null_safe: bool = False
    literal: frozenset[int] = frozenset()

    @property
    def key(self) -> str:
        """The name in SQLite (after ``formline_``) and in ``runtime.js``; unlike ``name`` it is unique."""
        return f"{self.name}_{self.variant}" if self.variant else self.name

    def template(self, count: int) -> str:
        """Return PostgreSQL's template for ``count`` arguments."""
        return self.postgresql if isinstance(self.postgresql, str) else self.postgresql(count)


FUNCTIONS: dict[str, tuple[Function, ...]] = {}


def register(*functions: Function) -> None:
    """Add functions; several of one name are tried in order."""
    for function in functions:
        FUNCTIONS[function.name] = (*FUNCTIONS.get(function.name, ()), function)
