"""Step 13, last: rules that read children or rollups, once at the end of the unit, on parents that are locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from formline.catalog.model import Rule
from formline.runtime.unit import rules
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of, is_local
from formline.runtime.unit.ledger import Row
from formline.runtime.unit.plan import rule_names

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: Which rows a rule must be asked for, and the draft whose change made it necessary.
Concerned = dict[str, dict[UUID, UUID | None]]


def check_deferred(unit: Unit) -> None:
    """Check the deferred rules of every row that was written, counted anew, or whose children were written."""
    concerned = _concerned(unit)
    for name in sorted(concerned, key=lambda each: (unit.plan(each).rank, each)):
        plan = unit.plan(name)
        held = unit.hold(name, sorted(concerned[name]))
        _lock_ways(unit, plan, held.keys())
        _check(unit, plan, {key: child for key, child in concerned[name].items() if key in held})


def _concerned(unit: Unit) -> Concerned:
    found: Concerned = defaultdict(dict)
    for name in unit.ledger.objects():
        plan = unit.plan(name)
        if not plan.deferred_rules and not plan.watchers:
            continue
        for key, row in unit.ledger.rows(name).items():
            if row.now is row.before:
                continue
            if plan.deferred_rules and row.now is not None:
                found[name][key] = None
            for link, target in plan.watchers:
                for parent in _parents(row, link.field, target):
                    found[target].setdefault(parent, key)
    return found


def _parents(row: Row, link: str, target: str) -> set[UUID]:
    """Return the parents of a row before and now, those of the object ``target``."""
    records = [record for record in (row.before, row.now) if record is not None]
    return {
        record[link]
        for record in records
        if record.get(link) is not None and record.get(f"{link}.object", target) == target
    }


def _lock_ways(unit: Unit, plan: WritePlan, ids: Iterable[UUID]) -> None:
    """Lock the records through whose other side a rule looks (a rule on a line about all lines of its order)."""
    for field in plan.ways_to_children:
        targets: dict[str, set[UUID]] = defaultdict(set)
        for key in ids:
            row = unit.ledger.find(plan.name, key)
            if row is not None and row.now is not None and row.now.get(field.name) is not None:
                targets[row.now.get(f"{field.name}.object") or field.to[0]].add(row.now[field.name])
        for name in sorted(targets):
            unit.hold(name, sorted(targets[name]))


def _check(unit: Unit, plan: WritePlan, concerned: dict[UUID, UUID | None]) -> None:
    """Check all deferred rules of some rows: those the row decides in Python, the others in one statement."""
    drafts = {key: _draft(unit, plan, key, child) for key, child in concerned.items()}
    reaching: list[Rule] = []
    for rule in plan.deferred_rules:
        if not (is_local(rule.check) and (rule.when is None or is_local(rule.when))):
            reaching.append(rule)
            continue
        for key, draft in drafts.items():
            if _moved(unit, plan, rule, key):
                env = env_of(unit, draft.record, draft.old)
                if (rule.when is None or rule.when.condition(env)) and not rule.check.condition(env):
                    rules.report(unit, plan, rule, [draft])
    if reaching and drafts:
        rules.check_in_database(unit, plan, reaching, list(drafts.values()))


def _moved(unit: Unit, plan: WritePlan, rule: Rule, key: UUID) -> bool:
    """Return whether something the rule reads of the row differs from before: old data that breaks a rule stays."""
    row = unit.ledger.find(plan.name, key)
    if row is None or row.before is None or row.now is None:
        return True
    before, now = row.before, row.now
    return any(
        now.get(each) != before.get(each)
        for name in rule_names(rule)
        if name in plan.object.fields
        for each in plan.parts(name)
    )


def _draft(unit: Unit, plan: WritePlan, key: UUID, child: UUID | None) -> Draft:
    """Return a row as a draft whose findings appear where the caller wrote: at the row itself, else at the child."""
    row = unit.ledger.find(plan.name, key)
    now = unit.ledger.now(plan.name, key)
    at = unit.draft_of(key) or (unit.draft_of(child) if child else None)
    own = at is not None and at.id == key
    prefix = at.prefix if at is not None and own else ""
    return Draft(at.row if at else 0, key, {}, row.before if row else None, dict(now), prefix)
