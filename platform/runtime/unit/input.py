"""Step 4, first half: what the caller wrote, against the whitelist of writable keys, parsed to values in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from formline.fields.base import ValueProblem, name_of
from formline.fields.field import Field
from formline.metadata.names import did_you_mean
from formline.runtime.unit.draft import Draft, Findings
from formline.runtime.unit.formulas import fit

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

BATCH = 500


def check_size(rows: Sequence[Any]) -> None:
    """Refuse an empty batch and one of more than 500 rows."""
    if not 1 <= len(rows) <= BATCH:
        raise ValueError(f"A batch has 1 to {BATCH} rows, not {len(rows)}; cut it into several.")


def read_input(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Fill ``record``, ``members``, ``nested`` and ``given`` of each draft from its ``raw`` mapping."""
    writable = unit.writable(plan, creating=drafts[0].is_new) if drafts else frozenset()
    for key, givers in _columns(drafts).items():
        field = plan.object.fields.get(key)
        if field is not None and key in writable:
            _take_column(unit, plan, givers, field)
            continue
        for draft in givers:
            if field is None:
                _other_key(unit.findings, plan, draft, key, draft.raw[key])
            else:
                _refuse(unit, plan, draft, field, draft.raw[key])
    for draft, field in unit.refused(plan, drafts):
        _refuse(unit, plan, draft, field, draft.raw.get(field.name))


def _columns(drafts: Sequence[Draft]) -> Mapping[str, Sequence[Draft]]:
    """Return by key the rows that give it; in a batch all rows mostly give the same."""
    if drafts and all(draft.raw.keys() == drafts[0].raw.keys() for draft in drafts):
        return dict.fromkeys(drafts[0].raw, drafts)
    columns: dict[str, list[Draft]] = {}
    for draft in drafts:
        for key in draft.raw:
            columns.setdefault(key, []).append(draft)
    return columns


def _other_key(findings: Findings, plan: WritePlan, draft: Draft, key: str, raw: Any) -> None:
    """Take the rows of a child object; refuse any other name."""
    if plan.object.child(key) is None:
        hint = did_you_mean(key, plan.object.fields)
        findings.add(draft, key, "unknown_field", f"{plan.object.label} has no field {key}. {hint}".strip())
    elif not isinstance(raw, list | tuple) or not all(isinstance(row, Mapping) for row in raw):
        findings.add(draft, key, "rows", f"{key} takes a list of rows.")
    elif len(raw) > BATCH:
        findings.add(draft, key, "too_many_rows", f"{key} takes {BATCH} rows at most, not {len(raw)}.")
    elif raw:
        draft.nested[key] = raw


def _take_column(unit: Unit, plan: WritePlan, drafts: Sequence[Draft], field: Field) -> None:
    """Parse the values of one field of all rows; in new rows of a batch a text that comes again is read once."""
    name = field.name
    if len(drafts) == 1 or not drafts[0].is_new or name in plan.many or field.type.inputs:
        for draft in drafts:
            take(unit, plan, draft, field, draft.raw[name])
        return
    known: dict[str, tuple[Mapping[str, Any], Sequence[tuple[str, str]]]] = {}
    for draft in drafts:
        raw = draft.raw[name]
        read = known.get(raw) if isinstance(raw, str) else None
        if read is None:
            read = _read(unit, field, raw)
            if isinstance(raw, str):
                known[raw] = read
        values, problems = read
        if values:
            draft.record.update(values)
            draft.given.add(name)
        for code, message in problems:
            unit.findings.add(draft, name, code, message)


def _read(unit: Unit, field: Field, raw: Any) -> tuple[Mapping[str, Any], Sequence[tuple[str, str]]]:
    """Return the values a text means for a new row, by key of the record, and what is wrong with it."""
    try:
        parts = field.type.parse_parts(field, raw, unit.locale)
    except ValueProblem as problem:
        return {}, [(problem.code, problem.message)]
    value = parts.get("")
    problems = [] if value is None else list(field.type.validate(field, value))
    return {name_of(part, field.name): _fitted(field, each) for part, each in parts.items()}, problems


def _fitted(field: Field, value: Any) -> Any:
    return fit(field, value) if isinstance(value, Decimal) else value


def take(unit: Unit, plan: WritePlan, draft: Draft, field: Field, raw: Any) -> None:
    """Parse a writable value and note it where it differs from the stored one."""
    try:
        parts = field.type.parse_parts(field, raw, unit.locale)
    except ValueProblem as problem:
        unit.findings.add(draft, field.name, problem.code, problem.message)
        return
    if field.name in plan.many:
        draft.members[field.name] = parts[""] or ()
        return
    if not parts:
        return
    changed = False
    for part, value in parts.items():
        key = name_of(part, field.name)
        if draft.record.get(key) != value:
            draft.record[key] = _fitted(field, value)
            changed = True
    if changed or draft.is_new:
        draft.given.add(field.name)
    if changed and parts.get("") is not None:
        for code, message in field.type.validate(field, parts[""]):
            unit.findings.add(draft, field.name, code, message)


def _refuse(unit: Unit, plan: WritePlan, draft: Draft, field: Field, raw: Any) -> None:
    """Say why a key may not be written. A hidden field looks like one that does not exist."""
    if unit.field_level(plan, field.name) == "hidden":
        message = f"{plan.object.label} has no field {field.name}."
        unit.findings.add(draft, field.name, "unknown_field", message)
    elif field.name in plan.object.state_fields:
        if not draft.is_new and draft.record.get(field.name) == raw:
            return
        unit.findings.add(draft, field.name, "state_by_transition", _by_transition(plan, draft, field))
    else:
        unit.findings.add(draft, field.name, "not_writable", f"{field.label} cannot be written.")


def _by_transition(plan: WritePlan, draft: Draft, field: Field) -> str:
    """Name the transitions that start where the record is."""
    machine = plan.machine(field.name, draft.record.get("record_type"))
    state = draft.record.get(field.name) or (machine.initial if machine else None)
    names = [transition.name for transition in machine.from_state(state)] if machine and state else []
    offer = f" Transitions from here: {', '.join(names)}." if names else ""
    return f"{field.label} changes only by its transitions.{offer}"
