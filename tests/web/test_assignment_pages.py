"""The dialog of a lead's assignment: reasons, and asking the rule again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from formline.runtime.access import Actor
from formline.runtime.unit import run_unit
from formline.web.auth import accounts
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def test_a_lead_is_assigned_by_its_rule_and_the_dialog_says_why(crm: Site, sign_in: Callable[[str], Person]) -> None:
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, "li")
    assert account is not None
    values = {"name": "Fresh", "organization": "Fresh", "phone": "13812345678", "owner": account.user_id}
    made: list[UUID] = run_unit(crm, Actor.system(), lambda unit: unit.create("lead", [values]))
    zhao, address = sign_in("zhao"), f"/o/lead/{made[0]}/assignment"
    page = zhao.get(address).text
    assert zhao.post(address, {"rule": "nothing"}, page).status_code == 404
    assert zhao.post(address, {"rule": "lead_owner"}, page).status_code == 303
    assert "tone-green" in zhao.get(address).text
    assert sign_in("wu").get(address).status_code == 404
