"""The worked examples of approvals load, and mean what their requirement says."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from formline.workflow.approvals.definition import Approval, Decision
from tests.fixtures.catalogs import catalog_from, problems_of
from tests.workflow.approvals.flows import Driver

SHOP = (Path(__file__).parent / "shop.yaml").read_text(encoding="utf-8")
EXAMPLES = Path(__file__).parents[2] / "metadata" / "examples"
#: A fragment: it returns to a step that the whole flow has.
MANAGER = "steps:\n  - approve: manager\n    approvers: {managers_of: owner}\n"


def text_of(number: str) -> str:
    text = next(EXAMPLES.glob(f"{number}_*.yaml")).read_text(encoding="utf-8")
    return text.replace("steps:\n", MANAGER) if number == "09" else text


def example(number: str, name: str) -> Approval:
    built: Approval = catalog_from(SHOP, text_of(number)).get("approval", name)
    return built


@pytest.mark.parametrize("number", ["04", "05", "06", "07", "08", "09", "10", "11", "12"])
def test_an_example_loads(number: str) -> None:
    told = "kind: notification\nname: contract_rejected\nlabel: Rejected\nobject: contract\n"
    codes = {one.code for one in problems_of(SHOP, told, text_of(number))}
    assert codes <= {"null-comparison"}


def test_the_authority_matrix_names_what_must_be_filled_in() -> None:
    bid = example("04", "bid_approval")
    assert bid.requires == ("region", "product_line", "amount")
    assert bid.reads["authority"] >= {"region", "product_line", "amount"}


def test_the_committee_collects_all_votes_and_legal_may_stop_it() -> None:
    committee: Any = example("07", "bid_committee").blocks["committee"]
    assert committee.decision == Decision("vote", share=Fraction(2, 3), quorum=5, close="when_all_voted")
    assert [(one.get("weight"), one.get("veto")) for one in committee.approvers] == [
        (2, None),
        (None, None),
        (None, True),
    ]


def test_each_product_manager_signs_the_own_lines_only() -> None:
    driver = Driver(example("08", "quote_approval"), items=["ann", "bob"]).submit()
    assert driver.open() == ["ann@own_lines", "bob@own_lines"]
    assert driver.approve("ann").open() == ["bob@own_lines"]
    assert driver.approve("bob").state.status == "approved"


def test_legal_returns_without_losing_what_finance_said_and_gets_it_straight_back() -> None:
    driver = Driver(example("09", "contract_approval")).submit().approve("manager").approve("finance")
    assert driver.open() == ["legal@legal"]
    assert driver.refused(lambda d: d.return_("legal", "finance", opinion="no")) == "approval_not_allowed"
    assert driver.refused(lambda d: d.reject("legal")) == "approval_opinion"
    driver.reject("legal", opinion="Clause 7.")
    assert driver.state.status == "returned"
    driver.resubmit("note")
    assert driver.open() == ["legal@legal"]
    assert driver.approve("legal").state.status == "approved"


def test_only_some_fields_of_a_customer_wait() -> None:
    change = example("12", "credit_change")
    assert (change.guard.event, change.guard.fields, change.lock) == (
        "update",
        ("credit_limit", "payment_terms"),
        "fields",
    )
