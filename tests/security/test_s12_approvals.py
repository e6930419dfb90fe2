"""S12: who decides is checked as a person, what was seen is what is signed, silence needs a reason in writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from formline.errors import ConflictError
from formline.workflow.approvals import shell, tasks
from formline.workflow.approvals.state import RefusedError
from tests.fixtures.catalogs import problems_of
from tests.workflow.approvals.conftest import firm, open_firms  # noqa: F401  # fixtures
from tests.workflow.approvals.firm import APPROVAL, CONTRACT, Firm

Way = Callable[[Firm, UUID, str], Any]


def _act(action: str, **more: Any) -> Way:
    def way(at: Firm, key: UUID, ballot: str) -> Any:
        return shell.act(at.site, at.actor("boss"), key, ballot, action, to=at.ids["sam"], **more)

    return way


def _substitute(at: Firm, key: UUID, ballot: str) -> Any:
    with at.substituting("boss", "sam"):
        return shell.decide(at.site, at.actor("sam"), key, ballot, "approve")


def _reassign(at: Firm, key: UUID, ballot: str) -> Any:
    return shell.reassign(at.site, at.actor("kim"), key, ballot, at.ids["sam"])


WAYS: dict[str, Way] = {
    "transfer": _act("transfer"),
    "add before": _act("add", where="before"),
    "add after": _act("add", where="after"),
    "add beside": _act("add", where="beside"),
    "substitute": _substitute,
    "reassign": _reassign,
}


@pytest.mark.parametrize("way", WAYS)
def test_s12_nobody_decides_on_what_they_submitted_by_any_way(firm: Firm, way: str) -> None:  # noqa: F811
    key = firm.sign(firm.contract())
    assert key is not None
    with pytest.raises(RefusedError) as caught:
        WAYS[way](firm, key, firm.ballot(key, "boss"))
    assert caught.value.code == "approval_own"
    assert firm.open(key) == ["boss@manager"]


def test_s12_another_person_s_task_cannot_be_decided(firm: Firm) -> None:  # noqa: F811
    key = firm.sign(firm.contract())
    assert key is not None
    ballot = firm.ballot(key, "boss")
    for name in ("sam", "lea", "kim"):
        with pytest.raises(RefusedError):
            shell.decide(firm.site, firm.actor(name), key, ballot, "approve")
    assert firm.open(key) == ["boss@manager"]


def test_s12_what_was_seen_is_what_is_signed(firm: Firm) -> None:  # noqa: F811
    contract = firm.contract()
    key = firm.sign(contract)
    assert key is not None
    ballot = firm.ballot(key, "boss")
    seen = tasks.task(firm.site, firm.actor("boss"), key, ballot).seen
    firm.set_amount(contract, 777)
    with pytest.raises(ConflictError) as caught:
        shell.decide(firm.site, firm.actor("boss"), key, ballot, "approve", seen=seen)
    assert (caught.value.code, caught.value.status) == ("approval_changed", 409)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("due_in: 2wd", "due_in: 2wd\n    on_due: approve"),
        ("due_in: 2wd", "when_empty: skip"),
        ("due_in: 2wd", "when: amount > 5"),
    ],
)
def test_s12_silence_needs_a_reason_in_writing(old: str, new: str) -> None:
    risky = APPROVAL.replace(old, new)
    assert "risk-not-accepted" in {one.code for one in problems_of(CONTRACT, risky)}
    accepted = f"{risky}accept_risk: Small amounts.\n"
    assert "risk-not-accepted" not in {one.code for one in problems_of(CONTRACT, accepted)}
