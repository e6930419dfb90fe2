"""The table of decisions 或签/会签/依次审批/票签: what the ballots of a step amount to, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from formline.workflow.approvals.events import Person
from tests.workflow.approvals.flows import Driver, flow

A, B, C, D = "a", "b", "c", "d"
CHAIR = Person("chair", weight=2)
LEGAL = Person("legal", veto=True)


def drive(decision: str, people: list[Any], votes: str, **more: str) -> Driver:
    """Cast ``a+ b- c0`` on one step: + approves, - rejects, 0 abstains; closed tasks are passed over."""
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    definition = flow(f"[{{approve: s, approvers: {{role: x}}, decision: {decision}{extra}}}]")
    driver = Driver(definition, {"s": people}).submit()
    for word in votes.split():
        who, sign = word[:-1], word[-1]
        if driver.state.ended or driver.ballot(who).status == "superseded":
            continue
        {"+": driver.approve, "-": driver.reject, "0": driver.abstain}[sign](who)
    return driver


@pytest.mark.parametrize(
    ("case", "decision", "people", "votes", "outcome"),
    [
        ("或签 first approve passes", "any", [A, B, C], "a+", "approved"),
        ("或签 first reject rejects", "any", [A, B, C], "b-", "rejected"),
        ("或签 the second is superseded", "any", [A, B], "a+ b-", "approved"),
        ("或签 default", "~", [A, B], "b+", "approved"),
        ("会签 waits for all", "all", [A, B, C], "a+ b+", "running"),
        ("会签 all approve", "all", [A, B, C], "c+ b+ a+", "approved"),
        ("会签 first reject", "all", [A, B, C], "a+ b-", "rejected"),
        ("会签 abstaining leaves the others", "all", [A, B, C], "a0 b+ c+", "approved"),
        ("会签 all abstain: nobody left", "all", [A, B], "a0 b0", "running"),
        ("依次 head only", "in_order", [A, B], "a+", "running"),
        ("依次 the last decides", "in_order", [A, B, C], "a+ b+ c+", "approved"),
        ("依次 reject ends it", "in_order", [A, B, C], "a+ b-", "rejected"),
        ("依次 abstaining passes it on", "in_order", [A, B], "a0 b+", "approved"),
        ("n人同意 reached", "{at_least: 2}", [A, B, C], "a+ c+", "approved"),
        ("n人同意 not yet", "{at_least: 2}", [A, B, C], "a+ b-", "running"),
        ("n人同意 cannot be reached", "{at_least: 2}", [A, B, C], "a- b-", "rejected"),
        ("n人同意 abstaining cannot approve", "{at_least: 2}", [A, B, C], "a0 b-", "rejected"),
        ("票签 2/3 reached early", "{vote: 2/3}", [A, B, C], "a+ b+", "approved"),
        ("票签 exact fraction", "{vote: 2/3}", [A, B, C, D, "e", "f"], "a+ b+ c+ d+", "approved"),
        ("票签 one less is not certain", "{vote: 2/3}", [A, B, C, D, "e", "f"], "a+ b+ c+", "running"),
        ("票签 cannot be reached", "{vote: 2/3}", [A, B, C], "a- b-", "rejected"),
        ("票签 half is enough for 1/2", "{vote: 1/2}", [A, B], "a- b+", "approved"),
        ("票签 weight counts", "{vote: 2/3}", [CHAIR, A], "chair+", "approved"),
        ("票签 weight against", "{vote: 2/3}", [CHAIR, A, B], "chair-", "rejected"),
        ("票签 abstaining lowers W", "{vote: 2/3}", [A, B, C], "c0 a+ b+", "approved"),
        ("票签 abstaining can decide", "{vote: 2/3}", [A, B, C, D], "a+ b+ c- d0", "approved"),
        ("票签 quorum waits", "{vote: 1/2, quorum: 3}", [A, B, C, D], "a+ b+", "running"),
        ("票签 quorum met", "{vote: 1/2, quorum: 3}", [A, B, C, D], "a+ b+ c-", "approved"),
        ("票签 who abstains is present", "{vote: 1/2, quorum: 3}", [A, B, C, D], "a+ b+ c0", "approved"),
        ("票签 all voted, not before", "{vote: 1/2, close: when_all_voted}", [A, B, C], "a+ b+", "running"),
        ("票签 all voted passes", "{vote: 1/2, close: when_all_voted}", [A, B, C], "a+ b+ c-", "approved"),
        ("票签 all voted rejects", "{vote: 2/3, close: when_all_voted}", [A, B, C], "a+ b- c-", "rejected"),
        ("一票否决 ends it", "{vote: 1/2}", [LEGAL, A, B, C], "legal-", "rejected"),
        ("一票否决 ends it at once", "{vote: 1/2, close: when_all_voted}", [LEGAL, A, B], "a+ legal-", "rejected"),
        ("一票否决 is waited for", "{vote: 1/2}", [LEGAL, A, B, C], "a+ b+ c+", "running"),
        ("一票否决 not used", "{vote: 1/2}", [LEGAL, A, B, C], "a+ b+ c- legal+", "approved"),
        ("一票否决 abstains", "{vote: 1/2}", [LEGAL, A, B], "a+ b+ legal0", "approved"),
        ("一票否决 in at_least", "{at_least: 1}", [LEGAL, A], "a+", "running"),
        ("全部弃权 nobody left", "{vote: 1/2}", [A, B], "a0 b0", "running"),
    ],
)
def test_a_decision(case: str, decision: str, people: list[Any], votes: str, outcome: str) -> None:
    may = "[abstain, return, transfer, add, remove]"
    driver = drive(decision, people, votes, may=may)
    assert driver.state.status == outcome
    assert driver.state.ended or driver.open()


def test_who_was_not_needed_is_told() -> None:
    driver = drive("any", [A, B, C], "a+")
    assert [one.status for one in driver.run_of("s").ballots] == ["approved", "superseded", "superseded"]
    assert driver.told("superseded") == ["b", "c"]


def test_in_order_only_the_head_is_open() -> None:
    driver = drive("in_order", [A, B], "")
    assert driver.open() == ["a@s"]
    assert driver.refused(lambda d: d.approve("b")) == "approval_not_your_turn"
    assert driver.approve("a").open() == ["b@s"]
    assert driver.told("task") == ["b"]


def test_nobody_left_goes_to_the_administrator_who_cannot_abstain() -> None:
    driver = drive("all", [A, B], "a0 b0", may="[abstain]")
    assert driver.open() == ["admin@s"]
    assert driver.refused(lambda d: d.abstain("admin")) == "approval_not_allowed"
    assert driver.approve("admin").state.status == "approved"


def test_fewer_people_than_the_rule_needs_are_as_good_as_none() -> None:
    driver = drive("{at_least: 3}", [A, B], "")
    assert driver.open() == ["admin@s"]
