"""Approvals on a site: what waits, who decides, what happens then; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.errors import AccessDeniedError, ConflictError, NotFoundError, ValidationError
from formline.runtime.access import epochs
from formline.runtime.tables import approval_task
from formline.workflow.approvals import previewing, shell, storage, tasks, timers
from formline.workflow.approvals.state import RefusedError
from tests.workflow.approvals.firm import Firm


def decide(firm: Firm, key: UUID, who: str, choice: str = "approve", **more: Any) -> str:
    ballot = more.pop("ballot", None) or firm.ballot(key, more.pop("of", who))
    return shell.decide(firm.site, firm.actor(who), key, ballot, choice, **more)


def test_the_transition_waits_and_happens_when_everybody_agreed(firm: Firm) -> None:
    contract = firm.contract(1000)
    key = firm.sign(contract, signed_on="2026-03-01")
    assert key is not None
    assert firm.state(contract) == ("draft", "pending")
    assert firm.open(key) == ["boss@manager"]
    assert decide(firm, key, "boss") == "approved"
    assert firm.state(contract) == ("signed", "approved")
    assert str(firm.record(contract)["signed_on"]) == "2026-03-01"
    assert firm.log(key) == ["Submitted", "StepOpened", "Decided", "StepOpened", "StepOpened"]


def test_large_contracts_take_the_long_way(firm: Firm) -> None:
    key = firm.sign(firm.contract(600_000))
    assert key is not None
    decide(firm, key, "boss")
    assert firm.open(key) == ["fay@finance", "flo@finance", "fritz@finance", "lea@legal"]
    decide(firm, key, "lea")
    decide(firm, key, "fay")
    assert decide(firm, key, "flo") == "approved"


def test_a_reject_leaves_the_record_where_it_was(firm: Firm) -> None:
    contract = firm.contract()
    key = firm.sign(contract)
    assert key is not None
    assert decide(firm, key, "boss", "reject", opinion="No.") == "rejected"
    assert firm.state(contract) == ("draft", "rejected")
    again = firm.sign(contract)
    assert again not in (None, key)


def test_a_return_to_the_submitter_lets_the_record_be_revised(firm: Firm) -> None:
    contract = firm.contract(600_000)
    key = firm.sign(contract)
    assert key is not None
    decide(firm, key, "boss")
    shell.act(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "return", opinion="Lower it.")
    assert (firm.status(key), firm.state(contract)) == ("returned", ("draft", "returned"))
    firm.change(contract, amount=400)
    assert shell.resubmit(firm.site, firm.actor("sam"), key) == "running"
    assert (firm.state(contract)[1], firm.open(key)) == ("pending", ["boss@manager"])
    assert decide(firm, key, "boss") == "approved"


def test_while_it_runs_the_record_is_locked_but_for_what_is_free(firm: Firm) -> None:
    contract = firm.contract()
    firm.sign(contract)
    with pytest.raises(ValidationError) as caught:
        firm.change(contract, amount=2000)
    assert [(one.field, one.code) for one in caught.value.errors] == [("amount", "approval_locked")]
    with pytest.raises(ValidationError):
        firm.sign(contract)
    with pytest.raises(ConflictError, match="in approval"):
        firm.write("sam", lambda unit: unit.delete("contract", [contract]))
    firm.change(contract, note="Call them.")
    assert firm.record(contract)["note"] == "Call them."


def test_a_change_waits_beside_the_values_that_hold(firm: Firm) -> None:
    contract = firm.contract()
    decide(firm, _id(firm.sign(contract)), "boss")
    key = _id(firm.change(contract, amount=5000, note="free"))
    record = firm.record(contract)
    assert (record["amount"], record["note"], record["approval_status"]) == (1000, "free", "changing")
    assert decide(firm, key, "fay") == "approved"
    record = firm.record(contract)
    assert (record["amount"], record["approval_status"]) == (5000, "approved")


def _id(key: UUID | None) -> UUID:
    assert key is not None
    return key


def test_without_a_condition_that_holds_nothing_waits(firm: Firm) -> None:
    contract = firm.contract()
    firm.change(contract, amount=2000)
    assert (firm.record(contract)["amount"], firm.approval_of(contract)) == (2000, None)


def test_a_deletion_is_asked_for_and_happens_later(firm: Firm) -> None:
    contract = firm.contract()
    with pytest.raises(ConflictError) as caught:
        firm.write("sam", lambda unit: unit.delete("contract", [contract]))
    assert caught.value.code == "approval_needed"
    key = firm.write("sam", lambda unit: shell.submit_deletion(unit, "contract", contract))
    assert firm.state(contract) == ("draft", "pending")
    assert decide(firm, key, "lea") == "approved"
    assert firm.record(contract) == {}


def test_a_withdrawal_frees_the_record(firm: Firm) -> None:
    contract = firm.contract()
    key = _id(firm.sign(contract))
    assert shell.withdraw(firm.site, firm.actor("sam"), key) == "withdrawn"
    firm.change(contract, amount=3)
    assert (firm.record(contract)["amount"], firm.state(contract)[1]) == (3, "withdrawn")


def test_what_must_be_filled_in_is_asked_at_submission(firm: Firm) -> None:
    with pytest.raises(ValidationError) as caught:
        firm.sign(firm.contract(None))
    assert [(one.field, one.code) for one in caught.value.errors] == [("amount", "required")]


def test_a_record_nobody_can_decide_on_cannot_be_submitted(firm: Firm) -> None:
    contract = firm.contract(by="sam")
    with firm.nobody_but("sam"), pytest.raises(ValidationError) as caught:
        firm.sign(contract)
    assert [one.code for one in caught.value.errors] == ["approval_nobody"]
    assert firm.state(contract) == ("draft", None)


def test_without_a_manager_the_keeper_of_processes_decides(firm: Firm) -> None:
    contract = firm.contract()
    with firm.without("boss"):
        key = _id(firm.sign(contract))
    assert firm.open(key) == ["kim@manager"]


def test_what_was_agreed_but_cannot_be_done_waits_for_another_try(firm: Firm) -> None:
    contract = firm.contract(600_000)
    key = _id(firm.sign(contract))
    decide(firm, key, "boss")
    decide(firm, key, "lea")
    decide(firm, key, "fay")
    firm.set_amount(contract, 950_000)
    assert decide(firm, key, "flo") == "apply_failed"
    assert firm.state(contract) == ("draft", "pending")
    with pytest.raises(AccessDeniedError):
        shell.retry(firm.site, firm.actor("flo"), key)
    assert shell.retry(firm.site, firm.actor("sam"), key) == "apply_failed"
    firm.set_amount(contract, 700_000)
    assert shell.retry(firm.site, firm.actor("sam"), key) == "approved"
    assert firm.state(contract) == ("signed", "approved")


def test_what_was_seen_is_what_is_signed(firm: Firm) -> None:
    contract = firm.contract()
    key = _id(firm.sign(contract))
    boss = firm.actor("boss")
    task = tasks.task(firm.site, boss, key, firm.ballot(key, "boss"))
    firm.set_amount(contract, 1001)
    with pytest.raises(ConflictError) as caught:
        decide(firm, key, "boss", seen=task.seen)
    assert caught.value.code == "approval_changed"
    again = tasks.task(firm.site, boss, key, firm.ballot(key, "boss"))
    assert decide(firm, key, "boss", seen=again.seen) == "approved"


def test_who_decides_may_edit_what_the_step_allows_and_nothing_else(firm: Firm) -> None:
    contract = firm.contract()
    key = _id(firm.sign(contract))
    with pytest.raises(RefusedError) as caught:
        decide(firm, key, "boss", values={"amount": 1})
    assert caught.value.code == "approval_not_editable"
    decide(firm, key, "boss", values={"discount": 30})
    assert firm.record(contract)["discount"] == 30
    assert firm.open(key) == ["fay@finance", "flo@finance", "fritz@finance", "lea@legal"]


def test_a_substitute_decides_for_a_time(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract()))
    with pytest.raises(RefusedError) as caught:
        decide(firm, key, "lea", of="boss")
    assert caught.value.code == "approval_not_yours"
    with firm.substituting("boss", "lea"):
        assert firm.inbox("lea", key)
        assert decide(firm, key, "lea", of="boss") == "approved"
    with pytest.raises(RefusedError) as caught:
        decide(firm, key, "boss", ballot="manager#1.1")
    assert (caught.value.code, caught.value.by) == ("approval_decided", str(firm.ids["lea"]))


def test_the_submitter_is_kept_out_by_every_way(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract()))
    boss, ballot = firm.actor("boss"), firm.ballot(key, "boss")
    for action in ("transfer", "add"):
        with pytest.raises(RefusedError) as caught:
            shell.act(firm.site, boss, key, ballot, action, to=firm.ids["sam"])
        assert caught.value.code == "approval_own"
    with firm.substituting("boss", "sam"), pytest.raises(RefusedError) as caught:
        decide(firm, key, "sam", ballot=ballot)
    assert caught.value.code == "approval_own"


def test_who_has_a_task_may_read_the_record_while_it_is_open(firm: Firm) -> None:
    contract = firm.contract()
    assert not firm.reads("boss", contract)
    key = _id(firm.sign(contract))
    assert firm.reads("boss", contract)
    decide(firm, key, "boss")
    assert not firm.reads("boss", contract)
    assert firm.reads("kim", contract)  # was sent a copy


def test_people_are_told(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract()))
    assert ("boss", "approval_task") in firm.notices(key)
    decide(firm, key, "boss")
    assert ("sam", "approval_approved") in firm.notices(key)


def test_due_times_pass_by_the_regular_work(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract()))
    later = datetime.now(UTC) + timedelta(days=8)
    timers.pass_due(firm.site, later)
    assert "DuePassed" in firm.log(key)
    assert firm.open(key) == ["boss@manager"]


def test_a_page_gets_everything_about_a_task_in_one_call(firm: Firm) -> None:
    contract = firm.contract(600_000)
    key = _id(firm.sign(contract))
    task = tasks.task(firm.site, firm.actor("boss"), key, firm.ballot(key, "boss"))
    assert (task.approval, task.step, task.record_id) == ("Contract approval", "manager", contract)
    assert task.actions[:3] == ("approve", "reject", "return")
    assert task.show == ("amount", "discount")
    assert firm.inbox("boss", key) == [task.id]
    with pytest.raises(NotFoundError):
        tasks.task(firm.site, firm.actor("fay"), key, task.id)


def test_the_timeline_tells_what_was_is_and_comes(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract(600_000)))
    decide(firm, key, "boss", opinion="Fine.")
    entries = tasks.timeline(firm.site, firm.actor("sam"), key)
    told = [(one.kind, one.step, one.state) for one in entries if one.step]
    assert ("decision", "manager", "approved") in told
    assert ("step", "legal", "open") in told
    assert next(one.opinion for one in entries if one.kind == "decision") == "Fine."
    with pytest.raises(NotFoundError):
        tasks.timeline(firm.site, firm.stranger(), key)


def test_the_path_is_shown_before_it_is_submitted(firm: Firm) -> None:
    contract = firm.contract(600_000)
    found = previewing.preview(firm.site, firm.actor("sam"), "contract", contract, transition="sign")
    assert found is not None
    names = {identifier: name for name, identifier in firm.ids.items()}
    asked = {step.name: sorted(names[UUID(one.id)] for one in step.people) for step in found.steps}
    assert asked == {
        "manager": ["boss"],
        "legal": ["lea"],
        "finance": ["fay", "flo", "fritz"],
        "keepers": ["kim"],
    }
    assert firm.approval_of(contract) is None


def test_the_tasks_of_who_leaves_go_to_the_manager_or_the_keeper(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract()))
    with firm.without("boss"):
        assert firm.open(key) == ["kim@manager"]
        with pytest.raises(ValidationError) as caught, firm.without("kim"):
            pass
    assert [one.code for one in caught.value.errors] == ["approval_tasks"]
    shell.withdraw(firm.site, firm.actor("sam"), key)


def test_who_has_tasks_is_not_deleted(firm: Firm) -> None:
    key = _id(firm.sign(firm.contract(600_000)))
    decide(firm, key, "boss")
    with pytest.raises(ConflictError) as caught:
        firm.remove("lea")
    assert caught.value.code == "approval_tasks"
    shell.withdraw(firm.site, firm.actor("sam"), key)


def test_the_kept_tasks_are_those_that_the_log_leads_to(firm: Firm) -> None:
    columns = ("step", "person_id", "state", "decision", "by_id", "done_at")

    def check(key: UUID) -> None:
        with firm.site.reading() as connection:
            case = storage.load_case(connection, firm.site.release, key)
            stored = connection.execute(select(approval_task).where(approval_task.c.approval_id == key)).mappings()
            kept = {row["ballot"]: [row[name] for name in columns] for row in stored}
        assert case is not None
        wanted = storage.tasks_of(case, case.state, datetime.now(UTC))
        assert kept == {ballot: [row[name] for name in columns] for ballot, row in wanted.items()}

    key = firm.sign(firm.contract(600_000))
    assert key is not None
    check(key)
    for act in (
        lambda: decide(firm, key, "boss"),
        lambda: decide(firm, key, "fay"),
        lambda: shell.act(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "return", opinion="Lower it."),
        lambda: shell.resubmit(firm.site, firm.actor("sam"), key),
        lambda: decide(firm, key, "boss"),
        lambda: decide(firm, key, "flo", "reject"),
        lambda: shell.withdraw(firm.site, firm.actor("sam"), key),
    ):
        act()
        check(key)


def test_tasks_of_people_with_tasks_let_nobody_be_loaded_again(firm: Firm) -> None:
    def epoch() -> int:
        with firm.site.reading() as connection:
            return epochs.read(connection, firm.ids["boss"])[1]

    firm.sign(firm.contract())
    before = epoch()
    contract = firm.contract()
    firm.sign(contract)
    assert firm.reads("boss", contract)
    assert epoch() == before
