"""The steps of creating and updating rows, in order; each step itself lives in its own module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from formline.runtime import sealing
from formline.runtime.matching import guarding
from formline.runtime.unit import (
    conditions,
    defaults,
    formulas,
    hooks,
    input,
    money,
    nested,
    rollups,
    rules,
    stamps,
    states,
    targets,
    trees,
    uniqueness,
    writing,
)
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.journal import entry_of

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def save(
    unit: Unit, plan: WritePlan, drafts: list[Draft], *, transition: str | None = None, only_check: bool = False
) -> None:
    """Take rows of one object, all new or all loaded, through steps 4 to 11; ``only_check`` stops before writing."""
    if not drafts:
        return
    prepare(unit, plan, drafts, transition)
    check(unit, plan, drafts)
    if not unit.findings.has_errors() and not only_check:
        hooks.run(unit, plan, "guard", drafts)
    if not only_check:  # the parent of a nested row that is only checked may not be there yet
        targets.lock_targets(unit, plan, drafts)
    uniqueness.check_before(unit, plan, drafts)
    guarding.check(unit, plan, drafts)
    if only_check or unit.findings.has_errors():
        nested.save_children(unit, plan, drafts, only_check=True)
        return
    write(unit, plan, drafts)
    nested.save_children(unit, plan, drafts)


def prepare(unit: Unit, plan: WritePlan, drafts: list[Draft], transition: str | None) -> None:
    """Steps 4 to 7: values of the caller, of defaults, of automations, of states, of the platform, of formulas."""
    input.read_input(unit, plan, drafts)
    if drafts[0].is_new:
        rollups.start(plan, drafts)
        states.choose_type(plan, drafts)
        states.enter_initial(unit, plan, drafts)
    defaults.fill_defaults(unit, plan, drafts)
    if transition is not None:
        formulas.compute(unit, plan, drafts)
        states.take(unit, plan, drafts, transition)
    hooks.run(unit, plan, "before_save", drafts)
    sealing.seal_values(unit, plan, drafts)
    stamps.stamp(unit, plan, drafts)
    money.fill_base(unit, plan, drafts)
    stamps.keep_derived(plan, drafts)
    formulas.compute(unit, plan, drafts)


def check(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Step 8: what must hold for the rows by themselves."""
    conditions.check_read_only(unit, plan, drafts)
    conditions.check_fields(unit, plan, drafts)
    rules.check_local(unit, plan, drafts)


def write(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Step 11: write, note what was written, then ask the rights and rules that only the written rows can answer."""
    if drafts and drafts[0].is_new:
        writing.insert_rows(unit, plan, drafts)
    else:
        drafts = [draft for draft in drafts if _differs(draft)]
        keys = sorted({key for draft in drafts for key in draft.changed_keys()})
        writing.update_rows(unit, plan, {draft.id: draft.record for draft in drafts}, keys)
    if not drafts:
        return
    trees.check_circles(unit, plan, drafts)
    members = writing.write_members(unit, plan, drafts)
    for draft in drafts:
        unit.note(plan, draft, entry_of(plan, draft, members.get(draft.id, {})))
    unit.check_rights_on_new(plan, drafts)
    rules.check_reaching(unit, plan, drafts)
    hooks.run(unit, plan, "written", drafts)


def _differs(draft: Draft) -> bool:
    """Return whether a loaded row changed in more than its stamps; otherwise nothing is written and nothing moves."""
    stamps_only = {"version", "updated_at", "updated_by"}
    return bool(draft.members or draft.moves or set(draft.changed_keys()) - stamps_only)
