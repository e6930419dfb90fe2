"""Whole numbers, decimals and percentages; money has its own module. Decimals never pass through a float."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from sqlalchemy import BigInteger

from formline.expressions import types
from formline.expressions.storage_types import Exact
from formline.expressions.types import Kind, Type
from formline.fields.base import ORDER, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

#: Amounts stay below this, so that a scaled value fits into 64 bits and sums stay exact.
_WHOLE = "Enter a whole number."
LIMIT = Decimal(10) ** 12
MAX_SCALE = 6

MIN = Parameter("min", {"type": "number"}, "The least value.")
MAX = Parameter("max", {"type": "number"}, "The greatest value.")
SCALE = Parameter("scale", {"type": "integer", "minimum": 0, "maximum": MAX_SCALE}, "Decimal places kept.", default=2)


class NumberBase(FieldType):
    """What all numbers share: exact parsing, limits, text for JSON."""

    operators: ClassVar[tuple[str, ...]] = ORDER
    aggregatable = True
    form_control = edit_cell = "number"
    read_control = list_cell = "number"

    def scale(self, field: Field) -> int:
        """Return the decimal places kept."""
        return int(field.param("scale"))

    def expression_type(self, field: Field) -> Type:
        """A number with this field's decimal places."""
        return Type(Kind.NUMBER, scale=self.scale(field))

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One exact column."""
        return (Part("", Exact(self.scale(field))),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> Any:
        """Take a number or its text with the separators of the locale."""
        return decimal_of(raw, locale)

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check decimal places and limits."""
        places = self.scale(field)
        if abs(value) >= LIMIT:
            yield "too_large", "The number is too large: it must be below 1,000,000,000,000."
            return
        if value != round(value, places):
            yield "too_many_decimals", f"At most {places} decimal places." if places else "Enter a whole number."
        least, most = field.param("min"), field.param("max")
        if least is not None and value < least:
            yield "too_small", f"At least {least}."
        if most is not None and value > most:
            yield "too_big", f"At most {most}."

    def to_json(self, field: Field, value: Any) -> str | None:
        """Return the digits as text."""
        return None if value is None else format(value, "f")

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Digits as text."""
        places = self.scale(field)
        return {"type": "string", "format": "decimal", "pattern": rf"^-?\d{{1,12}}(\.\d{{1,{places or 1}}})?$"}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return digits with the locale's separators."""
        return "" if value is None else locale.number_text(value)

    def sample(self, field: Field, seed: int) -> Any:
        """Return a number within the limits."""
        return Decimal(_inside(field, seed)).quantize(Decimal(1).scaleb(-self.scale(field)))

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Check that the limits fit each other."""
        least, most = field.param("min"), field.param("max")
        if isinstance(least, int | Decimal) and isinstance(most, int | Decimal) and least > most:
            yield ("min",), "parameter-range", "min is more than max.", "swap them"


@register
class Decimals(NumberBase):
    """A number with a fixed count of decimal places."""

    name, label, icon = "decimal", "Decimal number", "decimal"
    parameters = (MIN, MAX, SCALE)


@register
class Percent(NumberBase):
    """A percentage; 20 means 20 %."""

    name, label, icon = "percent", "Percentage", "percentage"
    parameters = (
        Parameter("min", {"type": "number"}, "The least value.", default=0),
        Parameter("max", {"type": "number"}, "The greatest value.", default=100),
        SCALE,
    )
    form_control = read_control = list_cell = edit_cell = "percent"

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> Any:
        """Take a number, with or without the sign."""
        return super().parse(field, raw.strip().rstrip("%％ ") if isinstance(raw, str) else raw, locale)

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the number with the sign, without idle zeros."""
        return "" if value is None else f"{locale.number_text(shortest(value))}%"


@register
class Integer(NumberBase):
    """A whole number."""

    name, label, icon = "integer", "Whole number", "hash"
    parameters: ClassVar[tuple[Parameter, ...]] = (MIN, MAX)
    groupable: ClassVar[bool] = True

    def scale(self, field: Field) -> int:
        """None kept."""
        return 0

    def expression_type(self, field: Field) -> Type:
        """A whole number."""
        return types.INTEGER

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One integer column of 64 bits."""
        return (Part("", BigInteger()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> int | None:
        """Take a whole number or its text; ``3.0`` is whole."""
        try:
            value = decimal_of(raw, locale)
        except ValueProblem as problem:
            raise (ValueProblem(problem.code, _WHOLE) if problem.code == "not_a_number" else problem) from None
        if value is None:
            return None
        if value != value.to_integral_value():
            raise ValueProblem("not_an_integer", _WHOLE)
        return int(value)

    def to_json(self, field: Field, value: Any) -> Any:
        """Return the number itself."""
        return value

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An integer with its limits."""
        schema: dict[str, Any] = {"type": "integer"}
        for name, word in (("min", "minimum"), ("max", "maximum")):
            if field.param(name) is not None:
                schema[word] = field.param(name)
        return schema

    def sample(self, field: Field, seed: int) -> int:
        """Return a number within the limits."""
        return int(_inside(field, seed))


#: What machines write: nothing to take apart.
_PLAIN = re.compile("[+-]?[0-9]{1,30}(?:\\.[0-9]{1,30})?")


def decimal_of(raw: Any, locale: Locale) -> Decimal | None:
    """Return the number that ``raw`` means: a number, or text with group and decimal separators.

    Group separators must stand before groups of three (or four) digits: ``1,5`` is refused rather than read as 15.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise ValueProblem("not_a_number", "Enter a number.")
    try:
        written = isinstance(raw, str) and (locale.language or not _PLAIN.fullmatch(raw))
        value = Decimal(_bare(str(raw), locale) if written else str(raw))
    except InvalidOperation:
        raise ValueProblem("not_a_number", "Enter a number such as 1234.56.") from None
    if not value.is_finite():
        raise ValueProblem("not_a_number", "Enter a number such as 1234.56.")
    if abs(value) >= LIMIT or int(value.as_tuple().exponent) < -30:
        raise ValueProblem("too_large", "The number is too large: it must be below 1,000,000,000,000.")
    return value


def _bare(text: str, locale: Locale) -> str:
    group, decimal = locale.number_separators()
    bare = text.strip().replace("\u2212", "-").translate(_FULL_WIDTH)
    spaces = "\u00a0\u202f " if group.isspace() else ""
    groups = re.escape(group) + spaces
    pattern = rf"([+-]?)(\d+|\d{{1,4}}(?:[{groups}]\d{{3,4}})+)?(?:{re.escape(decimal)}(\d*))?"
    match = re.fullmatch(pattern, bare)
    if match is None or not (match[2] or match[3]):
        return "none"
    return f"{match[1]}{re.sub(r'[^0-9]', '', match[2] or '0')}.{match[3] or '0'}"


_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")


def shortest(value: Decimal) -> Decimal:
    """Return the number without trailing zeros, never in exponent form."""
    return Decimal(format(value.normalize(), "f"))


def _inside(field: Field, seed: int) -> Decimal:
    least, most = field.param("min"), field.param("max")
    low = Decimal(least if least is not None else 0 if most is None or most >= 0 else most - 100)
    high = Decimal(most if most is not None else low + 1000)
    return low + Decimal(seed) % (high - low + 1 if high > low else 1)
