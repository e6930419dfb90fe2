"""Rights on writes that no whitelist can tell, through the write pipeline itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime.access import Actor, load_actor
from formline.runtime.queries import get
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from tests.runtime.firm import ALL_ROLE, DEFINITIONS

ROLES = """
kind: role
name: sales
label: Sales
objects:
  customer:
    create: true
    read: all
    update: department
    transfer: own
    fields: {phone: {edit: own, otherwise: read}, secret: hidden}
---
kind: role
name: personnel
label: Personnel
objects:
  user: {create: true, read: all, update: all, delete: all}
admin: [manage_users]
"""


@pytest.fixture
def site(make_site: Callable[..., Site], database_url: str) -> Site:
    return make_site([DEFINITIONS, ALL_ROLE, ROLES], database_url)


def _create(site: Site, object: str, actor: Actor | None = None, **values: Any) -> UUID:
    return run_unit(site, actor or Actor.system(), lambda unit: unit.create(object, [values]))[0]


def _update(site: Site, actor: Actor, object: str, key: UUID, **values: Any) -> None:
    run_unit(site, actor, lambda unit: unit.update(object, [Change(key, values)]))


def _actor(site: Site, key: UUID) -> Actor:
    with site.reading() as connection:
        return load_actor(connection, site.release, key)


def _stored(site: Site, object: str, key: UUID) -> dict[str, Any]:
    with site.reading() as connection:
        return get(connection, site.release, Actor.system(), object, key)


def test_fields_by_relation_and_owners_are_per_record(site: Site) -> None:
    place = _create(site, "department", name="East")
    ann = _create(site, "user", name="Ann", login="ann", roles=["sales"], department=place)
    bob = _create(site, "user", name="Bob", login="bob", roles=["sales"], department=place)
    actor = _actor(site, ann)
    mine = _create(site, "customer", actor, name="Mine", phone="13800001234")
    theirs = _create(site, "customer", _actor(site, bob), name="Theirs")
    far = _create(site, "customer", name="Far")
    _update(site, actor, "customer", mine, phone="13900000000", name="Mine, too")
    _update(site, actor, "customer", theirs, name="Ours")
    for values in ({"phone": "13900000000"}, {"owner": ann}, {"secret": "x"}, {"version": 9}, {"created_by": ann}):
        with pytest.raises(ValidationError):
            _update(site, actor, "customer", theirs, **values)
    with pytest.raises(AccessDeniedError):
        _update(site, actor, "customer", far, name="Near")
    _update(site, actor, "customer", mine, owner=bob)
    assert _stored(site, "customer", mine)["owner"] == bob
    assert _stored(site, "customer", theirs)["owner"] == bob
    assert _stored(site, "customer", theirs)["phone"] is None


def test_roles_are_given_within_ones_own_rights(site: Site) -> None:
    chief = _create(site, "user", name="Chief", login="chief", roles=["everything"])
    clerk = _create(site, "user", name="Clerk", login="clerk", roles=["personnel"])
    by_chief, by_clerk = _actor(site, chief), _actor(site, clerk)
    hired = _create(site, "user", by_clerk, name="New", login="new", roles=["personnel"])
    attempts: list[tuple[Actor, UUID, dict[str, Any]]] = [
        (by_clerk, hired, {"roles": ["everything"]}),
        (by_clerk, clerk, {"roles": []}),
        (by_clerk, chief, {"roles": []}),
        (by_chief, chief, {"active": False}),
    ]
    for actor, key, values in attempts:
        with pytest.raises((AccessDeniedError, ValidationError)):
            _update(site, actor, "user", key, **values)
    assert _stored(site, "user", hired)["roles"] == ("personnel",)
    assert _stored(site, "user", chief)["active"] is True


def test_the_last_administrator_stays(site: Site) -> None:
    chief = _create(site, "user", name="Chief", login="chief", roles=["everything"])
    clerk = _create(site, "user", name="Clerk", login="clerk", roles=["personnel"])
    by_clerk = _actor(site, clerk)
    with pytest.raises(AccessDeniedError):
        _update(site, by_clerk, "user", chief, active=False)
    with pytest.raises(AccessDeniedError):
        run_unit(site, by_clerk, lambda unit: unit.delete("user", [chief]))
    with pytest.raises(NotFoundError):
        run_unit(site, by_clerk, lambda unit: unit.delete("user", [UUID(int=7)]))
    assert _stored(site, "user", chief)["active"] is True


def test_a_role_given_by_the_unit_holds_at_once(site: Site) -> None:
    chief = _actor(site, _create(site, "user", name="Chief", login="chief", roles=["everything"]))
    key = _create(site, "customer", name="Secret Ltd", secret="s")
    ann = _create(site, "user", chief, name="Ann", login="ann")
    for roles, sees in ((["everything"], "s"), (["sales"], None), (["sales", "everything"], "s")):
        _update(site, chief, "user", ann, roles=roles)
        with site.reading() as connection:
            assert get(connection, site.release, _actor(site, ann), "customer", key).get("secret") == sees


THREE = """
kind: role
name: keeper
label: Keeper of rights
objects: {user: {create: true, read: all, update: all}}
admin: [manage_users, manage_access]
grants: business
excludes: [auditor]
---
kind: role
name: auditor
label: Auditor
admin: [read_audit]
"""


def test_a_keeper_of_rights_gives_business_roles_and_no_administration(
    make_site: Callable[..., Site], database_url: str
) -> None:
    site = make_site([DEFINITIONS, ALL_ROLE, ROLES, THREE], database_url)
    keeper = _actor(site, _create(site, "user", name="Keeper", login="keeper", roles=["keeper"]))
    person = _create(site, "user", keeper, name="Seller", login="seller", roles=["sales"])
    assert _stored(site, "user", person)["roles"] == ("sales",)
    for role in ("auditor", "everything"):
        with pytest.raises(AccessDeniedError, match="rights you do not hold"):
            _update(site, keeper, "user", person, roles=[role])
    _update(site, keeper, "user", person, roles=[])
    with pytest.raises(AccessDeniedError, match="own roles"):
        _update(site, keeper, "user", keeper.user_id, roles=["keeper", "sales"])  # type: ignore[arg-type]


def test_roles_that_exclude_each_other_are_not_held_together(make_site: Callable[..., Site], database_url: str) -> None:
    site = make_site([DEFINITIONS, ALL_ROLE, ROLES, THREE], database_url)
    chief = _actor(site, _create(site, "user", name="Chief", login="chief", roles=["everything"]))
    person = _create(site, "user", chief, name="Keeper", login="keeper", roles=["keeper"])
    with pytest.raises(AccessDeniedError, match="together"):
        _update(site, chief, "user", person, roles=["keeper", "auditor"])
    _update(site, chief, "user", person, roles=["auditor"])
