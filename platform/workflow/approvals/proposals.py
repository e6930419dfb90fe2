"""What waits for an approval: new values as JSON by field id, shown as a diff, applied when it passes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from formline.errors import FieldError, ValidationError
from formline.fields.base import ValueProblem, name_of
from formline.fields.locale import PLAIN, Locale
from formline.runtime.unit.draft import Draft, Record

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan

_SILENT = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by", "approval_status"})


def snapshot_of(plan: WritePlan, record: Record, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return stored fields as JSON values by field id; ``names``: only these."""
    wanted = plan.object.fields if names is None else [name for name in names if name in plan.object.fields]
    found: dict[str, Any] = {}
    for name in wanted:
        field = plan.object.fields[name]
        if field.parts and name not in _SILENT and name in plan.model.field_ids:
            found[str(plan.model.field_ids[name])] = field.type.read_json(field, record)
    return found


def proposal_of(plan: WritePlan, draft: Draft, names: Iterable[str]) -> dict[str, Any]:
    """Return what a draft would write into these fields, many-to-many ones too."""
    found = snapshot_of(plan, draft.record, [name for name in names if name not in draft.members])
    for name in set(names) & set(draft.members):
        found[str(plan.model.field_ids[name])] = [str(one) for one in draft.members[name]]
    return found


def values_of(plan: WritePlan, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """Return a proposal by field name; fields that are gone meanwhile are left out."""
    names = plan.model.field_names
    return {names[int(key)]: value for key, value in proposal.items() if int(key) in names}


def parsed(plan: WritePlan, values: Mapping[str, Any], locale: Locale = PLAIN) -> dict[str, Any]:
    """Return raw values by field name as a proposal keeps them.

    Raises:
        ValidationError: what is no value of its field, or breaks the field's own rules.
    """
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, raw in values.items():
        field = plan.object.fields[name]
        try:
            parts = field.type.parse_parts(field, raw, locale)
        except ValueProblem as problem:
            errors.append(FieldError(name, problem.code, problem.message))
            continue
        if parts.get("") is not None:
            errors += [FieldError(name, code, text) for code, text in field.type.validate(field, parts[""])]
        record = {name_of(part, name): value for part, value in parts.items()}
        found[str(plan.model.field_ids[name])] = field.type.read_json(field, record)
    if errors:
        raise ValidationError(errors)
    return found


def overlaid(plan: WritePlan, record: Record, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as it would be with a proposal."""
    found = dict(record)
    for name, value in values_of(plan, proposal).items():
        field = plan.object.fields[name]
        if name in plan.many:
            continue
        for part, each in field.type.parse_parts(field, value).items():
            found[name_of(part, name)] = each
    return found


def restore_old(draft: Draft, names: Iterable[str] | None = None) -> None:
    """Put stored values back into a draft: of these fields, or of the whole row with all that it would have written."""
    old = draft.old or {}
    if names is None:
        stamps = {key: draft.record.get(key) for key in ("version", "updated_at", "updated_by")}
        draft.record.clear()
        draft.record.update({**old, **stamps})
        draft.members.clear()
        draft.nested.clear()
        draft.given.clear()
        draft.moves.clear()
        draft.action = "updated"
        return
    wanted = set(names)
    for key in draft.record:
        if key.split(".")[0] in wanted:
            draft.record[key] = old.get(key)
    draft.given -= wanted
    for name in wanted & set(draft.members):
        del draft.members[name]


def digest(plan: WritePlan, record: Record, names: Sequence[str] = ()) -> str:
    """Return the hash of what is shown of a record: these fields, or all of them."""
    shown = snapshot_of(plan, record, [name.split(".")[0] for name in names] or None)
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def changed_names(plan: WritePlan, old: Record, new: Record) -> tuple[str, ...]:
    """Return the names of fields whose stored values differ."""
    keys = {key.split(".")[0] for key in {**old, **new} if old.get(key) != new.get(key)}
    return tuple(sorted(name for name in keys if name not in _SILENT))
