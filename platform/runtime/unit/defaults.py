"""Step 4, second half: defaults of fields nobody wrote, and defaults computed again when what they follow changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from formline.expressions.expression import Expression
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of, is_local, over_drafts

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def fill_defaults(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Put defaults into new rows and, where ``default_again_on`` says so, into changed ones."""
    for draft in drafts:
        for field in plan.money:
            _provisional_base(field, draft)
    for field in plan.defaults:
        wanting = [draft for draft in drafts if _wants(plan, field, draft)]
        if wanting:
            _fill(unit, plan, field, wanting)


def _wants(plan: WritePlan, field: Field, draft: Draft) -> bool:
    if field.name in draft.given:
        return False
    if draft.is_new:
        return draft.record.get(field.name) is None and field.name not in draft.raw
    again = plan.again.get(field.name)
    return again is not None and not again.isdisjoint(draft.given)


def _fill(unit: Unit, plan: WritePlan, field: Field, drafts: Sequence[Draft]) -> None:
    expression = field.default
    if not isinstance(expression, Expression):
        for draft in drafts:
            _put(plan, field, draft, expression)
    elif is_local(expression):
        for draft in drafts:
            _put(plan, field, draft, expression.python(env_of(unit, draft.record, draft.old)))
    else:
        for draft, values in zip(drafts, over_drafts(unit, plan, [expression], drafts), strict=True):
            _put(plan, field, draft, values[0])


def _put(plan: WritePlan, field: Field, draft: Draft, value: Any) -> None:
    """Store a default; a computed value takes the field's own form, such as its decimal places."""
    if field.name in plan.many:
        draft.members[field.name] = tuple(value or ())
        return
    if value is None and draft.is_new:
        return
    for part, each in field.type.parse_parts(field, value).items():
        draft.record[name_of(part, field.name)] = each
    draft.given.add(field.name)
    if field in plan.money:
        _provisional_base(field, draft)


def _provisional_base(field: Field, draft: Draft) -> None:
    """Let other defaults read an amount in the company's own currency; ``money.fill_base`` works all of them out."""
    amount = draft.record.get(field.name)
    moved = draft.old is None or amount != draft.old.get(field.name)
    if moved and draft.record.get(f"{field.name}.currency") is None:
        draft.record[f"{field.name}.base"] = amount
