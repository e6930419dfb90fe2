"""The types an expression's values have; how a type is stored or shown is not said here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What sort of value an expression gives; the values in memory are listed beside each name."""

    BOOLEAN = "boolean"  # bool
    NUMBER = "number"  # int or Decimal, |x| < 10**12, at most 6 places
    MONEY = "money"  # a number that also knows its currency while it is still a field
    TEXT = "text"  # str
    DATE = "date"  # datetime.date
    DATETIME = "datetime"  # aware datetime, UTC
    CHOICE = "choice"  # str, a name of the choice
    MULTI_CHOICE = "multi_choice"  # tuple[str, ...]
    REF = "ref"  # uuid.UUID of a record of one of `objects`
    NULL = "null"  # None, the type of the word `null`
    DURATION = "duration"  # only inside `date + days(3)`, never a value of a field


@dataclass(frozen=True, slots=True)
class Type:
    """A kind with what belongs to it.

    ``objects``: for a reference, the names of the objects it may point to. ``choices``: the names a choice may have,
    None when unknown. ``many``: a collection (rows of the other side, or several references). ``scale``: decimal
    places a number's column keeps, 0 for integers; results of calculations have 6.
    """

    kind: Kind
    objects: tuple[str, ...] = ()
    choices: frozenset[str] | None = None
    many: bool = False
    scale: int = 6

    def __str__(self) -> str:
        """Return the words error messages use."""
        if self.kind is Kind.REF:
            name = " or ".join(self.objects) or "record"
            return f"several {name}" if self.many else f"a {name}"
        return {
            Kind.BOOLEAN: "a condition",
            Kind.NULL: "null",
            Kind.DATETIME: "a date and time",
            Kind.MULTI_CHOICE: "a multiple choice",
        }.get(self.kind, f"a {self.kind.value}")

    @property
    def is_number(self) -> bool:
        """Whether it can be calculated with: numbers and money."""
        return self.kind in (Kind.NUMBER, Kind.MONEY) and not self.many

    @property
    def is_text(self) -> bool:
        """Whether it is text in memory: text and the names of choices."""
        return self.kind in (Kind.TEXT, Kind.CHOICE) and not self.many


BOOLEAN = Type(Kind.BOOLEAN)
NUMBER = Type(Kind.NUMBER)
INTEGER = Type(Kind.NUMBER, scale=0)
MONEY = Type(Kind.MONEY)
TEXT = Type(Kind.TEXT)
DATE = Type(Kind.DATE)
DATETIME = Type(Kind.DATETIME)
CHOICE = Type(Kind.CHOICE)
MULTI_CHOICE = Type(Kind.MULTI_CHOICE)
NULL = Type(Kind.NULL)
DURATION = Type(Kind.DURATION)


def ref(*objects: str) -> Type:
    """Return the type of one reference to a record of any of ``objects``."""
    return Type(Kind.REF, objects)


def refs(*objects: str) -> Type:
    """Return the type of several references, or of the rows on the other side of a lookup."""
    return Type(Kind.REF, objects, many=True)


def comparable(left: Type, right: Type) -> bool:
    """Return whether ``==`` between the two makes sense."""
    if left.kind is Kind.NULL or right.kind is Kind.NULL:
        return not (left.many or right.many)
    if left.many or right.many or Kind.DURATION in (left.kind, right.kind):
        return False
    if left.kind is Kind.REF and right.kind is Kind.REF:
        return not left.objects or not right.objects or bool(set(left.objects) & set(right.objects))
    return _family(left) == _family(right)


def assignable(value: Type, target: Type) -> bool:
    """Return whether a value of type ``value`` may be put where ``target`` is expected."""
    if value.many != target.many:
        return value.kind is Kind.NULL
    return (value.many and value.kind is target.kind) or comparable(value, target)


def common(types: Iterable[Type]) -> Type | None:
    """Return the type that holds values of all ``types`` (null excepted), or None when there is none."""
    found: Type | None = None
    for each in types:
        if each.kind is Kind.NULL:
            continue
        if found is None:
            found = each
        elif found != each:
            if not comparable(found, each):
                return None
            found = _widened(found, each)
    return found or NULL


def _widened(left: Type, right: Type) -> Type:
    if left.is_number:
        return NUMBER
    if left.kind is Kind.REF:
        return replace(left, objects=tuple(dict.fromkeys(left.objects + right.objects)))
    if left.kind is Kind.CHOICE and right.kind is Kind.CHOICE and left.choices and right.choices:
        return replace(left, choices=left.choices | right.choices)
    return Type(left.kind) if left.kind is right.kind else TEXT


def _family(type_: Type) -> str:
    if type_.is_number:
        return "number"
    return "text" if type_.is_text else type_.kind.value
