"""Scripts after a commit: what they write, with whose rights, once, and what is noted of each run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from formline.errors import NotFoundError
from formline.runtime import outbox
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import delivery, script_run
from formline.runtime.unit import Change, run_unit
from formline.runtime.worker import Worker, consumers_of
from formline.workflow.scripts import after_commit
from formline.workflow.scripts.trying import try_script
from tests.workflow.scripts.conftest import script

if TYPE_CHECKING:
    from formline.runtime.site import Site

Shop = Callable[..., "Site"]

COUNTING = script(
    "counting",
    "target = get('shop', record.shop)\n"
    "n = len(find('sale', {'shop': record.shop}))\n"
    "update(target, orders=n)\n"
    "log('orders', n)\n"
    "if n == 1:\n"
    "    new = create('sale', name='welcome', amount=0.5)\n"
    "    log(new)",
    "when: shop != null",
    "after_commit",
)


def write(site: Site, actor: Actor, object_name: str, **values: Any) -> UUID:
    (key,) = run_unit(site, actor, lambda unit: unit.create(object_name, [values]))
    return key


def work(site: Site) -> None:
    """Deliver everything there is."""
    worker = Worker(site, [one for one in consumers_of(site) if one.name == "scripts"])
    while worker.step():
        pass


def rows(site: Site, object_name: str) -> list[dict[str, Any]]:
    with site.reading() as connection:
        return fetch(connection, site.release, Actor.system(), Query(object_name, limit=100)).rows


def runs(site: Site) -> list[Any]:
    with site.reading() as connection:
        return list(connection.execute(select(script_run).order_by(script_run.c.at, script_run.c.id)).all())


def test_a_script_writes_other_records_after_the_save(shop: Shop) -> None:
    """All of it in one unit, and what it created has the id that it logged."""
    site = shop(COUNTING)
    target = write(site, Actor.system(), "shop", name="Main")
    write(site, Actor.system(), "sale", name="one", shop=target)
    assert rows(site, "shop")[0]["orders"] is None
    work(site)
    assert rows(site, "shop")[0]["orders"] == 1
    (welcome,) = [row for row in rows(site, "sale") if row["name"] == "welcome"]
    (run,) = runs(site)
    assert (run.state, run.writes, run.calls, run.log) == ("done", 2, 4, ["orders 1", str(welcome["id"])])
    assert run.milliseconds < 10_000
    assert run.memory_kb > 0


def test_a_delivery_that_comes_again_writes_nothing_again(shop: Shop) -> None:
    """The row of the run commits with what it wrote."""
    site = shop(script("doubling", "create('shop', name='again')", runs="after_commit"))
    write(site, Actor.system(), "sale", name="one")
    work(site)
    with site.writing() as connection:
        connection.execute(update(delivery).values(state="waiting", leased_by=None, lease_until=None))
    work(site)
    assert [row["name"] for row in rows(site, "shop")] == ["again"]
    assert len(runs(site)) == 1


def test_it_acts_with_the_rights_of_who_saved(shop: Shop) -> None:
    """A clerk may not change shops: nothing of the run is written, and the run says why, with the line."""
    site = shop(script("naming", "create('sale', name='first')\nupdate(get('shop', record.shop), name='Mine')",
                       "when: shop != null", "after_commit"))  # fmt: skip
    target = write(site, Actor.system(), "shop", name="Main")
    clerk = write(site, Actor.system(), "user", name="Ann", login="ann", active=True, roles=["clerk"])
    with site.reading() as connection:
        actor = load_actor(connection, site.release, clerk)
    write(site, actor, "sale", name="one", shop=target)
    work(site)
    assert rows(site, "shop")[0]["name"] == "Main"
    assert [row["name"] for row in rows(site, "sale")] == ["one"]
    (run,) = runs(site)
    assert (run.state, run.writes, run.actor_id) == ("failed", 0, clerk)
    assert "Naming" in run.error


def test_a_script_that_fails_is_noted_and_does_not_come_again(shop: Shop) -> None:
    site = shop(script("broken", "log('here')\nx = 1 / 0", runs="after_commit"))
    write(site, Actor.system(), "sale", name="one")
    work(site)
    (run,) = runs(site)
    assert (run.state, run.line, run.log) == ("failed", 2, ["here"])
    with site.reading() as connection:
        assert outbox.waiting(connection) == {"new": 0}


def test_scripts_that_lead_to_each_other_end(shop: Shop) -> None:
    """A script that creates what it runs for stops at the fifth."""
    site = shop(script("breeding", "create('sale', name=record.name + '.')", "on: [created]", "after_commit"))
    write(site, Actor.system(), "sale", name="x")
    work(site)
    assert max(len(row["name"]) for row in rows(site, "sale")) == 1 + after_commit.DEEPEST
    assert "led to each other" in runs(site)[-1].error


def test_an_update_counts_only_where_a_named_field_changed(shop: Shop) -> None:
    site = shop(script("watching", "log(record.amount)", "fields: [amount]\non: [updated]", "after_commit"))
    key = write(site, Actor.system(), "sale", name="x", amount=1)
    for values in ({"name": "y"}, {"amount": 2}):
        run_unit(site, Actor.system(), lambda unit: unit.update("sale", [Change(key, values)]))
    work(site)
    assert [run.log for run in runs(site)] == [["2.00"]]


def test_a_record_that_changed_meanwhile_makes_the_script_run_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wrote on a version that is no more: the second run sees the new one."""
    site = shop(script("adding", "update(record, note=record.note + '!')", "when: note != null\non: [created]",
                       "after_commit"))  # fmt: skip
    key = write(site, Actor.system(), "sale", name="x", note="a")
    real = after_commit.carry_out

    def disturbed(unit: Any, intents: Any) -> None:
        monkeypatch.setattr(after_commit, "carry_out", real)
        unit.update("sale", [Change(key, {"name": "disturbed"}, 99)])

    monkeypatch.setattr(after_commit, "carry_out", disturbed)
    work(site)
    assert [row["note"] for row in rows(site, "sale")] == ["a!"]


def test_a_trial_writes_nothing_and_tells_everything(shop: Shop) -> None:
    """Patches show what would change, scripts after a commit what they would write."""
    site = shop(COUNTING, script("shouting", "record.name = record.name.upper()\nlog('loud')", "when: amount == 9"))
    target = write(site, Actor.system(), "shop", name="Main")
    key = write(site, Actor.system(), "sale", name="one", shop=target)
    get_script = site.release.catalog.all("script").__getitem__
    trial = try_script(site, get_script("shouting"), key, Actor.system())
    assert (trial.run.changes, trial.run.log) == ({"name": "ONE"}, ["loud"])
    trial = try_script(site, get_script("counting"), key, Actor.system())
    assert [(one.operation, one.object) for one in trial.intents] == [("update", "shop"), ("create", "sale")]
    assert [row["name"] for row in rows(site, "sale")] == ["one"]
    with pytest.raises(NotFoundError):
        try_script(site, get_script("counting"), target, Actor.system())
