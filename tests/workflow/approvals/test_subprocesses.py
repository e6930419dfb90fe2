"""Approvals inside an approval: started, reported, stopped, and seen as one; on both databases."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.tables import approval
from formline.workflow.approvals import previewing, shell
from formline.workflow.approvals.state import RefusedError
from tests.fixtures.sites import MakeSite
from tests.workflow.approvals.firm import CONTRACT, ORGANISATION, Firm

OUTER = """
kind: approval
name: signing
label: Signing
object: contract
guards: {transition: sign}
steps:
  - approve: first
    approvers: {managers_of: owner}
  - subprocess: review
    approval: legal_review
  - approve: last
    approvers: {role: finance}
    return_to: [first, submitter]
"""
INNER = """
kind: approval
name: legal_review
label: Legal review
object: contract
guards: subprocess
when: amount > 100
steps:
  - approve: reading
    approvers: {role: legal}
    return_to: [submitter]
    editable: [discount]
"""


@pytest.fixture
def firm(make_site: MakeSite, database_url: str) -> Firm:
    """Return a firm whose contracts take another approval on their way."""
    return Firm(make_site([*ORGANISATION.values(), CONTRACT, OUTER, INNER], database_url))


def started(firm: Firm, amount: int = 1000) -> tuple[UUID, UUID]:
    """Return a contract and its approval, which the manager has passed on."""
    contract = firm.contract(amount)
    key = firm.sign(contract)
    assert key is not None
    decide(firm, key, "boss")
    return contract, key


def part_of(firm: Firm, key: UUID) -> UUID | None:
    """Return the newest part of an approval."""
    wanted = select(approval.c.id).where(approval.c.parent_id == key).order_by(approval.c.id.desc()).limit(1)
    with firm.site.reading() as connection:
        found: UUID | None = connection.execute(wanted).scalar()
    return found


def decide(firm: Firm, key: UUID, who: str, choice: str = "approve", **more: object) -> str:
    return shell.decide(firm.site, firm.actor(who), key, firm.ballot(key, who), choice, opinion="So.", **more)  # type: ignore[arg-type]


def test_the_outer_approval_waits_for_its_part(firm: Firm) -> None:
    contract, key = started(firm)
    part = part_of(firm, key)
    assert part is not None
    assert (firm.open(key), firm.open(part)) == ([], ["lea@reading"])
    assert firm.state(contract) == ("draft", "pending")
    assert decide(firm, part, "lea") == "approved"
    assert firm.open(key) == ["fay@last", "flo@last", "fritz@last"]
    assert firm.state(contract) == ("draft", "pending")
    assert decide(firm, key, "fay") == "approved"
    assert firm.state(contract) == ("signed", "approved")


def test_a_reject_in_the_part_rejects_the_whole(firm: Firm) -> None:
    contract, key = started(firm)
    part = part_of(firm, key)
    assert part is not None
    decide(firm, part, "lea", "reject")
    assert (firm.status(part), firm.status(key)) == ("rejected", "rejected")
    assert firm.state(contract) == ("draft", "rejected")


def test_a_part_that_does_not_apply_is_skipped(firm: Firm) -> None:
    _, key = started(firm, 50)
    assert part_of(firm, key) is None
    assert firm.open(key) == ["fay@last", "flo@last", "fritz@last"]


def test_withdrawing_the_whole_stops_the_part_and_the_part_alone_cannot_be_withdrawn(firm: Firm) -> None:
    contract, key = started(firm)
    part = part_of(firm, key)
    assert part is not None
    with pytest.raises(RefusedError) as refused:
        shell.withdraw(firm.site, firm.actor("sam"), part)
    assert refused.value.code == "approval_part"
    assert shell.withdraw(firm.site, firm.actor("sam"), key) == "withdrawn"
    assert (firm.status(part), firm.open(part)) == ("stopped", [])
    assert firm.state(contract) == ("draft", "withdrawn")


def test_a_return_before_the_part_starts_it_anew(firm: Firm) -> None:
    _, key = started(firm)
    first = part_of(firm, key)
    assert first is not None
    decide(firm, first, "lea")
    shell.act(firm.site, firm.actor("fay"), key, firm.ballot(key, "fay"), "return", step="first", opinion="Again.")
    decide(firm, key, "boss")
    second = part_of(firm, key)
    assert second not in (None, first)
    assert (firm.status(first), firm.open(second)) == ("approved", ["lea@reading"])  # type: ignore[arg-type]


def test_what_a_step_of_the_part_edits_is_on_the_record(firm: Firm) -> None:
    contract, key = started(firm)
    part = part_of(firm, key)
    assert part is not None
    decide(firm, part, "lea", values={"discount": 5})
    decide(firm, key, "flo")
    assert firm.record(contract)["discount"] == 5


def test_after_a_return_by_the_part_the_submitter_revises_the_record(firm: Firm) -> None:
    contract, key = started(firm)
    part = part_of(firm, key)
    assert part is not None
    shell.act(firm.site, firm.actor("lea"), part, firm.ballot(part, "lea"), "return", opinion="Say more.")
    assert (firm.status(part), firm.status(key)) == ("returned", "running")
    firm.change(contract, note="More.")
    shell.resubmit(firm.site, firm.actor("sam"), part)
    assert firm.open(part) == ["lea@reading"]
    decide(firm, part, "lea")
    decide(firm, key, "flo")
    assert firm.state(contract) == ("signed", "approved")


def test_the_preview_goes_through_the_part(firm: Firm) -> None:
    contract = firm.contract()
    found = previewing.preview(firm.site, firm.actor("sam"), "contract", contract, transition="sign")
    assert found is not None
    assert found.status == "approved"
    assert [step.name for step in found.steps] == ["first", "reading", "last"]
