"""Arithmetic on exact decimals: at most 6 places, rounded half-up after each operation, below 10**12. No SQL here."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from formline.expressions.problems import EvaluationError

Number = int | Decimal

PLACES = 6
LIMIT = Decimal(10) ** 12
_LOWEST = -LIMIT
MICRO = Decimal(1).scaleb(-PLACES)
#: Millionths in one: the unit of whole numbers on SQLite and in the browser.
UNIT = 10**PLACES
#: The limit in millionths.
UNITS_LIMIT = 10**12 * UNIT

#: Wide enough that products are exact and that quotients, rounded here first, still round right at 6 places.
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def checked(value: Number) -> Number:
    """Return ``value``, or raise EvaluationError when it is too large to be kept."""
    if _LOWEST < value < LIMIT:
        return value
    raise EvaluationError(
        "EXPR-TOO-LARGE", "A number in the calculation reaches 1,000,000,000,000.", "check the amounts"
    )


def add(left: Number, right: Number) -> Number:
    """Return the sum."""
    return checked(left + right)


def subtract(left: Number, right: Number) -> Number:
    """Return the difference."""
    return checked(left - right)


def negate(value: Number) -> Number:
    """Return the number with the other sign."""
    return -value


def multiply(left: Number, right: Number) -> Number:
    """Return the product, rounded half-up to 6 places."""
    return checked(EXACT.quantize(EXACT.multiply(left, right), MICRO))


def divide(left: Number, right: Number) -> Number | None:
    """Return the quotient, rounded half-up to 6 places; by zero gives None."""
    if not right:
        return None
    return checked(EXACT.quantize(EXACT.divide(left, right), MICRO))


def modulo(left: Number, right: Number) -> Decimal | None:
    """Return what is left after division rounded down (it has the divisor's sign); by zero gives None."""
    if not right:
        return None
    rest = EXACT.remainder(left, right)
    return rest + right if rest and (rest < 0) != (right < 0) else rest


def round_half_up(value: Number, places: Number = 0) -> Number:
    """Round half away from zero to ``places`` decimals, 0 to 6."""
    return checked(Decimal(value).quantize(Decimal(1).scaleb(-int(places)), context=EXACT))


def floor(value: Number) -> Number:
    """Return the largest whole number not above ``value``."""
    return checked(Decimal(value).to_integral_value(ROUND_FLOOR))


def ceil(value: Number) -> Number:
    """Return the smallest whole number not below ``value``."""
    return checked(Decimal(value).to_integral_value(ROUND_CEILING))


def tiers(amount: Number, *brackets: Number) -> Number:
    """Return the sum over brackets of the part of ``amount`` inside it times its percentage.

    ``brackets``: lower bound, percent, lower bound, percent, ... with rising bounds, as in ``tiers(a, 0, 2, 1000, 3)``.
    """
    total = Decimal(0)
    for index in range(0, len(brackets), 2):
        top = min(amount, brackets[index + 2]) if index + 2 < len(brackets) else amount
        part = max(top - brackets[index], 0)
        total += EXACT.divide(EXACT.multiply(part, brackets[index + 1]), 100)
    return checked(EXACT.quantize(total, MICRO))


def plain(value: Number) -> str:
    """Return the number as text: no exponent, no zeros at the end, no minus before zero."""
    exact = Decimal(value)
    if not exact:
        return "0"
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_units(value: Number) -> int:
    """Return the number in millionths."""
    return int(EXACT.multiply(value, UNIT))


def from_units(units: int) -> Decimal:
    """Return the number that ``units`` millionths are."""
    return EXACT.scaleb(Decimal(units), -PLACES)
