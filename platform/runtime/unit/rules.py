"""Step 8, rules: what must hold for a row; those that read other records are asked of the database once it is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from formline.catalog.model import Rule
from formline.expressions.expression import Expression
from formline.expressions.problems import EvaluationError
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import (
    env_of,
    is_local,
    message_text,
    over_drafts,
    over_rows,
    reads_old,
)

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def check_local(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Check the rules that the rows alone decide."""
    if not plan.local_rules:
        return
    for draft in drafts:
        env = env_of(unit, draft.record, draft.old)
        for rule in plan.local_rules:
            try:
                broken = (rule.when is None or rule.when.condition(env)) and not rule.check.condition(env)
            except EvaluationError as error:
                unit.findings.add(draft, rule.field, "rule", error.message)
                continue
            if broken:
                report(unit, plan, rule, [draft])


def check_reaching(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Check the rules that read other records, on the written rows."""
    if plan.reaching_rules and drafts:
        check_in_database(unit, plan, plan.reaching_rules, drafts)


def check_in_database(unit: Unit, plan: WritePlan, rules: Sequence[Rule], drafts: Sequence[Draft]) -> None:
    """Check rules with one statement: what the rows are now is in the database, what they were in the drafts."""
    conditions = [each for rule in rules for each in (rule.when, rule.check) if each is not None]
    if any(reads_old(condition) for condition in conditions):
        values: Sequence[tuple[Any, ...]] = over_drafts(unit, plan, conditions, drafts)
    else:
        by_id = over_rows(unit, plan, conditions, [draft.id for draft in drafts])
        values = [by_id[draft.id] for draft in drafts]
    broken: dict[str, list[Draft]] = {}
    for draft, row in zip(drafts, values, strict=True):
        answers = iter(row)
        for rule in rules:
            applies = rule.when is None or bool(next(answers))
            if not next(answers) and applies:
                broken.setdefault(rule.name, []).append(draft)
    for rule in rules:
        if rule.name in broken:
            report(unit, plan, rule, broken[rule.name])


def report(unit: Unit, plan: WritePlan, rule: Rule, drafts: Sequence[Draft]) -> None:
    """Note a broken rule for each row, its message with that row's values."""
    texts = message_texts(unit, plan, rule.message, drafts)
    for draft, text in zip(drafts, texts, strict=True):
        unit.findings.add(draft, rule.field, rule.name, text, rule.level)


def message_texts(
    unit: Unit, plan: WritePlan, pieces: Sequence[str | Expression], drafts: Sequence[Draft]
) -> list[str]:
    """Return a message for each row."""
    expressions = [(index, piece) for index, piece in enumerate(pieces) if not isinstance(piece, str)]
    reaching = [(index, piece) for index, piece in expressions if not is_local(piece)]
    found: Iterable[tuple[Any, ...]] = [()] * len(drafts)
    if reaching:
        found = over_drafts(unit, plan, [piece for _, piece in reaching], drafts)
    texts = []
    for draft, row in zip(drafts, found, strict=True):
        values: dict[int, Any] = {index: value for (index, _), value in zip(reaching, row, strict=True)}
        env = env_of(unit, draft.record, draft.old)
        for index, piece in expressions:
            if index not in values:
                values[index] = piece.python(env)
        texts.append(message_text(pieces, values))
    return texts
