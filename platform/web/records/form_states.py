"""What the rules say of a form's fields with the values at hand; the browser's copy is made by ``rules_module``.

Conditions of the object hold on every path; a layout's conditions only hide or tighten here, for display.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from formline.catalog.model import FieldDisplay, Layout
from formline.catalog.objects import Object
from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.fields.field import Field
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.statement import Statement
from formline.runtime.unit.choices import conditions_of
from formline.web.records import locks
from formline.web.records.form_markup import FieldState
from formline.web.records.form_spec import ControlSpec, FormSpec
from formline.web.visit import Visit

Condition = bool | Expression
NO_DISPLAY = FieldDisplay()


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The conditions of one field: all of ``visible`` must hold, any of the others is enough.

    ``choices`` are those offered only where something holds, each with its condition.
    """

    field: Field
    visible: tuple[Condition, ...]
    required: tuple[Condition, ...]
    read_only: tuple[Condition, ...]
    choices: tuple[tuple[str, Expression], ...] = ()

    @property
    def constant(self) -> bool:
        """Whether no value changes any of it."""
        plain = all(isinstance(each, bool) for each in (*self.visible, *self.required, *self.read_only))
        return plain and not self.choices

    def expressions(self) -> Iterable[Expression]:
        """Yield the conditions that are expressions."""
        conditions = (*self.visible, *self.required, *self.read_only, *(test for _, test in self.choices))
        return (each for each in conditions if isinstance(each, Expression))


def rules_of(spec: FormSpec) -> tuple[FieldRules, ...]:
    """Return the rules of every control of a form."""
    sections = section_conditions(spec.layout)
    choices: dict[str, list[tuple[str, Expression]]] = {}
    for field, choice, test in conditions_of(spec.object):
        choices.setdefault(field.name, []).append((choice, test))
    return tuple(
        _rules(
            control, spec.layout.fields.get(name, NO_DISPLAY), sections.get(name, True), tuple(choices.get(name, ()))
        )
        for name, control in spec.controls.items()
    )


def section_conditions(layout: Layout) -> dict[str, Condition]:
    """Return by field whether its section is shown: a section is hidden by hiding what is in it."""
    return {name: section.visible for section in layout.form for row in section.rows for name in row}


def _rules(
    control: ControlSpec, display: FieldDisplay, section: Condition, choices: tuple[tuple[str, Expression], ...]
) -> FieldRules:
    field = control.field
    return FieldRules(
        field,
        tuple(each for each in (field.visible, display.visible, section) if each is not None),
        tuple(each for each in (field.required, display.required) if each is not None),
        tuple(each for each in (field.read_only, display.read_only) if each is not None),
        choices,
    )


def environment(visit: Visit, record: Mapping[str, Any], old: Mapping[str, Any] | None) -> Env:
    """Return what conditions see: the record as typed so far, the stored one, the person, the clock."""
    user = {**visit.actor.user, "roles": visit.rights.role_names}
    return Env(_Lenient(record), _Lenient(old or {}), user, visit.today, visit.now, visit.release.zone)


class _Lenient(dict[str, Any]):
    """A record in which what is missing is null: forms hold only some of the fields."""

    def __missing__(self, key: str) -> None:
        return None


def states(
    visit: Visit, spec: FormSpec, record: Mapping[str, Any], old: Mapping[str, Any] | None
) -> dict[str, FieldState]:
    """Return the state of each control with these values."""
    always, others = visit.compiled(("rules", spec.key), lambda: _divided(rules_of(spec)))
    found = dict(always)
    if others:
        judge = Judge(visit, spec.object, record, old, (one for each in others for one in each.expressions()))
        for each in others:
            found[each.field.name] = _state(each, judge.holds, _offered(spec, each, judge, record))
    for name in (_locked(visit, spec.object, old) if old else frozenset()) & found.keys():
        found[name] = found[name]._replace(read_only=True)
    return found


def _divided(rules: tuple[FieldRules, ...]) -> tuple[dict[str, FieldState], tuple[FieldRules, ...]]:
    """Return the states of all fields, right where no value changes them, and the rules of the others."""
    plain = {each.field.name: _state(each, bool, None) if each.constant else FieldState() for each in rules}
    return plain, tuple(each for each in rules if not each.constant)


