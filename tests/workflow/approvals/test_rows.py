"""Rows in the form of a record that waits for agreement: locked with it, by whatever way they are written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from formline.errors import FormlineError, NotFoundError, ValidationError
from formline.runtime.unit import Change, Unit
from formline.workflow.approvals import shell
from tests.workflow.approvals.firm import Firm


def _with_item(firm: Firm, amount: int = 1000) -> tuple[UUID, UUID]:
    """Write a contract with one item; return both ids."""
    contract = firm.contract(amount)
    return contract, firm.write("sam", lambda unit: unit.create("contract_item", [_item(contract)]))[0]


def _item(contract: UUID) -> dict[str, Any]:
    return {"contract": contract, "price": 100}


def _change(unit: Unit, item: UUID) -> None:
    unit.update("contract_item", [Change(item, {"price": 1})])


def _change_with_parent(unit: Unit, contract: UUID, item: UUID) -> None:
    unit.update("contract", [Change(contract, {"items": [{"id": item, "price": 1}]})])


def test_while_it_runs_rows_are_locked_with_the_record(firm: Firm) -> None:
    contract, item = _with_item(firm)
    deleted = firm.write("sam", lambda unit: unit.create("contract_item", [_item(contract)]))[0]
    deletion = firm.write("sam", lambda unit: unit.delete("contract_item", [deleted])).deletion_id
    elsewhere = _with_item(firm)[1]
    firm.sign(contract)
    ways: dict[str, Any] = {
        "change": lambda unit: _change(unit, item),
        "change with the record": lambda unit: _change_with_parent(unit, contract, item),
        "add": lambda unit: unit.create("contract_item", [_item(contract)]),
        "bring along": lambda unit: unit.update("contract_item", [Change(elsewhere, {"contract": contract})]),
        "take away": lambda unit: unit.delete("contract_item", [item]),
        "bring back": lambda unit: unit.restore(deletion),
    }
    for way, work in ways.items():
        with pytest.raises(FormlineError) as caught:
            firm.write("sam", work)
        error = caught.value
        codes = {one.code for one in error.errors} if isinstance(error, ValidationError) else {error.code}
        assert codes == {"approval_locked"}, way


def test_who_may_not_restore_learns_of_no_approval(firm: Firm) -> None:
    contract, item = _with_item(firm)
    deletion = firm.write("sam", lambda unit: unit.delete("contract_item", [item])).deletion_id
    firm.sign(contract)
    with pytest.raises(NotFoundError):
        firm.write("kim", lambda unit: unit.restore(deletion))


def test_rows_of_other_records_stay_free(firm: Firm) -> None:
    firm.sign(firm.contract())
    _, item = _with_item(firm)
    firm.write("sam", lambda unit: _change(unit, item))


def test_what_came_back_may_be_revised_by_who_submitted_it(firm: Firm) -> None:
    contract, item = _with_item(firm, 600_000)
    key = firm.sign(contract)
    assert key is not None
    shell.decide(firm.site, firm.actor("boss"), key, firm.ballot(key, "boss"), "approve")
    shell.act(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "return", opinion="Lower it.")
    firm.write("sam", lambda unit: _change(unit, item))
    firm.write("sam", lambda unit: _change_with_parent(unit, contract, item))


def test_an_approval_that_locks_its_fields_alone_leaves_rows_free(firm: Firm) -> None:
    contract, item = _with_item(firm)
    key = firm.sign(contract)
    assert key is not None
    shell.decide(firm.site, firm.actor("boss"), key, firm.ballot(key, "boss"), "approve")
    assert firm.change(contract, amount=5000) is not None
    firm.write("sam", lambda unit: _change(unit, item))


def test_a_contract_in_approval_is_deleted_with_its_rows_once_that_is_agreed(firm: Firm) -> None:
    contract, item = _with_item(firm)
    key = firm.write("sam", lambda unit: shell.submit_deletion(unit, "contract", contract))
    with pytest.raises(FormlineError):
        firm.write("sam", lambda unit: unit.delete("contract_item", [item]))
    assert shell.decide(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "approve") == "approved"
