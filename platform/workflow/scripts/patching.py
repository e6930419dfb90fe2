"""Scripts inside a save: patches change the drafts, rules refuse them; both only read, within 200 ms of a unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from formline.runtime.scripts import conversation
from formline.runtime.scripts.conversation import RowEnd
from formline.runtime.scripts.operations import Operations
from formline.runtime.scripts.records import record_of
from formline.runtime.unit import hooks, input
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of, is_local, over_drafts
from formline.workflow.scripts.definition import IN_SAVE, Script
from formline.workflow.scripts.starting import IN_UNIT, scripts_of, start_of, words_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.plan import WritePlan

#: Rows that one process takes.
BATCH = 100
_SPENT = "seconds of scripts"


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Give each script of an object a hook of its own, in their order."""
    if phase != "before_save" or not release.catalog.names("script"):
        return ()
    return [partial(_run, script) for script in scripts_of(release, object_name, *IN_SAVE)]


def _run(script: Script, unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Run a script for the drafts it is about."""
    concerned = _holding(script, unit, plan, [draft for draft in drafts if _is_about(script, draft)])
    for start in range(0, len(concerned), BATCH):
        _run_batch(script, unit, plan, concerned[start : start + BATCH])


def _is_about(script: Script, draft: Draft) -> bool:
    if draft.is_new:
        return "created" in script.on
    changed = {key.split(".")[0] for key in draft.changed_keys()} | draft.members.keys()
    return "updated" in script.on and (not script.fields or bool(script.fields & changed))


def _holding(script: Script, unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts of which the script's condition holds."""
    if script.when is None or not drafts:
        return list(drafts)
    if is_local(script.when):
        return [draft for draft in drafts if script.when.condition(env_of(unit, draft.record, draft.old))]
    answers = over_drafts(unit, plan, [script.when], drafts)
    return [draft for draft, (holds,) in zip(drafts, answers, strict=True) if holds]


def _run_batch(script: Script, unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    rows = [
        {
            "record": record_of(plan.object, draft.record) | {"id": None if draft.is_new else str(draft.id)},
            "old": None if draft.old is None else record_of(plan.object, draft.old),
        }
        for draft in drafts
    ]
    operations = Operations(unit.release, unit.actor, partial(_savepoint, unit.connection))
    spent = unit.extras.get(_SPENT, 0.0)
    ended = conversation.run(
        unit.site.scripts,
        start_of(script, rows, unit.user, unit.now, unit.today),
        operations.answer,
        seconds=max(IN_UNIT - spent, 0.001),
    )
    unit.extras[_SPENT] = spent + ended.seconds
    if ended.stopped is not None:
        unit.findings.add(drafts[0], "", "script", words_of(script, ended.stopped, ended.line))
        return
    for draft, row in zip(drafts, ended.rows, strict=True):
        _take(script, unit, plan, draft, row)


@contextmanager
def _savepoint(connection: Connection) -> Iterator[Connection]:
    """Yield the unit's connection; a read that the database refuses must not spoil the transaction."""
    with connection.begin_nested():
        yield connection


def _take(script: Script, unit: Unit, plan: WritePlan, draft: Draft, row: RowEnd) -> None:
    """Put what a script assigned into the draft, as the platform's own doing; note why it refused."""
    if row.error is not None:
        known = row.error.field if row.error.field in plan.object.fields else ""
        unit.findings.add(draft, known, "script", words_of(script, row.error))
        return
    writable = plan.system_writable - frozenset(plan.object.state_fields) if script.runs == "patch" else frozenset()
    for name, value in _grouped(row.changes).items():
        field = plan.object.fields.get(name)
        if field is None or name not in writable:
            unit.findings.add(draft, "", "script", f"The script {script.label} may not write {name[:80]}.")
            continue
        input.take(unit, plan, draft, field, value)


def _grouped(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes by field: a part such as ``amount.currency`` joins its amount."""
    found: dict[str, Any] = {}
    for key, value in changes.items():
        name, _, part = key.partition(".")
        if part:
            amount = found.get(name)
            found[name] = {**(amount if isinstance(amount, dict) else {"amount": amount}), part: value}
        else:
            found[name] = {**found[name], "amount": value} if isinstance(found.get(name), dict) else value
    return found
