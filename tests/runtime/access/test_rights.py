"""What roles allow: unions, fields, defaults, parents, administration; no database needed beyond the release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from formline.errors import AccessDeniedError
from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.access.administration import check_user_change, exceeding, last_holders, require
from formline.runtime.access.rights import rights_of_roles
from formline.runtime.keys import uuid7
from tests.runtime.firm import Firm

ROLES = """
kind: role
name: sales
label: Sales
objects:
  customer: {create: true, read: own, update: own, fields: {phone: masked, secret: read}}
  contact: {read: department, fields: {mobile: {read: own_and_team, otherwise: masked}}}
---
kind: role
name: boss
label: Boss
includes: [sales]
objects:
  customer: {read: department_and_below, update: own, transfer: own, fields: {email: hidden}}
---
kind: role
name: auditor
label: Auditor
objects:
  customer: {read: all}
---
kind: role
name: assistant
label: Assistant
objects:
  customer: {read: all, update: all}
  line: {fields: {amount: hidden}}
  company: {fields: {currency: masked}}
---
kind: role
name: personnel
label: Personnel
objects:
  user: {create: true, read: all, update: all}
admin: [manage_users]
---
kind: role
name: planner
label: Planner
objects:
  department: {create: true, update: all}
---
kind: role
name: dealer
label: Dealer
audience: external
objects:
  customer: {read: account_and_below}
