"""Sharing rules follow records on every way of writing, and what they read elsewhere by a job; restrictions win."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from formline.runtime import tables
from formline.runtime.access import Actor, grants
from formline.runtime.access.shares import Share
from formline.runtime.unit import run_unit
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import publish
from tests.runtime.access.office import BLOCKED, GROUP, LARGE, OBJECTS, RULES, Office, office

__all__ = ["office"]


def test_shares_follow_creating_changing_and_moving(office: Office) -> None:
    key = office.create("customer", name="A", level="a", owner=office.clerk)
    assert office.may(office.helper, "customer", key)
    assert office.may(office.helper, "customer", key, "update")
    assert office.may(office.chief, "customer", key)
    assert not office.may(office.guard, "customer", key)
    office.change("customer", key, owner=office.chief)
    assert not office.may(office.clerk, "customer", key)
    office.change("customer", key, level="b")
    assert not office.may(office.helper, "customer", key)
    office.change("customer", key, level="a")
    assert office.may(office.helper, "customer", key)


def test_a_rollup_and_a_restored_record_count(office: Office) -> None:
    key = office.create("customer", name="B", owner=office.clerk)
    deal = office.create("deal", name="D", customer=key, amount=5000)
    assert office.may(office.guard, "customer", key)
    office.change("deal", deal, amount=10)
    assert not office.may(office.guard, "customer", key)
    office.change("deal", deal, amount=5000)
    receipt = run_unit(office.site, Actor.system(), lambda unit: unit.delete("customer", [key]))
    run_unit(office.site, Actor.system(), lambda unit: unit.restore(receipt.deletion_id))
    assert office.may(office.guard, "customer", key)


def test_an_end_is_kept_by_later_changes_and_counts(office: Office) -> None:
    key = office.create("customer", name="C", owner=office.clerk)
    office.create("deal", name="D", customer=key, amount=5000)
    share = tables.share
    with office.site.writing() as connection:
        ends = connection.execute(select(share.c.expires_at).where(share.c.record_id == key)).scalar_one()
        assert ends is not None
        assert timedelta(days=89) < ends - datetime.now(UTC) < timedelta(days=91)
        past = datetime.now(UTC) - timedelta(minutes=1)
        connection.execute(update(share).where(share.c.record_id == key).values(expires_at=past))
    assert not office.may(office.guard, "customer", key)
    office.change("customer", key, name="C again")
    assert not office.may(office.guard, "customer", key)


def test_what_a_rule_reads_elsewhere_is_followed_by_a_job(office: Office) -> None:
    customer = office.create("customer", name="E", owner=office.clerk)
    deal = office.create("deal", name="D", customer=customer, owner=office.clerk)
    office.work()
    office.change("customer", customer, level="a")
    assert not office.may(office.helper, "deal", deal)
    assert office.work() == ["deals_of_key_accounts"]
    assert office.may(office.helper, "deal", deal)
    assert office.may(office.chief, "customer", customer)
    office.change("user", office.clerk, manager=office.guard)
    assert "key_accounts" in office.work()
    assert office.may(office.guard, "customer", customer)
    assert not office.may(office.chief, "customer", customer)
    office.change("user", office.clerk, manager=office.chief)
    office.work()


def test_membership_counts_at_once(office: Office) -> None:
    key = office.create("customer", name="F", level="a", owner=office.chief)
    assert not office.may(office.clerk, "customer", key)
    office.change("group", office.group, members=[office.helper, office.clerk])
    assert office.may(office.clerk, "customer", key)
    office.change("group", office.group, active=False)
    assert not office.may(office.clerk, "customer", key)
    office.change("group", office.group, members=[office.helper], active=True)
    office.work()


def test_restrictions_take_away_last(office: Office) -> None:
    key = office.create("customer", name="G", level="a", blocked=True, owner=office.clerk)
    office.create("deal", name="D", customer=key, amount=5000)
    assert not office.may(office.clerk, "customer", key)
    assert not office.may(office.helper, "customer", key)
    assert not office.may(office.helper, "customer", key, "update")
    assert office.may(office.guard, "customer", key)
    lawyers = office.create("group", name="lawyers", members=[office.helper])
    assert office.may(office.helper, "customer", key)
    office.change("group", lawyers, members=[])
    office.change("customer", key, blocked=False)
    assert office.may(office.clerk, "customer", key)


TEAM = """
kind: sharing_rule
name: presales_changes
object: customer
where: level == "a"
to: {team: presales}
access: read_write
lasts: 30d
"""
FOUND = """
kind: object
name: territory
title: name
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: [a, b, c]}
  manager: {type: user}
