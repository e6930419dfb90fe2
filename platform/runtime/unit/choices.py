"""Step 8, choices: a value is one of those offered for the record's type, parent choice and conditions.

Values that nobody touches stay as they are; they are asked again once what they depend on changes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from formline.catalog.objects import Object
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import Choice, Field
from formline.runtime.unit.draft import Draft

if TYPE_CHECKING:
    from formline.runtime.unit.conditions import Judge
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def conditions_of(object_: Object) -> tuple[tuple[Field, str, Expression], ...]:
    """Return (field, choice, condition) of every choice that is offered only where something holds."""
    compiler = object_.catalog.compiler
    return tuple(
        (field, choice.name, compiler.compile(choice.when, object=object_.name, expects=BOOLEAN))
        for field in object_.declared
        for choice in field.choices.values()
        if choice.when
    )


def check_choices(unit: Unit, plan: WritePlan, drafts: Sequence[Draft], judge: Judge) -> None:
    """Refuse choices that are not offered; ``judge`` answers a condition for rows."""
    for draft in drafts:
        _check_type(unit, plan, draft)
        for field, above in plan.cascades:
            if field.name in draft.given or above in draft.given:
                _check_parent(unit, plan, draft, field, above)
    for field, name, condition in plan.choice_conditions:
        among = [one for one in drafts if field.name in one.given and name in _values(one, field.name)]
        for draft, holds in zip(among, judge(unit, plan, condition, among), strict=True):
            if not holds:
                label = field.choices[name].label
                unit.findings.add(
                    draft, field.name, "choice_not_offered", f"{field.label}: {label} is not offered now."
                )


def _check_type(unit: Unit, plan: WritePlan, draft: Draft) -> None:
    kind = plan.object.record_types.get(draft.record.get("record_type") or "")
    for name, allowed in kind.choices.items() if kind else ():
        if name in draft.given or "record_type" in draft.given:
            field = plan.object.fields[name]
            wrong = [value for value in _values(draft, name) if value not in allowed]
            if wrong and kind is not None:
                labels = _labels(field, wrong)
                message = f"{field.label}: {labels} is not offered for {kind.label}."
                unit.findings.add(draft, name, "choice_of_type", message)


def _check_parent(unit: Unit, plan: WritePlan, draft: Draft, field: Field, above: str) -> None:
    parents = _values(draft, above)
    wrong = [value for value in _values(draft, field.name) if not _belongs(field.choices.get(value), parents)]
    if wrong:
        message = f"{field.label}: {_labels(field, wrong)} does not belong to the chosen "
        message += f"{plan.object.fields[above].label}."
        unit.findings.add(draft, field.name, "choice_of_parent", message)


def _belongs(choice: Choice | None, parents: Collection[str]) -> bool:
    """Whether a choice goes with what is chosen above; unknown ones are told by the field type."""
    return choice is None or (choice.parent in parents if choice.parent else not parents)


def _values(draft: Draft, name: str) -> tuple[str, ...]:
    value: Any = draft.record.get(name)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _labels(field: Field, values: Sequence[str]) -> str:
    return ", ".join(field.choices[value].label if value in field.choices else value for value in values)
