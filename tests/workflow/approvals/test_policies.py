"""Policies: nobody found, the submitter as approver, the same person again, due times, blocks, carrying out."""

from __future__ import annotations

import pytest

from formline.workflow.approvals import events as e
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.effects import FailSubmit, Outcome, StartTimer
from formline.workflow.approvals.engine import decide, replay
from tests.workflow.approvals.flows import Driver, flow, with_reads


def one(keys: str = "") -> Approval:
    return flow(f"[{{approve: one, approvers: {{role: x}}{', ' if keys else ''}{keys}}}]")


def two(keys: str = "", more: str = "") -> Approval:
    return flow(f"[{{approve: one, approvers: {{role: x}}{more}}}, {{approve: two, approvers: {{role: x}}{keys}}}]")


# --- nobody found 无审批人 ---


@pytest.mark.parametrize(
    ("policy", "status", "opened"),
    [
        ("", "running", ["admin@one"]),
        ("when_empty: skip", "approved", []),
        ("when_empty: {role: y}", "running", ["standin@one"]),
    ],
)
def test_a_step_that_finds_nobody(policy: str, status: str, opened: list[str]) -> None:
    driver = Driver(one(policy), {"one": []}).submit()
    assert (driver.state.status, driver.open()) == (status, opened)


def test_a_submission_can_fail_for_want_of_approvers() -> None:
    driver = Driver(one("when_empty: fail_submit"), {"one": []}).submit()
    assert FailSubmit(("one",)) in driver.effects


def test_later_it_goes_to_the_administrator_instead() -> None:
    driver = Driver(two(", when_empty: fail_submit"), {"two": []}).submit().approve("one")
    assert driver.open() == ["admin@two"]


def test_stand_ins_that_are_nobody_either_leave_it_to_the_administrator() -> None:
    driver = Driver(one("when_empty: {role: y}"), {"one": [], "empty": []}).submit()
    assert driver.open() == ["admin@one"]


def test_without_an_administrator_the_submission_is_refused() -> None:
    driver = Driver(one(), {"one": [], "admin": []}).submit()
    assert FailSubmit(("one",)) in driver.effects


# --- approver = submitter 审批人为提交人 ---


@pytest.mark.parametrize(
    ("policy", "people", "status", "opened"),
    [
        ("", ["sub"], "running", ["boss@one"]),
        ("", ["sub", "b"], "running", ["b@one", "boss@one"]),
        ("", ["sub", "boss"], "running", ["boss@one"]),
        ("when_submitter: allow", ["sub"], "running", ["sub@one"]),
        ("when_submitter: skip", ["sub"], "approved", []),
        ("when_submitter: skip", ["sub", "b"], "running", ["b@one"]),
    ],
)
def test_a_step_that_finds_the_submitter(policy: str, people: list[str], status: str, opened: list[str]) -> None:
    driver = Driver(one(policy), {"one": people}).submit()
    assert (driver.state.status, driver.open()) == (status, opened)


def test_who_has_no_manager_goes_to_the_administrator() -> None:
    assert Driver(one(), {"one": ["sub"]}, manager="").submit().open() == ["admin@one"]


def test_after_a_return_the_submitter_is_never_skipped() -> None:
    driver = Driver(two(more=", when_submitter: skip"), {"one": ["sub"]}).submit()
    assert driver.open() == ["two@two"]
    assert driver.return_("two").resubmit("note").open() == ["boss@one"]


# --- the same person in adjacent steps 连续同一审批人 ---


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ("", "approved"),
        (", same_person: always_ask", "running"),
        (", signature: true", "running"),
        (", editable: [amount]", "running"),
    ],
)
def test_the_same_person_is_asked_once(keys: str, status: str) -> None:
    driver = Driver(two(keys), {"one": ["a"], "two": ["a"]}).submit().approve("a")
    assert driver.state.status == status


def test_changed_data_is_asked_again() -> None:
    driver = Driver(two(more=", editable: [amount]"), {"one": ["a"], "two": ["a"]}).submit()
    driver.data = "v2"
    assert driver.approve("a", changed=("amount",), data="v1").open() == ["a@two"]


def test_a_step_between_makes_them_no_neighbours_unless_once_per_instance() -> None:
    steps = "[%s, %s, {approve: three, approvers: {role: x}%s}]"
    for keys, opened in (("", ["a@three"]), (", same_person: once_per_instance", [])):
        given = ("{approve: one, approvers: {role: x}}", "{approve: two, approvers: {role: x}}", keys)
        driver = Driver(flow(steps % given), {"one": ["a"], "three": ["a"]}).submit().approve("a").approve("two")
        assert driver.open() == opened


# --- due times 超时 ---


@pytest.mark.parametrize(
    ("on_due", "status", "opened"),
    [
        ("remind", "running", ["a@one", "b@one"]),
        ("approve", "approved", []),
        ("reject", "rejected", []),
        ("escalate", "running", ["standin@one"]),
        ("{transfer: {role: y}}", "running", ["standin@one"]),
    ],
)
def test_a_due_time_that_passes(on_due: str, status: str, opened: list[str]) -> None:
    definition = one(f"decision: all, due_in: 2wd, on_due: {on_due}")
    driver = Driver(definition, {"one": ["a", "b"]}).submit()
    assert StartTimer(("one",), 1, "2wd") in driver.effects
    driver.send(e.DuePassed(driver.now, path=("one",), number=1))
    assert (driver.state.status, driver.open()) == (status, opened)


def test_reminders_are_repeated_as_often_as_declared() -> None:
    driver = Driver(one("due_in: 1d, on_due: {remind: 2}")).submit()
    for again in (True, False):
        driver.send(e.DuePassed(driver.now, path=("one",), number=1))
        assert driver.told("remind") == ["one"]
        assert any(isinstance(effect, StartTimer) for effect in driver.effects) is again


