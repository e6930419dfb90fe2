"""Records given by hand, teams, queues, transfer, people who leave: who sees what afterwards, who may not give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime import jobs, tables
from formline.runtime.access import grants, load_actor, transfer
from formline.runtime.access.explain import explain, who_may
from formline.runtime.access.shares import Share
from formline.runtime.access.transfer import Transfer
from formline.runtime.queries import Query, fetch, get
from formline.runtime.unit import Unit, run_unit
from tests.runtime.access.office import Office, office

__all__ = ["office"]


def give(office: Office, by: UUID, key: UUID, to: UUID, level: str = "read", **more: Any) -> None:
    share = Share(key, more.pop("kind", "user"), str(to), level, **more)  # type: ignore[arg-type]
    run_unit(office.site, office.as_(by), lambda unit: grants.give(unit, "customer", share))


def test_a_share_gives_reading_until_it_ends_and_is_not_passed_on(office: Office) -> None:
    key = office.create("customer", name="A", owner=office.clerk)
    soon = datetime.now(UTC) + timedelta(hours=1)
    give(office, office.clerk, key, office.guard, "read_write", expires_at=soon, reason="holiday")
    assert office.may(office.guard, "customer", key, "update")
    assert not office.may(office.guard, "customer", key, "delete")
    with pytest.raises(AccessDeniedError, match="not because it was shared"):
        give(office, office.guard, key, office.helper)
    with pytest.raises(NotFoundError):
        give(office, office.helper, key, office.helper)
    with pytest.raises(ValidationError, match="past"):
        give(office, office.clerk, key, office.helper, expires_at=datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(ValidationError, match="nobody"):
        give(office, office.clerk, key, office.clerk, kind="group")
    with office.site.reading() as connection:
        (one,) = grants.given(connection, office.site.release, "customer", key, datetime.now(UTC))
    assert (one.name, one.level, one.cause, one.reason) == ("Guard", "read_write", "manual", "holiday")
    run_unit(
        office.site,
        office.as_(office.clerk),
        lambda unit: grants.take_back(unit, "customer", key, str(office.guard), "manual"),
    )
    assert not office.may(office.guard, "customer", key)


def test_a_team_has_parts_and_its_members_may_leave(office: Office) -> None:
    key = office.create("customer", name="B", owner=office.clerk)
    give(office, office.clerk, key, office.helper, cause="team", team_role="presales")
    assert office.may(office.helper, "customer", key)
    with office.site.reading() as connection:
        (one,) = grants.given(connection, office.site.release, "customer", key, datetime.now(UTC))
    assert (one.cause, one.team_role) == ("team", "presales")
    leave = lambda unit: grants.take_back(unit, "customer", key, str(office.helper), "team")  # noqa: E731
    run_unit(office.site, office.as_(office.helper), leave)
    assert not office.may(office.helper, "customer", key)


def test_a_record_waits_in_a_queue_until_a_member_takes_it(office: Office) -> None:
    key = office.create("customer", name="C", owner=office.clerk)
    put = lambda unit: grants.put_into_queue(unit, "customer", [key], office.group)  # noqa: E731
    with pytest.raises(AccessDeniedError):
        run_unit(office.site, office.as_(office.helper), put)
    run_unit(office.site, office.as_(office.clerk), put)
    assert office.owner("customer", key) is None
    assert (office.may(office.clerk, "customer", key), office.may(office.helper, "customer", key)) == (False, True)
    take = lambda unit: grants.take(unit, "customer", [key])  # noqa: E731
    with pytest.raises(NotFoundError):
        run_unit(office.site, office.as_(office.clerk), take)
    run_unit(office.site, office.as_(office.helper), take)
    assert office.owner("customer", key) == office.helper
    with pytest.raises(NotFoundError):
        run_unit(office.site, office.as_(office.helper), take)
    with office.site.reading() as connection:
        left = select(func.count()).where(tables.share.c.record_id == key)
        assert connection.execute(left).scalar() == 0


@pytest.mark.parametrize(("old_owner", "reads", "writes"), [("out", 0, 0), ("read", 1, 0), ("read_write", 1, 1)])
def test_transfer_moves_children_and_the_old_owner_keeps_what_was_chosen(
    office: Office, old_owner: Any, reads: int, writes: int
) -> None:
    key = office.create("customer", name="D", owner=office.clerk)
    mine, won = (office.create("deal", name=name, customer=key, owner=office.clerk) for name in ("Mine", "Won"))
    others = office.create("deal", name="Other", customer=key, owner=office.helper)
    run_unit(office.site, office.as_(office.clerk), lambda unit: office.win(unit, won))
    wanted = Transfer("customer", office.chief, ("deals",), old_owner)

    def move(unit: Unit) -> Any:
        return transfer.transfer(unit, wanted, [key])

    with pytest.raises(NotFoundError):
        run_unit(office.site, office.as_(office.helper), move)
    counts = run_unit(office.site, office.as_(office.clerk), move)
    assert counts == {"records": 1, "children": 1, "left": 0}
    owners = [office.owner("deal", each) for each in (mine, won, others)]
    assert (office.owner("customer", key), owners) == (office.chief, [office.chief, office.clerk, office.helper])
    assert office.may(office.clerk, "customer", key) == bool(reads)
    assert office.may(office.clerk, "customer", key, "update") == bool(writes)
    assert office.may(office.clerk, "deal", mine) == bool(reads)


def test_many_records_move_by_a_job_that_counts_what_it_may_not(office: Office) -> None:
    mine = [office.create("customer", name=f"E{number}", owner=office.clerk) for number in range(3)]
    theirs = office.create("customer", name="E", owner=office.guard)
    wanted = Transfer("customer", office.helper)
    run_unit(office.site, office.as_(office.clerk), lambda unit: transfer.enqueue(unit, wanted, [*mine, theirs]))
    result = next(one for one in office.work() if "records" in one)
    assert "'records': 3" in result
    assert "'refused': 1" in result
    assert {office.owner("customer", key) for key in mine} == {office.helper}
    assert office.owner("customer", theirs) == office.guard


def test_who_leaves_signs_in_no_more_and_somebody_takes_over(office: Office) -> None:
    leaver = office.create("user", name="Leaver", login="leaver", roles=["sales"])
    boss = office.create("user", name="Personnel", login="personnel", roles=["personnel"])
    key = office.create("customer", name="F", owner=leaver)
    deal = office.create("deal", name="D", owner=leaver)
    with pytest.raises(AccessDeniedError):
        run_unit(office.site, office.as_(office.clerk), lambda unit: transfer.deactivate(unit, leaver, office.chief))
    with pytest.raises(ValidationError, match="takes over"):
        run_unit(office.site, office.as_(boss), lambda unit: transfer.deactivate(unit, leaver, None))
    office.as_(leaver)
    run_unit(office.site, office.as_(boss), lambda unit: transfer.deactivate(unit, leaver, office.chief))
    with pytest.raises(AccessDeniedError):
        office.as_(leaver)
    office.work()
    assert {office.owner("customer", key), office.owner("deal", deal)} == {office.chief}


def test_groups_are_kept_by_who_manages_access(office: Office) -> None:
    boss = office.create("user", name="Personnel", login="people", roles=["personnel"])
    mine = [{"name": "mine", "members": [boss]}]
    with pytest.raises(AccessDeniedError, match="manage_access"):
        run_unit(office.site, office.as_(boss), lambda unit: unit.create("group", mine))


def test_explanations_name_shares_and_restrictions_and_who_sees(office: Office) -> None:
    key = office.create("customer", name="G", level="a", owner=office.clerk)
    site = office.site

    def explained(user: UUID, right: str = "read") -> tuple[bool, list[str], str]:
        with site.reading() as connection:
            actor = load_actor(connection, site.release, user)
            found = explain(connection, site.release, actor, "customer", key, right)
        return found.allowed, [ground.rule for ground in found.grounds if ground.holds], found.change

    by_rule = "share by sharing rule key_accounts to group key_accounts: read_write"
    assert explained(office.helper) == (True, [by_rule], f"without {by_rule}")
    assert not explained(office.guard)[0]
    with site.reading() as connection:
        found, more = who_may(connection, site.release, "customer", key)
    assert ({each.name: each.because for each in found}, more) == (
        {
            "Clerk": ("role sales: read own",),
            "Helper": (by_rule,),
            "Chief": ("share by sharing rule key_accounts to user Chief: read_write",),
        },
        None,
    )
    office.change("customer", key, blocked=True)
    assert explained(office.clerk) == (
        False,
        ["role sales: read own", "restriction rule blocked_customers"],
        "restriction rule blocked_customers: name them under only",
    )
    with site.reading() as connection:
        assert who_may(connection, site.release, "customer", key)[0] == []


def test_a_field_is_clear_for_the_owner_and_the_team_and_masked_for_others(office: Office) -> None:
    key = office.create("customer", name="H", level="a", phone="+8613800138000", owner=office.clerk)

    def phone(user: UUID) -> str:
        with office.site.reading() as connection:
            actor = load_actor(connection, office.site.release, user)
            got = get(connection, office.site.release, actor, "customer", key)
            query = Query("customer", ("phone",), {"field": "id", "op": "eq", "value": key})
            (row,) = fetch(connection, office.site.release, actor, query).rows
        assert got["phone"] == row["phone"]
        return str(row["phone"])

    assert (phone(office.clerk), phone(office.helper)) == ("+8613800138000", "+86****8000")
    give(office, office.clerk, key, office.helper, cause="team")
    assert phone(office.helper) == "+8613800138000"


def test_shares_that_ended_are_swept_away_but_not_those_of_rules(office: Office) -> None:
    key = office.create("customer", name="I", level="a", owner=office.clerk)
    give(office, office.clerk, key, office.guard, expires_at=datetime.now(UTC) + timedelta(hours=1))
    share = tables.share
    with office.site.writing() as connection:
        past = datetime.now(UTC) - timedelta(days=2)
        connection.execute(update(share).where(share.c.record_id == key).values(expires_at=past))
        jobs.enqueue(connection, "ended_shares", {})
    office.work()
    with office.site.reading() as connection:
        left = set(connection.execute(select(share.c.cause).where(share.c.record_id == key)).scalars())
    assert left == {"rule:key_accounts"}
