"""What the actor may write: rights on records before and after, on fields, on transitions, on what is referred to."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest

from formline.errors import AccessDeniedError, FormlineError, NotFoundError
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from tests.runtime.unit.shop import add, change, create, drop, stored, write
from tests.runtime.unit.test_values import refused


def person(site: Site, login: str, *roles: str) -> Actor:
    """Return a new user as actor."""
    key = add(site, "user", name=login, login=login, roles=roles)
    with site.reading() as connection:
        return load_actor(connection, site.release, key)


@pytest.fixture
def clerk(site: Site) -> Actor:
    """Return somebody with the role clerk."""
    return person(site, "clerk", "clerk")


@pytest.fixture
def own(site: Site, clerk: Actor) -> UUID:
    """Return a contract of the clerk."""
    return add(site, "contract", actor=clerk, name="Own", amount=100, instalments=[{"amount": 10}])


def test_a_new_record_belongs_to_its_writer(site: Site, clerk: Actor, own: UUID) -> None:
    record = stored(site, "contract", own)
    assert (record["owner"], record["created_by"], record["updated_by"]) == (clerk.user_id,) * 3


def test_department_and_company_come_from_the_owner(site: Site) -> None:
    company = add(site, "company", name="Acme Ltd", code="AC")
    department = add(site, "department", name="Sales")
    owner = add(site, "user", name="O", login="o", company=company, department=department)
    key = add(site, "contract", name="K", owner=owner)
    record = stored(site, "contract", key)
    assert (record["owner"], record["department"], record["company"]) == (owner, department, company)
    other = add(site, "user", name="P", login="p")
    change(site, "contract", key, owner=other)
    assert stored(site, "contract", key)["department"] is None


def test_without_the_right_nothing_is_created(site: Site) -> None:
    nobody = person(site, "nobody")
    with pytest.raises(AccessDeniedError):
        add(site, "contract", actor=nobody, name="K")


def test_a_record_that_may_not_be_read_looks_absent(site: Site, clerk: Actor) -> None:
    foreign = add(site, "contract", name="Foreign")
    errors: list[FormlineError] = []
    for work in (
        lambda: change(site, "contract", foreign, actor=clerk, name="X"),
        lambda: drop(site, "contract", foreign, actor=clerk),
        lambda: write(site, lambda unit: unit.transition("contract", [foreign], "sign"), clerk),
    ):
        with pytest.raises(NotFoundError) as error:
            work()
        errors.append(error.value)
    assert len({error.message for error in errors}) == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [({"note": "x"}, "not_writable"), ({"tags": ["red"]}, "unknown_field"), ({"owner": None}, "not_writable")],
)
def test_fields_are_written_as_the_role_says(
    site: Site, clerk: Actor, own: UUID, values: dict[str, object], code: str
) -> None:
    name = next(iter(values))
    assert refused(lambda: change(site, "contract", own, actor=clerk, **values)) == [(name, code)]


def test_a_lookup_takes_only_what_the_actor_could_pick(site: Site, clerk: Actor, own: UUID) -> None:
    foreign = add(site, "customer", name="Foreign", level="a")
    mine = add(site, "customer", actor=clerk, name="Mine", level="a")
    assert refused(lambda: change(site, "contract", own, actor=clerk, customer=foreign)) == [
        ("customer", "no_such_record")
    ]
    change(site, "contract", own, actor=clerk, customer=mine)
    change(site, "contract", own, customer=foreign)
    change(site, "contract", own, actor=clerk, customer=foreign, name="The unreadable value may stay")
    assert stored(site, "contract", own)["customer"] == foreign


def test_a_transition_needs_the_right_to_it(site: Site, clerk: Actor, own: UUID) -> None:
    write(site, lambda unit: unit.transition("contract", [own], "sign"), clerk)
    assert stored(site, "contract", own)["status"] == "active"
    close = [("", "transition_not_allowed")]
    assert (
        refused(lambda: write(site, lambda unit: unit.transition("contract", [own], "close", {"reason": "r"}), clerk))
        == close
    )


def test_a_transition_that_names_people_is_for_them(site: Site, clerk: Actor, own: UUID) -> None:
    boss = person(site, "boss", "boss")
    for actor, name, allowed in (
        (boss, "hand_in", False),
        (clerk, "hand_in", True),
        (clerk, "take_back", False),
        (boss, "take_back", True),
    ):
        write(site, lambda unit: unit.transition("contract", [own], "sign"))
        press = partial(write, site, lambda unit, name=name: unit.transition("contract", [own], name), actor)
        if allowed:
            press()
        else:
            assert refused(press) == [("", "transition_not_allowed")]
            write(site, lambda unit: unit.transition("contract", [own], "hand_in"))


def test_rollups_follow_though_the_actor_may_not_touch_the_parent(site: Site, clerk: Actor, own: UUID) -> None:
    foreign = add(site, "customer", name="Foreign", level="a")
    change(site, "contract", own, customer=foreign)
    change(site, "contract", own, actor=clerk, amount=70)
    record = stored(site, "customer", foreign)
    assert record["biggest"] == 70
    assert record["version"] == 1


def test_an_import_may_say_state_and_stamps_with_the_right_to_it(site: Site, clerk: Actor) -> None:
    row = {"name": "Old", "status": "closed", "reason": "r", "created_at": "2001-02-03T04:05:06Z"}
    key = create(site, "contract", row, source="import")[0]
    record = stored(site, "contract", key)
    assert (record["status"], record["created_at"].year) == ("closed", 2001)
    found = refused(lambda: create(site, "contract", row, actor=clerk, source="import"))
    assert found[0] == ("status", "state_by_transition")
