"""Functions and operators of numbers; their arithmetic is in ``numbers.py``."""

from __future__ import annotations

from formline.expressions import numbers
from formline.expressions.functions.registry import Function, register
from formline.expressions.types import DATE, DATETIME, INTEGER, NUMBER, TEXT

_BOUND = "1000000000000"


def limited(template: str) -> str:
    """Return a PostgreSQL template that gives null where ``template`` reaches the limit; it is not repeated."""
    return f"nullif(nullif(greatest(least({template}, {_BOUND}), -{_BOUND}), {_BOUND}), -{_BOUND})"


def _all(count: int) -> list[str]:
    return [f"{{{index}}}" for index in range(count)]


def _extreme(function: str, count: int) -> str:
    # PostgreSQL's least and greatest skip nulls; here null propagates.
    arguments = ", ".join(_all(count))
    return f"CASE WHEN num_nulls({arguments}) = 0 THEN {function}({arguments}) END"


def _tiers(count: int) -> str:
    amount, *rest = _all(count)
    parts = []
    for index in range(0, len(rest), 2):
        top = f"least({amount}, {rest[index + 2]})" if index + 2 < len(rest) else amount
        parts.append(f"greatest({top} - {rest[index]}, 0) * {rest[index + 1]} * 0.01")
    return f"CASE WHEN {amount} IS NOT NULL THEN {limited('round(' + ' + '.join(parts) + ', 6)')} END"


# Quotients: 30 places before rounding to 6, because PostgreSQL's own choice may round twice.
_DIVIDE = limited("round({0}::numeric(60, 30) / nullif({1}, 0), 6)")
_MODULO = "mod(mod({0}, nullif({1}, 0)) + {1}, nullif({1}, 0))"

register(
    Function("add", (NUMBER, NUMBER), NUMBER, numbers.add, "({0} + {1})", "Sum.", "amount + 1"),
    Function("subtract", (NUMBER, NUMBER), NUMBER, numbers.subtract, "({0} - {1})", "Difference.", "amount - 1"),
    Function("negate", (NUMBER,), NUMBER, numbers.negate, "(-{0})", "The other sign.", "-amount"),
    Function(
        "multiply", (NUMBER, NUMBER), NUMBER, numbers.multiply, limited("round({0} * {1}, 6)"), "Product.", "amount * 2"
    ),
    Function("divide", (NUMBER, NUMBER), NUMBER, numbers.divide, _DIVIDE, "Quotient; by zero: null.", "amount / 3"),
    Function(
        "modulo", (NUMBER, NUMBER), NUMBER, numbers.modulo, _MODULO, "Rest of division rounded down.", "amount % 3"
    ),
    Function("abs", (NUMBER,), NUMBER, abs, "abs({0})", "The number without its sign.", "abs(amount)", "abs({0})"),
    Function(
        "round",
        (NUMBER, INTEGER),
        NUMBER,
        numbers.round_half_up,
        limited("round({0}, {1}::int)"),
        "Rounded half away from zero to so many places (0).",
        "round(amount, 2)",
        defaults=(0,),
        literal=frozenset({1}),
    ),
    Function("floor", (NUMBER,), NUMBER, numbers.floor, limited("floor({0})"), "Rounded down.", "floor(amount)"),
    Function("ceil", (NUMBER,), NUMBER, numbers.ceil, limited("ceil({0})"), "Rounded up.", "ceil(amount)"),
    Function(
        "tiers",
        (NUMBER, NUMBER, NUMBER),
        NUMBER,
        numbers.tiers,
        _tiers,
        "Progressive percentages: lower bound, percent, next bound, percent, ...",
        "tiers(amount, 0, 2, 1000000, 3)",
        variadic=True,
        literal=frozenset(range(1, 64)),
    ),
    Function(
        "text",
        (NUMBER,),
        TEXT,
        numbers.plain,
        "trim_scale({0})::text",
        "The number as text.",
        "text(amount)",
        variant="number",
    ),
)

for _type, _variant in ((NUMBER, "number"), (DATE, "date"), (DATETIME, "datetime")):
    register(
        Function(
            "min",
            (_type, _type),
            None,
            min,
            lambda count: _extreme("least", count),
            "The smallest; null if one is null.",
            "min(amount, 100)",
            "min({all})",
            variant=_variant,
            variadic=True,
        ),
        Function(
            "max",
            (_type, _type),
            None,
            max,
            lambda count: _extreme("greatest", count),
            "The largest; null if one is null.",
            "max(amount, 0)",
            "max({all})",
            variant=_variant,
            variadic=True,
        ),
    )
