"""S5, rights do not grow by themselves: what an administrator of people may do with people who may do more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from formline.runtime.access import Actor
from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.unit import Change, run_unit
from formline.web.auth import accounts
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

PERSONNEL = """
kind: role
name: personnel
label: Personnel
includes: [sales]
objects:
  customer: {create: true, read: department, update: own, delete: own, transfer: own}
  user: {create: true, read: all, update: all}
apps: [sales, administration]
admin: [manage_users]
"""


def user_id(site: Site, login: str) -> UUID:
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None
    return account.user_id


@pytest.fixture
def personnel(crm: Site, sign_in: Callable[[str], Person]) -> Person:
    """Return somebody who manages people and otherwise sells."""
    apply(crm, plan(crm, candidate(crm.settings, {"roles/personnel.yaml": PERSONNEL})), "personnel", Author("test"))
    change = Change(user_id(crm, "wu"), {"roles": ["personnel"]})
    run_unit(crm, Actor.system(), lambda unit: unit.update("user", [change]))
    return sign_in("wu")


def test_passwords_are_set_only_for_who_may_not_do_more(crm: Site, personnel: Person) -> None:
    page = personnel.get("/profile").text
    statuses = {
        login: personnel.post(f"/people/{user_id(crm, login)}/password", {}, page).status_code
        for login in ("wang", "zhao", "admin", "wu")
    }
    assert statuses == {"wang": 200, "zhao": 403, "admin": 403, "wu": 403}
