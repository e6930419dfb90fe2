"""Step 6: the state a row is in, the transition it takes, and the values a state sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.catalog.machines import State, StateCheck, Transition
from formline.expressions.expression import Expression
from formline.fields.base import name_of
from formline.runtime.unit import checklists
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of, is_local, over_drafts, over_rows

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def choose_type(plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Give new rows of an object with record types the first one where the caller said none."""
    if plan.object.record_types:
        first = next(iter(plan.object.record_types))
        for draft in drafts:
            draft.record["record_type"] = draft.record.get("record_type") or first


def enter_initial(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Put new rows into the initial state of their machines, with what it sets; an import may say another state."""
    for name in plan.object.state_fields:
        for draft in drafts:
            machine = plan.machine(name, draft.record.get("record_type"))
            if machine is None:
                continue
            state = draft.record.get(name)
            if state is None:
                draft.record[name] = machine.initial
                _set(unit, plan, [draft], machine.states[machine.initial], only_empty=True)
            elif state not in machine.states:
                message = f"{state} is no state of {machine.label}: {', '.join(machine.states)}."
                unit.findings.add(draft, name, "unknown_state", message)
            else:
                # Computed values, such as today, belong to a transition; this row was in its state before.
                _set(unit, plan, [draft], machine.states[state], only_empty=True, computed=False)


def take(unit: Unit, plan: WritePlan, drafts: Sequence[Draft], transition: str) -> None:
    """Move each row along a transition: who may, what it demands, the state, what the new state sets."""
    for draft in drafts:
        found = _ways(plan, draft, transition)
        if not found:
            unit.findings.add(draft, "", "no_such_transition", _no_way(plan, draft, transition))
        for field, way in found:
            draft.moves[field] = way
            draft.action = "transition"
    _check_people(unit, plan, drafts)
    _check_moves(unit, plan, drafts)
    _enter(unit, plan, drafts)


def _enter(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Fire the transitions and write the values that the entered states set, over what the caller wrote."""
    for draft in drafts:
        for field, way in draft.moves.items():
            machine = plan.machine(field, draft.record.get("record_type"))
            if machine is not None:
                draft.record[field] = machine.engine.fire(draft.record[field], way.name)
                _set(unit, plan, [draft], machine.states[draft.record[field]], only_empty=False)


def _ways(plan: WritePlan, draft: Draft, name: str) -> list[tuple[str, Transition]]:
    """Return the transitions of that name from where the row is, one per state field (``field.name`` names one)."""
    only, _, short = name.rpartition(".")
    found = []
    for field in plan.object.state_fields:
        machine = plan.machine(field, draft.record.get("record_type"))
        if machine is None or (only and field != only):
            continue
        ways = machine.from_state(draft.record.get(field) or "")
        found += [(field, way) for way in ways if way.name == short]
    return found


def _no_way(plan: WritePlan, draft: Draft, name: str) -> str:
    """Say which transitions there are instead."""
    names = []
    for field in plan.object.state_fields:
        machine = plan.machine(field, draft.record.get("record_type"))
        names += [way.name for way in machine.from_state(draft.record.get(field) or "")] if machine else []
    offer = f" Possible now: {', '.join(names)}." if names else " No transition is possible now."
    return f"{name} is not possible in the present state.{offer}"


def _movers(drafts: Sequence[Draft]) -> list[tuple[Transition, list[Draft]]]:
    """Return each transition that is taken with the rows that take it; two machines may have one of the same name."""
    found: dict[int, tuple[Transition, list[Draft]]] = {}
    for draft in drafts:
        for way in draft.moves.values():
            found.setdefault(id(way), (way, []))[1].append(draft)
    return list(found.values())


def _check_people(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Refuse transitions that the actor may not press."""
    if unit.trusted:
        return
    for way, movers in _movers(drafts):
        permitted = _permitted(unit, plan, way, movers)
        for draft in movers:
            if draft.id not in permitted:
                unit.findings.add(draft, "", "transition_not_allowed", f"You may not use the transition {way.label}.")


def _permitted(unit: Unit, plan: WritePlan, way: Transition, drafts: Sequence[Draft]) -> set[UUID]:
    """Return the rows on which the actor may press a transition.

    A transition that names people is for them, judged by the stored row: what the dialog sends must not make anybody
    one of them. Without people it needs the right to the action (or to set states) by role, and to update the record.
    """
    ids = [draft.id for draft in drafts]
    if way.people is not None:
        return {key for key, (among,) in over_rows(unit, plan, [way.people], ids).items() if among}
    if unit.may(plan, way.name) or unit.may(plan, "set_state"):
        return unit.permitted(plan, ids, "update")
    return set()


def _set(
    unit: Unit, plan: WritePlan, drafts: Sequence[Draft], state: State, *, only_empty: bool, computed: bool = True
) -> None:
    for name, value in dict(state.set).items():
        if isinstance(value, Expression) and not computed:
            continue
        field = plan.object.fields[name]
        for draft in drafts:
            if only_empty and draft.record.get(name) is not None:
                continue
            for part, each in field.type.parse_parts(field, _value(unit, plan, draft, value)).items():
                draft.record[name_of(part, name)] = each
            draft.given.add(name)


def _value(unit: Unit, plan: WritePlan, draft: Draft, value: Any) -> Any:
    if not isinstance(value, Expression):
        return value
    if is_local(value):
        return value.python(env_of(unit, draft.record, draft.old))
    return over_drafts(unit, plan, [value], [draft])[0][0]


def _check_moves(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Check what transitions demand: required fields, ``when`` and the named checks, before the state sets values."""
    for way, movers in _movers(drafts):
        _check_required(unit, plan, way, movers)
        checklists.check(unit, plan, way, movers)
        checks = [*([StateCheck("when", way.when, "")] if way.when else []), *way.checks]
        _check_conditions(unit, plan, way, checks, movers)


def _check_required(unit: Unit, plan: WritePlan, way: Transition, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        for name in way.requires:
            if draft.record.get(name) in (None, "", ()):
                label = plan.object.fields[name].label
                unit.findings.add(draft, name, "required", f"{label} is required for {way.label}.")


def _check_conditions(
    unit: Unit, plan: WritePlan, way: Transition, checks: Sequence[StateCheck], drafts: Sequence[Draft]
) -> None:
    reaching = [check for check in checks if not is_local(check.check)]
    for check in checks:
        if check not in reaching:
            for draft in drafts:
                if not check.check.condition(env_of(unit, draft.record, draft.old)):
                    _refuse(unit, way, check, draft)
    if reaching:
        answers = over_drafts(unit, plan, [check.check for check in reaching], drafts)
        for draft, row in zip(drafts, answers, strict=True):
            for check, value in zip(reaching, row, strict=True):
                if not value:
                    _refuse(unit, way, check, draft)


def _refuse(unit: Unit, way: Transition, check: StateCheck, draft: Draft) -> None:
    message = check.message or f"{way.label} is not possible with these values."
    unit.findings.add(draft, "", f"transition_{check.name}", message)
