"""What participants do, action by action 退回/转办/委派/加签/减签/抄送/催办/撤回/拿回/代理, with what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from formline.workflow.approvals import events as e
from formline.workflow.approvals.definition import Approval
from formline.workflow.approvals.state import RefusedError
from tests.workflow.approvals.flows import Driver, flow, with_reads

TWO = "[{approve: one, approvers: {role: x}}, {approve: two, approvers: {role: x}}]"
ALL = "[{approve: s, approvers: {role: x}, decision: all}, {approve: after, approvers: {role: x}}]"
BACK = """
- {approve: first, approvers: {role: x}, show: [amount]}
- {approve: second, approvers: {role: x}}
- {approve: third, approvers: {role: x}, return_to: [submitter, first], after_return: %s}
"""
BRANCHES = """
- {approve: manager, approvers: {role: x}}
- parallel: review
  branches:
    legal: {steps: [{approve: legal, approvers: {role: x}, return_to: [manager, submitter]}]}
    finance: {steps: [{approve: finance, approvers: {role: x}}, {approve: cfo, approvers: {role: x}}]}
"""


def two() -> Driver:
    return Driver(flow(TWO)).submit()


def ballots(decision: str = "all", people: str = "a b c") -> Driver:
    return Driver(flow(ALL.replace("all", decision)), {"s": people.split()}).submit()


# --- return 退回 ---


def back(after: str) -> Driver:
    definition = with_reads(flow(BACK % after), first="amount", second="discount")
    return Driver(definition).submit().approve("first").approve("second")


def test_a_return_to_the_submitter_keeps_the_instance_alive() -> None:
    driver = back("rerun").return_("third")
    assert (driver.state.status, driver.open(), driver.told("returned")) == ("returned", [], ["sub"])


def test_rerun_asks_everybody_again() -> None:
    driver = back("rerun").return_("third").resubmit("note")
    assert driver.open() == ["first@first"]
    assert driver.approve("first").approve("second").approve("third").state.status == "approved"


def test_rerun_from_a_step_asks_that_step_and_those_between() -> None:
    driver = back("rerun").return_("third", "first")
    assert (driver.state.status, driver.open()) == ("running", ["first@first"])
    assert driver.approve("first").open() == ["second@second"]


def test_jump_back_goes_straight_to_who_returned_it() -> None:
    assert back("jump_back").return_("third").resubmit("note").open() == ["third@third"]


def test_jump_back_from_a_step_skips_those_between() -> None:
    driver = back("jump_back").return_("third", "first")
    assert driver.open() == ["first@first"]
    assert driver.approve("first").open() == ["third@third"]


@pytest.mark.parametrize(
    ("changed", "opened"),
    [("amount", "first"), ("discount", "second"), ("note", "third")],
)
def test_jump_back_reopens_exactly_what_a_change_made_stale(changed: str, opened: str) -> None:
    driver = back("jump_back").return_("third").resubmit(changed)
    assert driver.open() == [f"{opened}@{opened}"]
    if opened == "first":
        assert driver.approve("first").open() == ["third@third"]


def test_a_return_cancels_open_work_in_sibling_branches_and_says_so() -> None:
    driver = Driver(flow(BRANCHES)).submit().approve("manager").approve("finance")
    assert driver.open() == ["cfo@cfo", "legal@legal"]
    driver.return_("legal", "manager")
    assert (driver.open(), driver.told("superseded")) == (["manager@manager"], ["cfo"])
    assert driver.refused(lambda d: d.approve("cfo")) == "approval_task_gone"
    assert driver.approve("manager").open() == ["finance@finance", "legal@legal"]


def test_a_reject_ends_all_branches_and_keeps_a_record() -> None:
    driver = Driver(flow(BRANCHES)).submit().approve("manager").reject("finance")
    assert driver.state.status == "rejected"
    assert [(one.path[-1], one.status) for one in driver.state.past] == [("legal", "cancelled")]
    assert driver.refused(lambda d: d.approve("legal")) in ("approval_not_running", "approval_decided")


@pytest.mark.parametrize(
    ("on_reject", "status", "opened"),
    [("end", "rejected", []), ("return", "returned", []), ("continue", "running", ["two@two"])],
)
def test_what_a_reject_leads_to(on_reject: str, status: str, opened: list[str]) -> None:
    driver = Driver(flow(TWO.replace("}}", f"}}, on_reject: {on_reject}}}", 1))).submit().reject("one")
    assert (driver.state.status, driver.open()) == (status, opened)


# --- transfer 转办, consult 委派, substitute 代理 ---


def test_a_transfer_takes_the_first_one_out() -> None:
    driver = two().act(e.Transferred, "one", to="b")
    assert (driver.open(), driver.told("task")) == (["b@one"], ["b"])
    assert driver.refused(lambda d: d.approve("one", ballot=d.run_of("one").ballots[0].id)) == "approval_not_yours"
    assert driver.approve("b").open() == ["two@two"]


def test_a_consultation_brings_the_task_back() -> None:
    driver = two().act(e.Consulted, "one", to="b")
    assert driver.open() == ["b@one"]
    assert driver.refused(lambda d: d.approve("one")) == "approval_consulting"
    driver.act(e.OpinionGiven, "b", opinion="Fine.")
    assert driver.open() == ["one@one"]
    assert driver.refused(lambda d: d.act(e.OpinionGiven, "b", of="one")) == "approval_not_yours"


def test_who_asked_need_not_wait_for_the_opinion() -> None:
    driver = two().act(e.Consulted, "one", to="b").act(e.ConsultEnded, "one")
    assert (driver.open(), driver.told("superseded")) == (["one@one"], ["b"])


def test_a_substitute_decides_and_both_names_are_kept() -> None:
    driver = two().act(e.Decided, "one", actor="vera", substitute=True)
    cast = driver.run_of("one").ballots[0]
    assert (cast.person, cast.by, driver.open()) == ("one", "vera", ["two@two"])


def test_after_the_substitute_the_other_is_told_who_was_faster() -> None:
    driver = two().act(e.Decided, "one", actor="vera", substitute=True)
    with pytest.raises(RefusedError) as caught:
        driver.approve("one", "one")
    assert (caught.value.code, caught.value.by, caught.value.choice) == ("approval_decided", "vera", "approved")


# --- more and fewer voters 加签/减签 ---


def test_before_the_added_one_decides_then_the_first_must_still_decide() -> None:
    driver = two().act(e.Added, "one", to="b", where="before")
    assert (driver.open(), driver.told("task")) == (["b@one"], ["b"])
    assert driver.approve("b").open() == ["one@one"]
    assert driver.approve("one").open() == ["two@two"]


def test_before_a_reject_of_the_added_one_is_not_the_step_s() -> None:
    assert two().act(e.Added, "one", to="b", where="before").reject("b").open() == ["one@one"]


def test_after_the_step_waits_for_the_added_one() -> None:
    driver = two().act(e.Added, "one", to="b", where="after")
    assert driver.open() == ["one@one"]
    assert driver.approve("one").open() == ["b@one"]
    assert driver.approve("b").open() == ["two@two"]


def test_after_a_reject_of_the_added_one_rejects_the_step() -> None:
    driver = two().act(e.Added, "one", to="b", where="after").approve("one").reject("b")
    assert driver.state.status == "rejected"


def test_after_a_rejected_ballot_nobody_is_asked() -> None:
    driver = two().act(e.Added, "one", to="b", where="after").reject("one")
    assert driver.state.status == "rejected"


def test_beside_the_added_one_votes_under_the_rule() -> None:
    driver = ballots("all", "a").act(e.Added, "a", to="b", where="beside")
    assert driver.open() == ["a@s", "b@s"]
    assert driver.approve("a").open() == ["b@s"]
    assert driver.approve("b").open() == ["after@after"]


def test_beside_in_order_the_added_one_is_next() -> None:
    driver = ballots("in_order", "a b").act(e.Added, "a", to="x", where="beside")
    assert driver.approve("a").open() == ["x@s"]
    assert driver.approve("x").open() == ["b@s"]


def test_before_in_order_waits_for_the_head() -> None:
    driver = ballots("in_order", "a b").act(e.Added, "a", to="x", where="before")
    assert driver.open() == ["x@s"]
    assert driver.approve("x").open() == ["a@s"]


def test_a_removed_voter_lets_the_rest_decide_at_once() -> None:
    driver = ballots("all", "a b c").approve("a").act(e.VoterRemoved, "b", target="s#1.3")
    assert driver.open() == ["b@s"]
    assert driver.approve("b").open() == ["after@after"]


def test_removing_can_decide_a_vote() -> None:
    driver = ballots("{vote: 1/2}", "a b c d e").approve("a").approve("b")
    driver.act(e.VoterRemoved, "c", target="s#1.4")
    assert driver.open() == ["after@after"]


# --- undo 拿回 ---


def test_a_decision_is_taken_back_while_nobody_after_has_acted() -> None:
    driver = two().approve("one").act(e.DecisionUndone, "one", "one")
    assert (driver.open(), driver.told("superseded")) == (["one@one"], ["two"])
    assert driver.approve("one").approve("two").state.status == "approved"


def test_taking_back_opens_the_ballots_that_were_superseded() -> None:
    driver = ballots("any", "a b").approve("a").act(e.DecisionUndone, "a", "s")
    assert driver.open() == ["a@s", "b@s"]


def test_others_in_the_step_are_not_after() -> None:
    driver = ballots("all", "a b c").approve("a").approve("b").act(e.DecisionUndone, "a", "s")
    assert driver.open() == ["a@s", "c@s"]


@pytest.mark.parametrize(
    ("case", "drive"),
    [
        ("the next step decided", lambda: two().approve("one").act(e.Transferred, "two", to="x")),
        ("in order, the next decided", lambda: ballots("in_order", "one b c").approve("one").approve("b")),
        (
            "the one added after decided",
            lambda: ballots("all", "one b").act(e.Added, "one", to="x", where="after").approve("one").approve("x"),
        ),
    ],
)
def test_too_late_to_take_back(case: str, drive: Callable[[], Driver]) -> None:
    driver = drive()
    step = next(iter(driver.state.runs))[-1]
    assert driver.refused(lambda d: d.act(e.DecisionUndone, "one", step)) == "approval_acted"


def test_taking_back_after_the_end_is_refused() -> None:
    driver = two().approve("one").approve("two")
    assert driver.refused(lambda d: d.act(e.DecisionUndone, "two", "two")) == "approval_not_running"


# --- withdraw 撤回, urge 催办, cc 抄送 ---


def test_the_submitter_withdraws_and_who_waited_is_told() -> None:
    driver = two().send(e.Withdrawn(two().now, "sub"))
    assert (driver.state.status, driver.told("withdrawn")) == ("withdrawn", ["one"])


@pytest.mark.parametrize(
    ("policy", "acted", "answer"),
    [
        ("while_running", True, "accepted"),
        ("before_decision", False, "accepted"),
        ("before_decision", True, "approval_no_withdrawal"),
        ("never", False, "approval_no_withdrawal"),
    ],
)
def test_how_long_it_can_be_withdrawn(policy: str, acted: bool, answer: str) -> None:
    driver = Driver(flow(TWO, withdraw=policy)).submit()
    if acted:
        driver.approve("one")
    assert driver.refused(lambda d: d.send(e.Withdrawn(d.now, "sub"))) == answer


def test_reminders_are_throttled() -> None:
    driver = two()
    driver.send(e.Urged(driver.now, "sub"))
    assert driver.told("remind") == ["one"]
    assert driver.refused(lambda d: d.send(e.Urged(d.now + timedelta(minutes=13), "sub"))) == "approval_urged"
    driver.send(e.Urged(driver.now + timedelta(minutes=15), "sub"))
    assert driver.told("remind") == ["one"]


def test_a_copy_is_told_and_kept() -> None:
    driver = Driver(flow("[{cc: info, to: {role: x}}, {approve: one, approvers: {role: x}}]")).submit()
    assert (driver.told("cc"), driver.open()) == (["info"], ["one@one"])
    driver.act(e.Copied, "one", people=(e.Person("y"),))
    assert driver.state.copied == ("info", "y")


# --- what is refused ---

REFUSED: tuple[tuple[str, Callable[[Driver], Any], str], ...] = (
    ("another person's task 他人任务", lambda d: d.approve("one", actor="x"), "approval_not_yours"),
    ("no such task", lambda d: d.approve("one", ballot="nothing#1.1"), "approval_task_unknown"),
    ("to nobody", lambda d: d.act(e.Transferred, "one", to=""), "approval_no_candidate"),
    (
        "to who is no candidate 非候选人",
        lambda d: d.act(e.Transferred, "one", to="x", eligible=False),
        "approval_no_candidate",
    ),
    ("to oneself", lambda d: d.act(e.Transferred, "one", to="one"), "approval_already_there"),
    ("to a voter of the step 已在本节点", lambda d: d.act(e.Transferred, "one", to="eve"), "approval_already_there"),
    ("transfer to the submitter 转办给提交人", lambda d: d.act(e.Transferred, "one", to="sub"), "approval_own"),
    ("add the submitter 加签提交人", lambda d: d.act(e.Added, "one", to="sub"), "approval_own"),
    ("add a voter of the step", lambda d: d.act(e.Added, "one", to="eve"), "approval_already_there"),
    (
        "submitter substitutes 代理自批",
        lambda d: d.act(e.Decided, "one", actor="sub", substitute=True),
        "approval_own",
    ),
    ("a voter substitutes 一人两票", lambda d: d.act(e.Decided, "one", actor="eve", substitute=True), "approval_twice"),
    ("consult oneself", lambda d: d.act(e.Consulted, "one", to="one"), "approval_no_candidate"),
    ("abstain where nobody can 不可弃权", lambda d: d.abstain("one"), "approval_not_allowed"),
    ("remove who is not there", lambda d: d.act(e.VoterRemoved, "one", target="one#1.9"), "approval_decided"),
    ("remove somebody added nowhere", lambda d: d.act(e.VoterRemoved, "one", target=""), "approval_decided"),
    ("edit what is not editable 越权修改", lambda d: d.approve("one", changed=("amount",)), "approval_not_editable"),
    ("return to a later step", lambda d: d.return_("one", "two"), "approval_not_allowed"),
    ("undo what was not decided", lambda d: d.act(e.DecisionUndone, "one"), "approval_not_yours"),
    ("withdraw by another 他人撤回", lambda d: d.send(e.Withdrawn(d.now, "one")), "approval_not_yours"),
    ("urge by another 他人催办", lambda d: d.send(e.Urged(d.now, "one")), "approval_not_yours"),
    ("submit twice", lambda d: d.submit(), "approval_not_running"),
    ("resubmit what runs", lambda d: d.resubmit(), "approval_not_running"),
    ("an opinion nobody asked for", lambda d: d.act(e.OpinionGiven, "eve"), "approval_not_yours"),
    ("facts nobody asked for", lambda d: d.send(e.StepOpened(d.now, path=("one",))), "approval_not_asked"),
    ("retry what did not fail", lambda d: d.send(e.ApplyRetried(d.now)), "approval_not_running"),
)


@pytest.mark.parametrize(("case", "act", "code"), REFUSED)
def test_refused(case: str, act: Callable[[Driver], Any], code: str) -> None:
    driver = Driver(flow(TWO), {"one": ["one", "eve"]}).submit()
    assert driver.refused(act) == code


def restricted(keys: str) -> Approval:
    return flow(f"[{{approve: one, approvers: {{role: x}}, {keys}}}]")


@pytest.mark.parametrize(
    ("keys", "act", "code"),
    [
        ("may: []", lambda d: d.act(e.Transferred, "one", to="x"), "approval_not_allowed"),
        ("may: []", lambda d: d.act(e.Consulted, "one", to="x"), "approval_not_allowed"),
        ("may: []", lambda d: d.act(e.Added, "one", to="x"), "approval_not_allowed"),
        ("may: []", lambda d: d.return_("one"), "approval_not_allowed"),
        ("may: []", lambda d: d.act(e.Copied, "one", people=(e.Person("y"),)), "approval_not_allowed"),
        ("opinion: required", lambda d: d.approve("one"), "approval_opinion"),
        ("opinion: required", lambda d: d.approve("one", opinion=" "), "approval_opinion"),
        ("opinion: required", lambda d: d.approve("one", opinion="Yes."), "accepted"),
        ("opinion: on_reject", lambda d: d.reject("one"), "approval_opinion"),
        ("opinion: on_reject", lambda d: d.return_("one"), "approval_opinion"),
        ("opinion: on_reject", lambda d: d.approve("one"), "accepted"),
        ("signature: true", lambda d: d.approve("one"), "approval_signature"),
        ("signature: true", lambda d: d.approve("one", signed=True), "accepted"),
        ("editable: [amount]", lambda d: d.approve("one", changed=("amount",)), "accepted"),
        ("may: [abstain]", lambda d: d.abstain("one"), "accepted"),
    ],
)
def test_what_a_step_demands(keys: str, act: Callable[[Driver], Any], code: str) -> None:
    assert Driver(restricted(keys)).submit().refused(act) == code


def test_the_last_voter_stays() -> None:
    driver = ballots("all", "a").act(e.Added, "a", to="b", where="before")
    assert driver.refused(lambda d: d.act(e.VoterRemoved, "b", target="s#1.1")) == "approval_last_voter"


def test_who_abstained_does_not_count_as_left() -> None:
    steps = "[{approve: s, approvers: {role: x}, decision: all, may: [abstain, remove]}]"
    driver = Driver(flow(steps), {"s": ["a", "b"]}).submit().abstain("a")
    assert driver.refused(lambda d: d.act(e.VoterRemoved, "b", target="s#1.2")) == "approval_last_voter"


def test_nobody_is_removed_whose_absence_would_reject() -> None:
    driver = ballots("{at_least: 2}", "a b")
    assert driver.refused(lambda d: d.act(e.VoterRemoved, "a", target="s#1.2")) == "approval_last_voter"


def test_who_decided_elsewhere_cannot_decide_where_duties_are_separate() -> None:
    steps = TWO.replace(
        "approve: two, approvers: {role: x}", "approve: two, approvers: {role: x}, different_from: [one]"
    )
    driver = Driver(flow(steps), {"two": ["one", "b"]}).submit().approve("one")
    assert driver.open() == ["b@two"]
    assert driver.refused(lambda d: d.act(e.Transferred, "b", to="one")) == "approval_duties"
    assert driver.refused(lambda d: d.act(e.Decided, "b", actor="one", substitute=True)) == "approval_duties"