def test_the_due_time_of_an_earlier_run_means_nothing() -> None:
    driver = Driver(one("due_in: 1d, on_due: reject")).submit().return_("one").resubmit("note")
    driver.send(e.DuePassed(driver.now, path=("one",), number=1))
    assert driver.open() == ["one@one"]


# --- blocks 流程块 ---

CHOOSE = """
- choose: size
  cases:
    large: {when: large, steps: [{approve: cfo, approvers: {role: x}}]}
    middle: {when: middle, steps: [{approve: boss, approvers: {role: x}}]}
  else: {steps: []}
- approve: last
  approvers: {role: x}
"""
INCLUSIVE = CHOOSE.replace("choose", "inclusive").replace("cases", "branches").replace("[]", "[{cc: c, to: {role: x}}]")


@pytest.mark.parametrize(
    ("text", "holds", "opened"),
    [
        (CHOOSE, {"large"}, ["cfo@cfo"]),
        (CHOOSE, {"large", "middle"}, ["cfo@cfo"]),
        (CHOOSE, {"middle"}, ["boss@boss"]),
        (CHOOSE, set(), ["last@last"]),
        (INCLUSIVE, {"large", "middle"}, ["boss@boss", "cfo@cfo"]),
        (INCLUSIVE, set(), ["last@last"]),
    ],
)
def test_which_branches_are_taken(text: str, holds: set[str], opened: list[str]) -> None:
    assert Driver(flow(text), holds=holds).submit().open() == opened


def test_a_join_waits_for_all_branches() -> None:
    driver = Driver(flow(INCLUSIVE), holds={"large", "middle"}).submit().approve("boss")
    assert driver.open() == ["cfo@cfo"]
    assert driver.approve("cfo").open() == ["last@last"]


def test_no_items_no_branches() -> None:
    steps = "[{for_each: f, over: lines, steps: [{approve: s, approvers: item}]}, {approve: t, approvers: {role: x}}]"
    assert Driver(flow(steps)).submit().open() == ["t@t"]


def test_a_step_whose_condition_does_not_hold_is_skipped() -> None:
    driver = Driver(two(more=", when: large")).submit()
    assert driver.run_of("one").reason == "when"
    assert driver.open() == ["two@two"]


def test_a_changed_choice_takes_the_other_case_and_keeps_nothing_of_the_first() -> None:
    text = CHOOSE + "  return_to: [submitter]\n  after_return: jump_back\n"
    driver = Driver(with_reads(flow(text), size="amount"), holds={"middle"}).submit().approve("boss").return_("last")
    driver.holds = {"large"}
    assert driver.resubmit("amount").open() == ["cfo@cfo"]
    assert driver.approve("cfo").open() == ["last@last"]


def test_a_choice_that_comes_out_the_same_keeps_what_was_decided() -> None:
    text = CHOOSE + "  return_to: [submitter]\n  after_return: jump_back\n"
    driver = Driver(with_reads(flow(text), size="amount"), holds={"middle"}).submit().approve("boss").return_("last")
    assert driver.resubmit("amount").open() == ["last@last"]


@pytest.mark.parametrize(("outcome", "status"), [("approved", "approved"), ("rejected", "rejected")])
def test_a_subprocess_is_waited_for(outcome: str, status: str) -> None:
    driver = Driver(flow("[{subprocess: sub, approval: other}]"))
    driver.answer = lambda state, ask: e.StepOpened(driver.now, path=ask.path, child="7")  # type: ignore[method-assign]
    driver.submit()
    assert driver.state.status == "running"
    driver.send(e.SubprocessEnded(driver.now, path=("sub",), outcome=outcome))
    assert driver.state.status == status


# --- carrying out, versions, logs ---


def test_what_cannot_be_carried_out_waits_to_be_tried_again_or_repaired() -> None:
    driver = Driver(one()).submit().approve("one")
    assert Outcome("approved") in driver.effects
    driver.send(e.ApplyFailed(driver.now, message="The limit is gone."))
    assert (driver.state.status, driver.state.failure) == ("apply_failed", "The limit is gone.")
    driver.send(e.ApplyRetried(driver.now))
    assert driver.state.status == "approved"
    driver.send(e.ApplyFailed(driver.now, message="Again.")).send(e.ReturnedForRepair(driver.now))
    assert driver.state.status == "returned"
    assert driver.resubmit("note").open() == ["one@one"]


def test_a_running_instance_goes_on_in_a_new_version_by_a_map_of_steps() -> None:
    driver = Driver(two()).submit().approve("one")
    new = flow("[{approve: first, approvers: {role: x}}, {approve: extra, approvers: {role: x}}]")
    driver.definition = new
    driver.send(e.Migrated(driver.now, steps=(("one", "first"),)))
    assert [(run.name, run.status) for run in driver.state.runs.values()] == [("first", "approved"), ("extra", "open")]
    assert driver.approve("extra").state.status == "approved"


def test_the_log_alone_gives_the_state() -> None:
    driver = Driver(two(", decision: all"), {"two": ["b", "c"]}).submit().approve("one", opinion="Good.")
    driver.act(e.Transferred, "b", to="d").approve("d", signed=True)
    stored = [e.to_json(event) for event in driver.log]
    assert replay(driver.definition, map(e.from_json, stored)) == driver.state


def test_deciding_changes_nothing_in_place() -> None:
    driver = Driver(one()).submit()
    before = driver.state
    decide(driver.definition, before, e.Decided(driver.now, "one", ballot=driver.ballot("one").id))
    assert before.open_ballots().__next__()[1].status == "open"
