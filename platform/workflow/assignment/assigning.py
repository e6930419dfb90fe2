"""Runs a rule on records in a unit: asks its rows, gives each record to somebody or a queue, and keeps why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, insert, or_, select, true

from formline.errors import NotFoundError
from formline.runtime.access.grants import write
from formline.runtime.access.predicates import user_root
from formline.runtime.access.shares import QUEUE, Share
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.tables import approval_substitute, assignment_log
from formline.runtime.unit import Change, hooks
from formline.workflow.approvals.facts import Facts
from formline.workflow.approvals.people import resolve
from formline.workflow.assignment.definition import AssignmentRule, Row, rules_of
from formline.workflow.assignment.turns import Round
from formline.workflow.pools.keeping import WAYS

if TYPE_CHECKING:
    from formline.expressions.expression import Expression
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan

_IDS = "record_ids"
Record = Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """What a rule did with one record. ``steps`` say of each row asked: ``row``, ``outcome``, who was ``passed``."""

    record_id: UUID
    user: UUID | None = None
    queue: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def assigned(self) -> bool:
        """Whether somebody, or a queue, got it."""
        return self.user is not None or bool(self.queue)


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Assign new records of objects that have rules for it."""
    wanted = phase == "written" and any(rule.on_create for rule in rules_of(release, object_name))
    return (assign_new,) if wanted else ()


