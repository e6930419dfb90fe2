"""What deciders change while they decide, in lines too; on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.workflow.approvals import shell
from formline.workflow.approvals.state import RefusedError
from tests.fixtures.sites import MakeSite
from tests.workflow.approvals.firm import CONTRACT, ORGANISATION, Firm

LINE = """
kind: object
name: contract_line
fields:
  name: {type: text, required: true}
  contract: {type: parent, to: contract, reverse: lines}
  price: {type: decimal}
  floor: {type: decimal}
---
kind: approval
name: signing
object: contract
guards: {transition: sign}
steps: [{approve: pricing, approvers: {role: finance}, decision: all, editable: [lines.floor]}]
"""


@pytest.fixture
def firm(make_site: MakeSite, database_url: str) -> Firm:
    """Return a firm whose contracts have lines."""
    return Firm(make_site([*ORGANISATION.values(), CONTRACT, LINE], database_url))


def add_lines(firm: Firm, contract: UUID) -> list[UUID]:
    rows = [{"name": name, "contract": contract, "price": 10, "floor": 8} for name in ("A", "B")]
    found: list[UUID] = firm._as(Actor.system(), lambda unit: unit.create("contract_line", rows))
    return found


def floors(firm: Firm) -> dict[UUID, Any]:
    model = firm.site.release.model("contract_line")
    with firm.site.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(select(model.id, model.by_key["floor"]))}


def fay(firm: Firm, key: UUID, lines: Mapping[UUID, Mapping[str, Any]]) -> str:
    values = {"lines": lines}
    return shell.decide(firm.site, firm.actor("fay"), key, firm.ballot(key, "fay"), "approve", values=values)


def test_columns_the_step_names_are_changed_in_lines_of_the_record(firm: Firm) -> None:
    contract = firm.contract()
    first, second = add_lines(firm, contract)
    key = firm.sign(contract)
    assert key is not None
    assert fay(firm, key, {first: {"floor": 7}}) == "running"
    assert floors(firm) == {first: 7, second: 8}


def test_nothing_else_is_changed(firm: Firm) -> None:
    contract = firm.contract()
    first, _ = add_lines(firm, contract)
    other, _ = add_lines(firm, firm.contract())
    key = firm.sign(contract)
    assert key is not None
    before = floors(firm)
    for lines in ({first: {"price": 1}}, {first: {"floor": 7}, other: {"floor": 1}}):
        with pytest.raises(RefusedError) as refused:
            fay(firm, key, lines)
        assert refused.value.code == "approval_not_editable"
    assert floors(firm) == before


BEFORE = """
kind: approval
name: raising
label: Raising
object: contract
guards: {update: [amount]}
when: amount > old.amount
lock: fields
steps:
  - {approve: seen, approvers: {role: legal}}
  - {approve: doubled, when: amount >= old.amount * 2, approvers: {role: finance}}
"""


def test_conditions_compare_with_the_values_before(make_site: MakeSite, database_url: str) -> None:
    firm = Firm(make_site([*ORGANISATION.values(), CONTRACT, BEFORE], database_url))
    contract = firm.contract(1000)
    assert firm.change(contract, amount=900) is None
    key = firm.change(contract, amount=2000)
    assert key is not None
    shell.decide(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "approve")
    assert firm.open(key) == ["fay@doubled", "flo@doubled", "fritz@doubled"]
    shell.decide(firm.site, firm.actor("fay"), key, firm.ballot(key, "fay"), "approve")
    assert firm.record(contract)["amount"] == 2000
    again = firm.change(contract, amount=2100)
    assert again is not None
    assert shell.decide(firm.site, firm.actor("lea"), again, firm.ballot(again, "lea"), "approve") == "approved"
