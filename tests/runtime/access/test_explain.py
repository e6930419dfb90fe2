"""Explanations name the rule that decided and the smallest change that would turn the answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from formline.runtime.access import Actor
from formline.runtime.access.explain import explain
from formline.runtime.access.permitted import permitted
from formline.runtime.keys import uuid7
from tests.runtime.firm import Firm

ROLES = """
kind: role
name: sales
label: Sales
objects: {customer: {create: true, read: own, update: own_and_reports, actions: [win]}}
---
kind: role
name: analyst
label: Analyst
objects: {customer: {read: rank > 5}}
"""


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(ROLES)


def _rules(firm: Firm, actor: Actor, key: object, right: str = "read") -> tuple[bool, dict[str, bool], str]:
    found = explain(firm.connection, firm.release, actor, "customer", key, right)  # type: ignore[arg-type]
    return found.allowed, {ground.rule: ground.holds for ground in found.grounds}, found.change


def test_the_rule_that_decides_is_named(firm: Firm) -> None:
    actor = firm.user("sales", "analyst")
    mine, ranked = firm.add("customer", name="A", owner=actor.user_id), firm.add("customer", name="B", rank=9)
    shared = "a share of the record: read"
    assert _rules(firm, actor, mine) == (
        True,
        {"role analyst: read rank > 5": False, "role sales: read own": True, shared: False},
        "without role sales: read own",
    )
    assert _rules(firm, actor, ranked)[1]["role analyst: read rank > 5"]


def test_the_smallest_change_is_named(firm: Firm) -> None:
    chief = firm.user("sales")
    clerk = firm.user("sales", manager=chief.user_id)
    theirs = firm.add("customer", name="A", owner=clerk.user_id)
    allowed, grounds, change = _rules(firm, firm.actor(chief.user_id), theirs)  # type: ignore[arg-type]
    assert (allowed, change) == (False, "a role with read: own_and_reports, or a share of the record")
    assert not any(grounds.values())
    allowed, grounds, change = _rules(firm, firm.actor(chief.user_id), theirs, "update")  # type: ignore[arg-type]
    assert (allowed, change) == (False, "the record must be readable, too: explain read")


def test_plain_rights_absent_records_and_the_system(firm: Firm) -> None:
    actor, key = firm.user("sales"), firm.add("customer", name="A")
    assert _rules(firm, actor, key, "create") == (True, {"role sales: create": True}, "")
    assert _rules(firm, actor, key, "win")[0]
    assert _rules(firm, actor, key, "lose") == (False, {}, "a role with lose on customer")
    assert _rules(firm, actor, uuid7()) == (False, {"there is no such record": False}, "")
    assert _rules(firm, Actor.system(), key)[0]


@pytest.mark.parametrize("right", ["read", "update", "delete", "export", "transfer"])
def test_explanations_agree_with_the_rights(firm: Firm, right: str) -> None:
    actor = firm.user("sales", "analyst")
    keys = firm.add_all("customer", [{"name": "A", "owner": actor.user_id}, {"name": "B"}, {"name": "C", "rank": 9}])
    found = permitted(firm.connection, firm.release, actor, "customer", keys, right)
    assert {key for key in keys if _rules(firm, actor, key, right)[0]} == found