---
kind: sharing_rule
name: territory_manager
object: customer
to: {find: territory, where: level == this.level, sort: [name], value: manager}
"""


def test_who_has_a_part_in_the_team_gets_more_for_as_long_as_they_have_it(office: Office) -> None:
    publish(office.site, [*ORGANISATION.values(), GROUP, OBJECTS, *RULES, TEAM])
    office.work()
    key = office.create("customer", name="I", level="b", owner=office.clerk)
    soon = datetime.now(UTC) + timedelta(hours=1)
    join(office, key, office.guard, "presales", soon)
    join(office, key, office.helper, "legal", None)
    assert office.may(office.guard, "customer", key)
    assert not office.may(office.guard, "customer", key, "update")
    office.change("customer", key, level="a")
    assert office.may(office.guard, "customer", key, "update")
    assert ends(office, key, office.guard) == soon
    join(office, key, office.guard, "presales", None)
    assert (ends(office, key, office.guard) or soon) > datetime.now(UTC) + timedelta(days=29)
    join(office, key, office.guard, "legal", None)
    assert not office.may(office.guard, "customer", key, "update")
    join(office, key, office.guard, "presales", None)
    leave = lambda unit: grants.take_back(unit, "customer", key, str(office.guard), "team")  # noqa: E731
    run_unit(office.site, office.as_(office.clerk), leave)
    assert not office.may(office.guard, "customer", key)
    publish(office.site, [*ORGANISATION.values(), GROUP, OBJECTS, *RULES])
    office.work()


def join(office: Office, key: UUID, person: UUID, part: str, until: datetime | None) -> None:
    share = Share(key, "user", str(person), cause="team", team_role=part, expires_at=until)
    run_unit(office.site, office.as_(office.clerk), lambda unit: grants.give(unit, "customer", share))


def ends(office: Office, key: UUID, person: UUID) -> datetime | None:
    share = tables.share.c
    chosen = select(share.expires_at).where(
        share.record_id == key, share.principal == str(person), share.cause == "rule:presales_changes"
    )
    with office.site.reading() as connection:
        return connection.execute(chosen).scalar_one()


def test_the_person_that_a_find_leads_to_is_followed_by_a_job(office: Office) -> None:
    publish(office.site, [*ORGANISATION.values(), GROUP, OBJECTS, *RULES, FOUND])
    office.work()
    territory = office.create("territory", name="East", level="b", manager=office.helper)
    office.work()
    key = office.create("customer", name="J", level="b", owner=office.clerk)
    assert office.may(office.helper, "customer", key)
    office.work()
    office.change("territory", territory, manager=office.guard)
    assert office.work() == ["territory_manager"]
    assert (office.may(office.helper, "customer", key), office.may(office.guard, "customer", key)) == (False, True)
    publish(office.site, [*ORGANISATION.values(), GROUP, OBJECTS, *RULES])
    office.work()
    assert not office.may(office.guard, "customer", key)


def test_a_rule_that_goes_takes_its_shares_along(office: Office) -> None:
    key = office.create("customer", name="H", level="a", owner=office.clerk)
    publish(office.site, [*ORGANISATION.values(), GROUP, OBJECTS, LARGE, BLOCKED])
    assert not office.may(office.helper, "customer", key)
    publish(office.site, [*ORGANISATION.values(), GROUP, OBJECTS, *RULES])
    assert set(office.work()) == {"key_accounts", "deals_of_key_accounts"}
    assert office.may(office.helper, "customer", key)
