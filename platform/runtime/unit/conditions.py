"""Step 8, fields: required, visible, read-only and the choices allowed, on every path and not only in forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from formline.catalog.machines import State
from formline.expressions.expression import Expression
from formline.fields.field import Field
from formline.runtime.unit import choices
from formline.runtime.unit.draft import Draft, Record
from formline.runtime.unit.evaluation import env_of, is_local, over_drafts

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

Condition = bool | Expression
#: Answers whether a condition holds, per row.
Judge = Callable[["Unit", "WritePlan", Condition, Sequence[Draft]], Sequence[bool]]


def check_read_only(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Refuse changes of fields that are read-only in the stored row (for a new row: in the row as it will be)."""
    if unit.trusted:
        return
    for field in plan.read_only:
        touched = [d for d in drafts if field.name in d.given and field.name in d.raw]
        for draft, locked in zip(touched, _judge(unit, plan, field.read_only, touched, old=True), strict=True):
            if locked and not _asked_by_move(draft, field.name):
                unit.findings.add(draft, field.name, "read_only", f"{field.label} is read-only here.")
    for name in plan.object.state_fields:
        _check_state_locks(unit, plan, name, drafts)


def _check_state_locks(unit: Unit, plan: WritePlan, name: str, drafts: Sequence[Draft]) -> None:
    """Refuse changes that the record's state does not let through."""
    for draft in drafts:
        state = state_of(plan, name, draft.old) if draft.old is not None else None
        for field in draft.given & draft.raw.keys() if state is not None else ():
            if state is not None and state.locks(field) and not _asked_by_move(draft, field):
                unit.findings.add(draft, field, "read_only_in_state", _locked(plan, field, state))


def state_of(plan: WritePlan, name: str, record: Record) -> State | None:
    """Return the state of a stored row in one of its state fields."""
    machine = plan.machine(name, record.get("record_type"))
    return machine.states.get(record.get(name) or "") if machine else None


def locks(plan: WritePlan, record: Record, fields: Iterable[str]) -> dict[str, str]:
    """Return why those of the fields that a stored row's states lock cannot be changed, for who writes whole rows."""
    states = [state for name in plan.object.state_fields if (state := state_of(plan, name, record)) is not None]
    return {field: _locked(plan, field, state) for state in states for field in fields if state.locks(field)}


def _locked(plan: WritePlan, field: str, state: State) -> str:
    return f"{plan.object.fields[field].label} cannot be changed while the record is in the state {state.label}."


def _asked_by_move(draft: Draft, field: str) -> bool:
    """Return whether a transition's dialog asks for the field: then it may be written now."""
    return any(field in (*move.requires, *move.ask) for move in draft.moves.values())


def check_fields(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Check that visible required fields have values and that nothing is written to invisible ones."""
    for field in plan.conditional:
        visible = _judge(unit, plan, field.visible, drafts)
        required = _judge(unit, plan, field.required, drafts)
        for draft, is_visible, is_required in zip(drafts, visible, required, strict=True):
            if not is_visible:
                if field.name in draft.given and field.name in draft.raw and not _empty(plan, field, draft):
                    unit.findings.add(draft, field.name, "not_visible", f"{field.label} does not apply here.")
            elif is_required and _empty(plan, field, draft) and not unit.findings.has(draft, field.name, "required"):
                unit.findings.add(draft, field.name, "required", f"{field.label} is required.")
    choices.check_choices(unit, plan, drafts, _judge)


def _empty(plan: WritePlan, field: Field, draft: Draft) -> bool:
    if field.name in plan.many:
        members = draft.members.get(field.name)
        return not members if members is not None else draft.is_new
    value = draft.record.get(field.name)
    return value is None or value == "" or value == ()


def _judge(
    unit: Unit, plan: WritePlan, condition: Condition, drafts: Sequence[Draft], *, old: bool = False
) -> Sequence[bool]:
    """Return whether a condition holds, per row; ``old``: in the stored row where there is one."""
    if isinstance(condition, bool) or not drafts:
        return [bool(condition)] * len(drafts)
    if is_local(condition):
        read: Callable[[Draft], Record] = (lambda d: d.old or d.record) if old else (lambda d: d.record)
        return [condition.condition(env_of(unit, read(draft), draft.old)) for draft in drafts]
    if old:
        drafts = [_as_stored(draft) for draft in drafts]
    return [bool(values[0]) for values in over_drafts(unit, plan, [condition], drafts)]


def _as_stored(draft: Draft) -> Draft:
    return draft if draft.old is None else Draft(draft.row, draft.id, {}, draft.old, dict(draft.old))
