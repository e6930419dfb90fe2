"""Automations before a save, and the lists of transitions and approvals inside a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from formline.errors import ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.tables import approval, approval_task
from formline.runtime.unit import run_unit
from formline.workflow.approvals import shell
from tests.workflow.automation.conftest import MACHINE, automation, change, move, person, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]


def test_it_changes_the_row_sees_what_was_before_and_refuses(firm: Firm) -> None:
    """``old`` is known, ``stop`` with a text refuses the save, all in one transaction with one row per run."""
    site = firm(
        automation("first", "created", "[{set: {note: '{name}!', count: 1}}]", "timing: before_save"),
        automation(
            "grow",
            "{updated: [amount]}",
            "[{if: amount < old.amount, then: [{stop: 'not below {old.amount}'}], else: [{set: {count: count + 1}}]}]",
            "timing: before_save\nwhen: old.amount != null",
        ),
    )
    key = write(site, "deal", name="x", amount=5)
    change(site, "deal", key, amount=7)
    change(site, "deal", key, name="y")
    with pytest.raises(ValidationError, match="not below 7"):
        change(site, "deal", key, amount=3)
    (deal,) = rows(site, "deal")
    assert (deal["note"], deal["count"], deal["amount"], deal["version"]) == ("x!", 2, 7, 3)
    assert [(run.origin, run.state, run.trigger) for run in runs(site)] == [
        ("automation/first", "done", "created"),
        ("automation/grow", "done", "updated"),
    ]


def test_a_deletion_can_be_refused(firm: Firm) -> None:
    site = firm(automation("keep", "deleted", "[{stop: 'keep {name}'}]", "timing: before_save\nwhen: amount > 10"))
    small, large = write(site, "deal", name="small", amount=1), write(site, "deal", name="large", amount=11)
    run_unit(site, Actor.system(), lambda unit: unit.delete("deal", [small]))
    with pytest.raises(ValidationError, match="keep large"):
        run_unit(site, Actor.system(), lambda unit: unit.delete("deal", [large]))
    assert [row["name"] for row in rows(site, "deal")] == ["large"]


def test_lists_of_a_transition_run_in_its_transaction(firm: Firm) -> None:
    """``before`` changes the row or refuses, ``after`` does the rest as the platform; a failure undoes the move."""
    machine = MACHINE.replace(
        "win: {from: [open, proposed], to: won}",
        "win:\n    from: [open, proposed]\n    to: won\n"
        "    before: [{if: amount == null, then: [{stop: An amount first.}]}, {set: {note: 'won from {old.stage}'}}]\n"
        "    after: [{create: task, values: {name: {expression: note}}}, {set: {count: 9}}]",
    )
    site = firm(automation("seen", "{updated: [count]}", "[{set: {flag: true}}]"), machine=machine)
    clerk = person(site, "ben", "clerk")
    key = write(site, "deal", name="x")
    with pytest.raises(ValidationError, match="An amount first"):
        move(site, key, "win", clerk)
    assert rows(site, "task") == []
    change(site, "deal", key, amount=3)
    move(site, key, "win", clerk)
    (deal,) = rows(site, "deal")
    assert (deal["stage"], deal["note"], deal["count"]) == ("won", "won from open", 9)
    assert [row["name"] for row in rows(site, "task")] == ["won from open"]
    assert [run.origin for run in runs(site)] == ["state_machine/stages.win.before", "state_machine/stages.win.after"]
    work(site)
    assert rows(site, "deal")[0]["flag"] is True


APPROVAL = """
---
kind: approval
name: sign
object: deal
guards: {transition: win}
steps:
  - approve: boss
    approvers: {role: boss}
  - do: mark
    actions: [{set: {count: 1}}, {create: task, values: {name: 'do {submitter.login}'}}]
on_approved: [{create: task, values: {name: 'approved {stage}'}}]
on_rejected: [{set: {note: rejected}}, {notify: look, to: submitter}]
"""


def decide(site: Site, actor: Actor, choice: str) -> str:
    c = approval_task.c
    with site.reading() as connection:
        wanted = select(c.approval_id, c.ballot).where(c.person_id == actor.user_id, c.state == "open")
        row = connection.execute(wanted).one()
    return shell.decide(site, actor, row.approval_id, row.ballot, choice)


def test_a_do_block_and_the_outcomes_of_an_approval(firm: Firm) -> None:
    """In the decision's transaction: the block while the record is locked, the outcome after what was guarded."""
    site = firm(
        APPROVAL,
        automation(
            "told", "{approval: sign, outcome: approved}", "[{create: task, values: {name: told}}]", "run_as: system"
        ),
    )
    ben, ann = person(site, "ben", "clerk"), person(site, "ann", "boss")
    key = write(site, "deal", name="x")
    move(site, key, "win", ben)
    assert rows(site, "deal")[0]["stage"] == "open"
    assert decide(site, ann, "approve") == "approved"
    (deal,) = rows(site, "deal")
    assert (deal["stage"], deal["count"]) == ("won", 1)
    assert [row["name"] for row in rows(site, "task")] == ["do ben", "approved won"]
    work(site)
    assert [row["name"] for row in rows(site, "task")][-1] == "told"
    other = write(site, "deal", name="y")
    move(site, other, "win", ben)
    assert decide(site, ann, "reject") == "rejected"
    assert rows(site, "deal")[1]["note"] == "rejected"
    assert [run.origin for run in runs(site)] == [
        "approval/sign.mark",
        "approval/sign.on_approved",
        "automation/told",
        "approval/sign.on_rejected",
    ]


def test_what_follows_an_approval_and_cannot_be_done_is_kept_as_that(firm: Firm) -> None:
    """Nothing of it happens, and the instance says why; it can be tried again."""
    site = firm(APPROVAL.replace("'approved {stage}'", "{expression: note}"))
    ben, ann = person(site, "ben", "clerk"), person(site, "ann", "boss")
    key = write(site, "deal", name="x")
    move(site, key, "win", ben)
    assert decide(site, ann, "approve") == "apply_failed"
    assert (rows(site, "deal")[0]["stage"], len(rows(site, "task"))) == ("open", 1)
    with site.reading() as connection:
        found = connection.execute(select(approval)).one()
    with site.writing() as connection:
        model = site.release.model("deal")
        connection.execute(model.table.update().values({model.column("note").key: "mended"}))
    assert shell.retry(site, ben, found.id) == "approved"
    assert [row["name"] for row in rows(site, "task")] == ["do ben", "mended"]