"""


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(ROLES)


@pytest.mark.parametrize(
    ("roles", "right", "scopes"),
    [
        (["sales"], "read", ("own",)),
        (["boss"], "read", ("department_and_below", "own")),
        (["sales", "auditor"], "read", ("all",)),
        (["sales", "auditor"], "update", ("own",)),
        (["auditor"], "update", ()),
        ([], "read", ()),
        (["unknown"], "read", ()),
    ],
)
def test_scopes_add_up(firm: Firm, roles: list[str], right: str, scopes: tuple[str, ...]) -> None:
    assert rights_of_roles(firm.release, roles).object("customer").scopes(right) == scopes


@pytest.mark.parametrize(
    ("roles", "field", "level"),
    [
        (["sales"], "name", "edit"),
        (["sales"], "phone", "masked"),
        (["sales"], "secret", "read"),
        (["auditor"], "name", "read"),
        (["auditor"], "phone", "read"),
        (["auditor"], "secret", "hidden"),
        (["sales", "auditor"], "phone", "read"),  # a second role never takes anything away
        (["boss"], "phone", "edit"),  # the boss's own entry gives it, beyond the included role
        (["boss"], "email", "hidden"),  # listed in the role itself, so what it includes does not count
        (["sales"], "owner", "read"),
        (["boss"], "owner", "edit"),
        (["sales"], "created_at", "read"),
        ([], "name", "hidden"),
        (["sales"], "no_such_field", "hidden"),
    ],
)
def test_levels_of_fields(firm: Firm, roles: list[str], field: str, level: str) -> None:
    assert rights_of_roles(firm.release, roles).object("customer").field(field) == level


def test_level_by_relation_has_a_floor_and_a_best(firm: Firm) -> None:
    access = rights_of_roles(firm.release, ["sales"]).object("contact").level_of("mobile")
    assert (access.level, access.best, access.raised) == ("masked", "read", (("read", "own_and_team"),))


def test_default_access_is_for_people_inside(firm: Firm) -> None:
    assert rights_of_roles(firm.release, []).object("department").scopes("read") == ("all",)
    assert rights_of_roles(firm.release, ["dealer"]).object("department").scopes("read") == ()
    assert rights_of_roles(firm.release, []).object("department").writable == frozenset()
    assert "name" in rights_of_roles(firm.release, ["planner"]).object("department").writable


def test_a_parent_controls_its_lines(firm: Firm) -> None:
    lines = rights_of_roles(firm.release, ["sales"]).object("line")
    assert lines.scopes("read") == ("parent",)
    assert lines.can("create")
    assert lines.field("amount") == "edit"
    assert not rights_of_roles(firm.release, []).object("line").can("read")
    assert not rights_of_roles(firm.release, ["auditor"]).object("line").can("create")


@pytest.mark.parametrize(
    ("roles", "object_name", "field", "level"),
    [
        (["assistant"], "line", "amount", "hidden"),
        (["assistant"], "line", "name", "edit"),
        (["assistant"], "company", "currency", "masked"),
        ([], "company", "currency", "read"),
        (["assistant", "sales"], "line", "amount", "hidden"),
    ],
)
def test_what_a_role_says_of_a_field_stands_before_default_access(
    firm: Firm, roles: list[str], object_name: str, field: str, level: str
) -> None:
    assert rights_of_roles(firm.release, roles).object(object_name).field(field) == level


def test_writable_is_a_whitelist(firm: Firm) -> None:
    writable = rights_of_roles(firm.release, ["sales"]).object("customer").writable
    assert "name" in writable
    assert not writable & {"id", "version", "created_at", "owner", "phone", "secret", "deleted_at"}
    assert "owner" in rights_of_roles(firm.release, ["boss"]).object("customer").writable


def _as(*roles: str) -> Actor:
    return Actor(ActorKind.USER, uuid7(), frozenset(roles))


def test_nobody_grants_what_they_do_not_hold(firm: Firm) -> None:
    chief, clerk, other = _as("everything"), _as("personnel"), uuid7()
    check_user_change(firm.release, clerk, other, {"roles": ()}, {"roles": ("personnel",)})
    with pytest.raises(AccessDeniedError, match="auditor"):
        check_user_change(firm.release, clerk, other, {"roles": ()}, {"roles": ("auditor",)})
    with pytest.raises(AccessDeniedError, match="everything"):
        check_user_change(firm.release, clerk, other, {"roles": ("everything",)}, {"roles": ()})
    check_user_change(firm.release, chief, other, {}, {"roles": ("auditor", "sales")})


def test_nobody_changes_their_own_roles(firm: Firm) -> None:
    chief = _as("everything")
    with pytest.raises(AccessDeniedError) as caught:
        check_user_change(firm.release, chief, chief.user_id, {"roles": ("everything",)}, {"roles": ()})
    assert caught.value.code == "own_roles"
    check_user_change(firm.release, chief, chief.user_id, {"name": "A"}, {"name": "B"})


@pytest.mark.parametrize("field", ["department", "manager", "company"])
def test_nobody_widens_their_own_reach(firm: Firm, field: str) -> None:
    clerk = _as("personnel")
    with pytest.raises(AccessDeniedError) as caught:
        check_user_change(firm.release, clerk, clerk.user_id, {field: uuid7()}, {field: uuid7()})
    assert caught.value.code == "own_reach"
    check_user_change(firm.release, clerk, uuid7(), {field: None}, {field: uuid7()})


def test_what_decides_about_rights_needs_manage_users(firm: Firm) -> None:
    with pytest.raises(AccessDeniedError, match="manage_users"):
        check_user_change(firm.release, _as("sales"), uuid7(), {"manager": None}, {"manager": uuid7()})
    with pytest.raises(AccessDeniedError, match="read_audit"):
        require(firm.release, _as("personnel"), "read_audit")


def test_the_last_holder_is_known(firm: Firm) -> None:
    last = firm.add("user", name="Last", active=True, roles=("everything",))
    firm.add("user", name="Clerk", active=True, roles=("personnel",))
    firm.add("user", name="Former", active=False, roles=("everything",))
    assert "manage_access" in last_holders(firm.connection, firm.release, [last])
    assert "manage_users" not in last_holders(firm.connection, firm.release, [last])


def test_the_first_missing_right_is_named(firm: Firm) -> None:
    held = rights_of_roles(firm.release, ["auditor"])
    assert exceeding(held, rights_of_roles(firm.release, ["sales"])) == "read on contact"
    assert exceeding(held, held) == ""
