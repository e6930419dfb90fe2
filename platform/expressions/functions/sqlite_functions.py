"""The Python functions inside SQLite: registered on each connection, numbers as INTEGER millionths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from formline.expressions.functions.registry import FUNCTIONS, Function
from formline.expressions.numbers import UNIT, UNITS_LIMIT, from_units, to_units
from formline.expressions.problems import EvaluationError
from formline.expressions.storage_types import from_microseconds, to_microseconds
from formline.expressions.types import Kind
from formline.expressions.zones import local_date, local_hour, zone_named

_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.NUMBER: from_units,
    Kind.DATE: date.fromisoformat,
    Kind.DATETIME: from_microseconds,
}


def register_sqlite_functions(connection: Any) -> None:
    """Register every function the SQL target needs on a DB-API connection to SQLite, as deterministic."""
    for name, count, function in _registered():
        connection.create_function(name, count, function, deterministic=True)


def _registered() -> list[tuple[str, int, Callable[..., Any]]]:
    found: list[tuple[str, int, Callable[..., Any]]] = [
        ("formline_multiply", 2, _multiply),
        ("formline_divide", 2, _divide),
        ("formline_modulo", 2, _modulo),
        ("formline_local_date", 2, _local_date),
        ("formline_local_hour", 2, _local_hour),
    ]
    known = {name for name, _, _ in found}
    for functions in FUNCTIONS.values():
        for function in functions:
            name = f"formline_{function.key}"
            if not function.sqlite and name not in known:
                found.append((name, -1 if function.variadic else len(function.parameters), _wrapped(function)))
    return found


def _wrapped(function: Function) -> Callable[..., Any]:
    """Return the Python function with SQLite's values; what would raise is null, as everywhere in SQL."""
    last = function.parameters[-1]
    readers = [_READ.get(each.kind) for each in function.parameters]
    further = _READ.get(last.kind)

    def call(*values: Any) -> Any:
        if not function.null_safe and None in values:
            return None
        try:
            given = [
                reader(each) if reader and each is not None else each
                for each, reader in zip(values, [*readers, *[further] * (len(values) - len(readers))], strict=False)
            ]
            return _written(function.python(*given), function)
        except EvaluationError:
            return None

    return call


def _written(value: Any, function: Function) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | Decimal):
        return to_units(value)
    if isinstance(value, datetime):
        return to_microseconds(value)
    return value.isoformat() if isinstance(value, date) else value


def _kept(units: int) -> int | None:
    return units if -UNITS_LIMIT < units < UNITS_LIMIT else None


def _rounded(numerator: int, denominator: int) -> int:
    """Divide whole numbers, rounding half away from zero; the denominator is positive."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def _multiply(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else _kept(_rounded(left * right, UNIT))


def _divide(left: int | None, right: int | None) -> int | None:
    if left is None or not right:
        return None
    return _kept(_rounded(left * UNIT if right > 0 else -left * UNIT, abs(right)))


def _modulo(left: int | None, right: int | None) -> int | None:
    return left % right if left is not None and right else None


def _local_date(moment: int | None, zone: str) -> str | None:
    found = local_date(from_microseconds(moment), zone_named(zone)) if moment is not None else None
    return found.isoformat() if found else None


def _local_hour(moment: int | None, zone: str) -> int | None:
    found = local_hour(from_microseconds(moment), zone_named(zone)) if moment is not None else None
    return None if found is None else found * UNIT