def _offered(spec: FormSpec, rules: FieldRules, judge: Judge, record: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the choices that are offered now; None where all of them always are."""
    if not rules.choices:
        return None
    refused = {name for name, test in rules.choices if not judge.holds(test)}
    above = str(rules.field.param("depends_on") or "")
    options = spec.controls[rules.field.name].options
    wanted = [one for one in options if not above or one.parent == (record.get(above) or "")]
    return frozenset(one.value for one in wanted if one.value not in refused)


def _state(rules: FieldRules, holds: Callable[[Condition], bool], choices: frozenset[str] | None) -> FieldState:
    return FieldState(
        visible=all(holds(each) for each in rules.visible),
        required=any(holds(each) for each in rules.required),
        read_only=any(holds(each) for each in rules.read_only),
        choices=choices,
    )


def read_by_rules(spec: FormSpec) -> frozenset[str] | None:
    """Return the fields of the record that a form's rules read; None where they reach other records."""
    expressions = [one for each in rules_of(spec) for one in each.expressions()]
    if not all(one.in_row for one in expressions):
        return None
    roots = {read.path[0] for one in expressions for read in one.reads if len(read.path) == 1}
    return frozenset(roots)


class Judge:
    """Answers conditions about one record in memory: in Python where that is enough, else all in one statement."""

    def __init__(
        self,
        visit: Visit,
        obj: Object,
        record: Mapping[str, Any],
        old: Mapping[str, Any] | None,
        expressions: Iterable[Expression],
    ) -> None:
        """Ask the database what the record alone cannot answer."""
        self._env = environment(visit, record, old)
        far = tuple(dict.fromkeys(each for each in expressions if not each.in_row))
        self._answers = dict(zip(far, answers(visit, obj, self._env, far), strict=True)) if far else {}

    def holds(self, condition: Condition) -> bool:
        """Return whether a condition holds."""
        if isinstance(condition, bool):
            return condition
        return self._answers[condition] if condition in self._answers else condition.condition(self._env)


def answers(visit: Visit, obj: Object, env: Env, expressions: tuple[Expression, ...]) -> list[bool]:
    """Return conditions that reach other records, for a record that may not be stored yet."""
    statement = Statement(visit.release)
    old = BoundRow(statement, obj.name, root="old")
    row = BoundRow(statement, obj.name, root="this", roots={"user": user_root(statement), "old": old})
    query = select(*(each.sql(row).label(f"answer_{number}") for number, each in enumerate(expressions)))
    clock = {"today": env.today, "now": env.now}
    roots = {"user": env.user, "clock": clock, "this": env.record, "old": env.old or _Lenient()}
    return [bool(value) for value in visit.connection.execute(query, statement.parameters(roots)).one()]


def _locked(visit: Visit, obj: Object, record: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields that states and running approvals of a record keep from being changed."""
    return locked_by_state(visit, obj, record) | (
        locks.held(visit, obj, record["id"]) if "id" in record else frozenset()
    )


def locked_by_state(visit: Visit, obj: Object, record: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields that the states of a record keep from being changed."""
    locked: set[str] = set()
    for field in obj.state_fields:
        name = obj.machine_name(field, record.get("record_type"))
        machine = visit.release.catalog.get("state_machine", name) if name else None
        state = machine.states.get(record.get(field) or "") if machine else None
        if state is not None:
            locked |= {name for name in obj.fields if state.locks(name)}
    return frozenset(locked)


def visible_now(
    visit: Visit, obj: Object, field: Field, display: FieldDisplay, section: Condition, record: Mapping[str, Any]
) -> bool:
    """Whether an open record shows a field."""
    conditions = [each for each in (field.visible, display.visible, section) if each is not None and each is not True]
    if not conditions:
        return True
    judge = Judge(visit, obj, record, None, (each for each in conditions if isinstance(each, Expression)))
    return all(judge.holds(each) for each in conditions)