def assign_new(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Have the rules of an object run on the new records whose creator named no owner."""
    new = [draft.id for draft in drafts if draft.is_new and "owner" not in draft.given]
    if new:
        unit.then(partial(_run_rules, object_name=plan.name, ids=new))


def _run_rules(unit: Unit, *, object_name: str, ids: Sequence[UUID]) -> None:
    left = list(ids)
    for rule in rules_of(unit.release, object_name):
        if rule.on_create and left:
            done = {one.record_id for one in assign(unit, rule, left) if one.assigned}
            left = [key for key in left if key not in done]


def assign(unit: Unit, rule: AssignmentRule, ids: Sequence[UUID]) -> list[Outcome]:
    """Run a rule on up to 500 records; return what it did with each it is about. Asks no rights: the caller has.

    Raises:
        NotFoundError: a record is not there.
    """
    wanted = list(dict.fromkeys(ids))
    held = unit.hold(rule.object, wanted)
    if set(wanted) - held.keys():
        raise NotFoundError
    run = _Run(unit, rule)
    flags = run.flags(wanted)
    outcomes = [run.one(held[key], flags[key][1:]) for key in wanted if flags[key][0]]
    run.save(outcomes)
    return outcomes


class _Run:
    """One rule in one unit; people and turns are asked once for records that do not differ in what matters."""

    def __init__(self, unit: Unit, rule: AssignmentRule) -> None:
        self.unit, self.rule = unit, rule
        self.object_id = unit.plan(rule.object).model.object_id
        self.rounds: dict[str, Round] = {}
        self.people: dict[Any, tuple[UUID, ...]] = {}
        self.counts: dict[str, dict[UUID, int]] = {}
        self.absent = self._absent()

    def flags(self, ids: Sequence[UUID]) -> dict[UUID, Sequence[Any]]:
        """Return whether the rule is about each record, then whether each row applies: one statement."""
        statement = Statement(self.unit.release)
        source = source_of(statement, self.rule.object, roots={"user": user_root(statement)})
        tests = [_flag(source, one) for one in (self.rule.when, *(row.when for row in self.rule.rows))]
        columns = [source.key, *(test.label(f"c{number}") for number, test in enumerate(tests))]
        found = select(*columns).select_from(source.source()).where(in_keys(source.key, _IDS, self.unit.dialect))
        values = {**statement.parameters(self.unit.roots), **bind_keys(_IDS, ids, self.unit.dialect)}
        return {row[0]: row[1:] for row in self.unit.connection.execute(found, values)}

    def one(self, record: Record, applies: Sequence[Any]) -> Outcome:
        """Ask the rows in order."""
        outcome = Outcome(record["id"])
        for row, flag in zip(self.rule.rows, applies, strict=True):
            if not flag:
                outcome.steps.append({"row": row.name, "outcome": "condition"})
                continue
            if row.queue:
                outcome.queue = row.queue
                outcome.steps.append({"row": row.name, "outcome": "queue"})
                return outcome
            passed: list[tuple[str, str]] = []
            outcome.user = self._choose(row, record, passed)
            said = "nobody" if outcome.user is None else "assigned"
            outcome.steps.append({"row": row.name, "outcome": said, "passed": passed})
            if outcome.user is not None:
                return outcome
        return outcome

    def _choose(self, row: Row, record: Record, passed: list[tuple[str, str]]) -> UUID | None:
        found = self._people(row, record)
        if not row.in_turn:
            return found[0] if found else None
        if row.name not in self.rounds:
            self.rounds[row.name] = Round(self.unit.connection, self.rule.name, row.name)
        turns = self.rounds[row.name]
        loads = self._loads(row, found)
        for person in turns.order(found):
            if person in self.absent:
                passed.append((str(person), "absent"))
            elif row.capacity is not None and loads.get(person, 0) >= row.capacity:
                passed.append((str(person), "full"))
            else:
                turns.take(person)
                loads[person] = loads.get(person, 0) + 1
                return person
        return None

    def _people(self, row: Row, record: Record) -> tuple[UUID, ...]:
        """Return the active people a row names for a record."""
        inputs = record["id"] if row.reads is None else tuple(record.get(name) for name in sorted(row.reads))
        key = (row.name, inputs)
        if key not in self.people:
            facts = Facts(self.unit, self.rule.object, record, self.unit.user)
            self.people[key] = tuple(UUID(one.id) for one in resolve(facts, (row.selector,)))
        return self.people[key]

    def _loads(self, row: Row, people: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many counted records people have, those of this run included."""
        known = self.counts.setdefault(row.name, {})
        missing = sorted(set(people) - known.keys()) if row.capacity is not None else []
        if missing:
            statement = Statement(self.unit.release)
            source = source_of(statement, self.rule.object, roots={"user": user_root(statement)})
            owner = source.column(("owner",))
            tests = [in_keys(owner, _IDS, self.unit.dialect), source.alive(), _flag(source, row.counted)]
            found = select(owner, func.count()).select_from(source.source()).where(*tests).group_by(owner)
            values = {**statement.parameters(self.unit.roots), **bind_keys(_IDS, missing, self.unit.dialect)}
            known.update(dict.fromkeys(missing, 0))
            known.update({line[0]: line[1] for line in self.unit.connection.execute(found, values)})
        return known

    def _absent(self) -> frozenset[UUID]:
        """Return the people somebody stands in for now."""
        c, now = approval_substitute.c, self.unit.now
        here = or_(c.object_id.is_(None), c.object_id == self.object_id)
        found = select(c.user_id).where(c.starts_at <= now, c.ends_at > now, here)
        return frozenset(self.unit.connection.execute(found).scalars())

    def save(self, outcomes: Sequence[Outcome]) -> None:
        """Write owners, queues, turns and reasons."""
        unit = self.unit
        for turns in self.rounds.values():
            turns.save()
        given = {one.record_id: one.user for one in outcomes if one.user is not None}
        queued = {one.record_id: self._group(one.queue) for one in outcomes if one.queue}
        changes = [Change(key, {"owner": user}) for key, user in given.items()]
        changes += [Change(key, {"owner": None}) for key in queued]
        if changes:
            unit.extras.setdefault(WAYS, {}).update(dict.fromkeys(given, "by_rule"))
            with unit.as_platform():
                unit.update(self.rule.object, changes)
        plan = unit.plan(self.rule.object)
        write(unit, plan, [Share(key, "group", str(group), "read", QUEUE) for key, group in queued.items()])
        rows = [
            {
                "rule": self.rule.name,
                "object_id": self.object_id,
                "record_id": one.record_id,
                "at": unit.now,
                "user_id": one.user,
                "steps": one.steps,
            }
            for one in outcomes
        ]
        if rows:
            unit.connection.execute(insert(assignment_log), rows)

    def _group(self, name: str) -> UUID:
        model = self.unit.release.model("group")
        found = select(model.id).where(model.column(model.object.title) == name, model.deleted_at.is_(None))
        key: UUID | None = self.unit.connection.execute(found).scalar()
        if key is None:
            raise NotFoundError(f"There is no queue {name}.")
        return key


def _flag(source: SqlSource, condition: Expression | None) -> ColumnElement[bool]:
    return true() if condition is None else func.coalesce(condition.sql(source), false())
