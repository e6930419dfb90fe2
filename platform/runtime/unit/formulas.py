"""Step 7: formulas stored in the row, each after those it reads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger

from formline.expressions.problems import EvaluationError
from formline.expressions.storage_types import Exact
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def compute(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Put the values of stored formulas into each row; a value that cannot exist is a finding."""
    if not plan.object.formulas:
        return
    for draft in drafts:
        env = env_of(unit, draft.record, draft.old)
        for field in plan.object.formulas:
            try:
                put(field, draft.record, field.expression.python(env))  # type: ignore[union-attr]  # a formula has one
            except EvaluationError as error:
                unit.findings.add(draft, field.name, "formula", str(error))


def recompute(unit: Unit, plan: WritePlan, record: dict[str, Any], changed: set[str]) -> None:
    """Compute again the formulas that read one of the ``changed`` fields, directly or through another formula."""
    touched = set(changed)
    env = env_of(unit, record, record)
    for field in plan.object.formulas:
        if not touched.isdisjoint(plan.formula_keys[field.name]):
            put(field, record, field.expression.python(env))  # type: ignore[union-attr]  # a formula has one
            touched.add(field.name)


def put(field: Field, record: dict[str, Any], value: Any) -> None:
    """Store a computed value with the places its column keeps, and the parts kept beside it."""
    value = fit(field, value)
    record[field.name] = value
    for part, derived in field.type.derive(field, value).items():
        record[name_of(part, field.name)] = derived


def fit(field: Field, value: Any) -> Any:
    """Return a number with the decimal places its column keeps; anything else as it is."""
    kept = field.parts[0].type
    if value is None or not isinstance(kept, Exact | BigInteger):
        return value
    if isinstance(kept, BigInteger):
        return int(Decimal(value).to_integral_value(ROUND_HALF_UP))
    return Decimal(value).quantize(Decimal(1).scaleb(-kept.scale), ROUND_HALF_UP)
