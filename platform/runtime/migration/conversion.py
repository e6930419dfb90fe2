"""Values of a field as another field would hold them, and how much is lost on the way; pure, one value at a time."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from formline.expressions.types import Kind
from formline.fields.base import ValueProblem, name_of
from formline.fields.field import Field
from formline.runtime.migration.sameness import value_after


class Outcome(StrEnum):
    """What becomes of a value."""

    EXACT = "exact"
    LOSSY = "lossy"  # converted, but not back again to the same
    INVALID = "invalid"  # converted, but against the field's own rules; kept as it is
    FAILED = "failed"  # no such value of the new type: the new field is empty, the old column keeps it


def convert(before: Field, after: Field, value: Any) -> tuple[Any, Outcome]:
    """Return the main part of ``value`` as ``after`` holds it; of a sealed field both are the text in clear."""
    if value is None:
        return None, Outcome.EXACT
    if before.choices and after.choices:
        return _renamed(before, after, value)
    if before.type.reference or after.type.reference:
        same = before.type.reference and after.type.reference and set(before.to) & set(after.to)
        return (value, Outcome.EXACT) if same else (None, Outcome.FAILED)
    try:
        converted = _parsed(before, after, value)
    except (ValueProblem, ValueError, TypeError, ArithmeticError):
        return None, Outcome.FAILED
    if converted is None:
        return None, Outcome.FAILED
    if next(iter(after.type.validate(after, converted)), None) is not None:
        return converted, Outcome.INVALID
    return converted, Outcome.EXACT if _comes_back(before, after, value, converted) else Outcome.LOSSY


def still_original(before: Field, original: Mapping[str, Any], after: Field, now: Mapping[str, Any]) -> bool:
    """Whether ``now`` still holds what ``original`` once became, so that the original itself may come back.

    ``original`` is a record with the parts of ``before``, ``now`` one with those of ``after``.
    """
    value = original.get(before.name)
    if value is None or convert(before, after, value)[0] != now.get(after.name):
        return False
    shared = {part.name for part in before.parts} & {part.name for part in after.parts}
    pairs = [(name_of(part, before.name), name_of(part, after.name)) for part in shared if part]
    return all(original.get(one) == now.get(other) for one, other in pairs)


def _renamed(before: Field, after: Field, value: Any) -> tuple[Any, Outcome]:
    """Follow renames of choices; a choice that is gone stays in the row and is shown as it is."""
    old = value if isinstance(value, tuple) else (value,)
    names = [value_after(before, after, each) for each in old]
    kept = tuple(dict.fromkeys(name or each for name, each in zip(names, old, strict=True)))
    outcome = Outcome.EXACT if all(names) else Outcome.INVALID
    if after.value_type.kind is Kind.MULTI_CHOICE:
        return kept, outcome
    return (kept[0], outcome) if len(kept) == 1 else (None, Outcome.FAILED)


def _parsed(before: Field, after: Field, value: Any) -> Any:
    """Read the value as JSON first, which keeps digits and moments exact, then as the text people saw."""
    if before.type.sealed:  # it shows a mask instead
        return after.type.parse(after, value)
    try:
        return after.type.parse(after, before.type.to_json(before, value))
    except (ValueProblem, TypeError, AttributeError):
        return after.type.parse(after, before.type.to_text(before, value))


def _comes_back(before: Field, after: Field, value: Any, converted: Any) -> bool:
    try:
        return bool(_parsed(after, before, converted) == value)
    except (ValueProblem, ValueError, TypeError, AttributeError, ArithmeticError):
        return False


def parts_of(field: Field, value: Any, before: Field | None, old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a converted value by record key.

    A part the type cannot derive is taken over from the same part of ``before``; an amount that had no base amount was
    in the company's own currency, so it is its own base amount.
    """
    derived = {"": value, **(field.type.derive(field, value) if value is not None else {})}
    found: dict[str, Any] = {}
    for part in field.parts:
        carried = old.get(name_of(part.name, before.name)) if before is not None else None
        if part.name in derived:
            carried = derived[part.name]
        elif part.name == "base" and carried is None:
            carried = value
        found[name_of(part.name, field.name)] = carried
    return found
