"""What a script may say: RestrictedPython with a policy that names what is allowed; compiled in the worker only.

No imports, classes, bare ``except`` or floats: a number with a point is a decimal. An attribute is read only where
the table of its exact type names it, so that modules, functions, frames, generators and classes show nothing.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import CodeType, GeneratorType
from typing import Any

from RestrictedPython.compile import compile_restricted_exec
from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence
from RestrictedPython.transformer import RestrictingNodeTransformer

#: Bytes of source.
LONGEST = 64 * 1024
_DECIMAL, _DIVIDE, _POWER = "_decimal_", "_divide_", "_power_"
#: The name under which a script's code is known in tracebacks.
FILE = "<script>"


class Refused(Exception):
    """The script says something that scripts may not say; ``line`` counts from 1, 0 where unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        """Keep the line."""
        super().__init__(message)
        self.line = line


class Transformer(RestrictingNodeTransformer):
    """RestrictedPython's own rules, and ours."""

    def _refuse(self, node: ast.AST, what: str) -> None:
        self.error(node, f"{what} not allowed in scripts.")

    def visit_Import(self, node: ast.Import) -> None:
        """Refuse."""
        self._refuse(node, "Imports are")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Refuse."""
        self._refuse(node, "Imports are")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Refuse."""
        self._refuse(node, "Classes are")

    def visit_With(self, node: ast.With) -> None:
        """Refuse: nothing that scripts have is a context."""
        self._refuse(node, "with is")

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        """Refuse a handler that names nothing."""
        if node.type is None:
            self._refuse(node, "except without the name of an error is")
            return None
        return super().visit_ExceptHandler(node)

    def visit_Constant(self, node: ast.Constant) -> Any:
        """Make numbers with a point decimals; only texts, numbers, true, false and None are constants."""
        if isinstance(node.value, float):
            name = ast.Name(_DECIMAL, ast.Load())
            return _at(node, ast.Call(name, [ast.Constant(repr(node.value))], []))
        if node.value is None or isinstance(node.value, bool | int | str):
            return super().visit_Constant(node)
        self._refuse(node, "Constants of this kind are")
        return None

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Divide exactly, and refuse powers that make a float."""
        name = {ast.Div: _DIVIDE, ast.Pow: _POWER}.get(type(node.op))
        made = self.node_contents_visit(node)
        return made if name is None else _at(node, ast.Call(ast.Name(name, ast.Load()), [made.left, made.right], []))


def _at(node: ast.AST, made: ast.AST) -> ast.AST:
    return ast.fix_missing_locations(ast.copy_location(made, node))


def compiled(source: str) -> CodeType:
    """Return the code of a script.

    Raises:
        Refused: it is no Python, or says what scripts may not say; every finding is in the message.
    """
    if len(source.encode("utf-8", "replace")) > LONGEST:
        raise Refused(f"A script has {LONGEST // 1024} KB at most.")
    try:
        found = compile_restricted_exec(source, filename=FILE, policy=Transformer)
    except (RecursionError, MemoryError, ValueError, OverflowError, SystemError) as error:
        raise Refused("The script is nested too deeply, or is no text.") from error
    if found.errors or found.code is None:
        lines = [re.sub(r" at statement: .*", "", each, flags=re.DOTALL) for each in found.errors]
        number = re.match(r"Line (\d+)", lines[0]) if lines else None
        raise Refused("; ".join(lines)[:1000], int(number[1]) if number else 0)
    code: CodeType = found.code
    return code


_DATES = {"year", "month", "day", "weekday", "isoweekday", "isoformat", "replace", "strftime", "toordinal"}
_ATTRIBUTES: dict[type, frozenset[str]] = {
    str: frozenset(name for name in dir(str) if not name.startswith("_")) - {"format", "format_map", "maketrans"},
    list: frozenset(name for name in dir(list) if not name.startswith("_")),
    dict: frozenset(name for name in dir(dict) if not name.startswith("_")),
    set: frozenset(name for name in dir(set) if not name.startswith("_")),
    frozenset: frozenset(name for name in dir(frozenset) if not name.startswith("_")),
    tuple: frozenset({"count", "index"}),
    int: frozenset({"bit_length"}),
    bool: frozenset(),
    Decimal: frozenset({"quantize", "is_signed", "copy_abs", "copy_sign", "sqrt", "normalize", "to_integral_value"}),
    date: frozenset(_DATES),
    datetime: frozenset({*_DATES, "hour", "minute", "second", "microsecond", "date", "time", "timestamp"}),
    time: frozenset({"hour", "minute", "second", "isoformat"}),
    timedelta: frozenset({"days", "seconds"}),
    GeneratorType: frozenset({"send", "close"}),
}
_CONTAINERS = (str, list, tuple, dict)


def read_attribute(value: Any, name: Any, *_: Any) -> Any:
    """Return an attribute that the table of the value's exact type names, or a field of one of our own objects."""
    if type(name) is not str or name.startswith("_"):
        raise AttributeError("Names that start with _ are not for scripts.")
    reader = getattr(type(value), "_read_", None)
    if reader is not None:
        return reader(value, name)
    if name in _ATTRIBUTES.get(type(value), ()):
        return getattr(value, name)
    raise AttributeError(f"{_kind(value)} has no {name} for scripts.")


def _read_item(value: Any, key: Any) -> Any:
    reader = getattr(type(value), "_read_", None)
    if reader is not None:
        return reader(value, key)
    if type(value) not in _CONTAINERS:
        raise TypeError(f"{_kind(value)} has no items.")
    return value[key]


def _writable(value: Any) -> Any:
    """Return what takes an assignment to an item or attribute: lists and maps, and our own objects' writers."""
    writer = getattr(type(value), "_writer_", None)
    if writer is not None:
        return writer(value)
    if type(value) in (list, dict):
        return value
    raise TypeError(f"{_kind(value)} cannot be changed.")


def _iterated(value: Any) -> Any:
    if getattr(type(value), "_read_", None) is not None:
        raise TypeError(f"{_kind(value)} is not a list.")
    return iter(value)


def divide(left: Any, right: Any) -> Any:
    """Return the exact quotient."""
    return Decimal(left) / right if type(left) is int and type(right) is int else left / right


def power(left: Any, right: Any) -> Any:
    """Return a power; of whole numbers a whole one, or a decimal where the exponent is negative."""
    return Decimal(left) ** right if type(right) is int and right < 0 else left**right


_IN_PLACE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": divide,
    "//=": operator.floordiv,
    "%=": operator.mod,
    "**=": power,
    "|=": operator.ior,
    "&=": operator.iand,
    "^=": operator.ixor,
    "<<=": operator.lshift,
    ">>=": operator.rshift,
}


def _in_place(symbol: str, left: Any, right: Any) -> Any:
    return _IN_PLACE[symbol](left, right)


def _kind(value: Any) -> str:
    return "This function" if callable(value) else f"A {type(value).__name__}"


def _called(function: Any, *arguments: Any, **named: Any) -> Any:
    return function(*arguments, **named)


def guards() -> dict[str, Any]:
    """Return the names that compiled scripts call behind their back."""
    return {
        "_getattr_": read_attribute,
        "_getitem_": _read_item,
        "_getiter_": _iterated,
        "_write_": _writable,
        "_apply_": _called,
        "_inplacevar_": _in_place,
        "_unpack_sequence_": guarded_unpack_sequence,
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
        _DECIMAL: Decimal,
        _DIVIDE: divide,
        _POWER: power,
    }
