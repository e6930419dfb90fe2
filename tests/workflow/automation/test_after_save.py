"""Automations after a save: when they run, what they do, whose rights they have, and that it happens once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from formline.runtime.access.actor import Actor
from formline.runtime.tables import delivery, notification
from formline.runtime.unit import Change, run_unit
from tests.workflow.automation.conftest import automation, change, move, person, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]


def test_a_new_record_gets_values_a_task_and_a_notice(firm: Firm) -> None:
    """The thin thread: set, create and notify, each in the trace, none of it before the worker came."""
    site = firm(
        automation(
            "welcome",
            "created",
            "[{set: {note: 'For {name}', count: 2 + 1}},"
            " {create: task, values: {name: {expression: name}, deal: this, about: this, amount: amount}},"
            " {notify: look, to: {role: boss}}]",
            "when: amount > 10\nrun_as: system",
        )
    )
    boss = person(site, "ann", "boss")
    key = write(site, "deal", name="Big", amount="12.50")
    write(site, "deal", name="Small", amount="1")
    assert rows(site, "task") == []
    work(site)
    big, small = rows(site, "deal")
    assert (big["note"], big["count"], small["note"]) == ("For Big", 3, None)
    (task,) = rows(site, "task")
    assert (task["name"], task["deal"], task["about"], task["amount"]) == ("Big", key, key, Decimal("12.50"))
    with site.reading() as connection:
        (told,) = connection.execute(select(notification)).all()
    assert (told.user_id, told.kind, told.record_id) == (boss.user_id, "custom_look", key)
    done, skipped = runs(site)
    assert (done.state, [step["do"] for step in done.trace]) == ("done", ["set", "create", "notify"])
    assert done.trace[1]["ids"] == [str(task["id"])]
    assert (skipped.state, skipped.record_id) == ("skipped", small["id"])


def test_an_update_sets_off_only_where_the_field_changed_in_that_record(firm: Firm) -> None:
    """A bulk change that changes the amount of one and the name of another is no change of both amounts."""
    site = firm(automation("watch", "{updated: [amount]}", "[{set: {note: seen}}]"))
    first, second = write(site, "deal", name="a", amount=1), write(site, "deal", name="b", amount=1)
    work(site)
    changes = [Change(first, {"amount": 2}), Change(second, {"name": "c"})]
    run_unit(site, Actor.system(), lambda unit: unit.update("deal", changes))
    work(site)
    assert [row["note"] for row in rows(site, "deal")] == ["seen", None]
    assert [(run.record_id, run.trigger) for run in runs(site)] == [(first, "updated")]


def test_transitions_deletions_and_any_update(firm: Firm) -> None:
    """A transition is an update, too; a deleted record can be read, and not be set."""
    site = firm(
        automation("won", "{transition: [win, lose]}", "[{create: task, values: {name: 'won {name}'}}]"),
        automation("gone", "deleted", "[{create: task, values: {name: 'gone {name}', amount: amount}}]"),
        automation("any", "updated", "[{create: task, values: {name: changed}}]"),
    )
    key = write(site, "deal", name="Big", amount=7)
    move(site, key, "propose")
    move(site, key, "win")
    run_unit(site, Actor.system(), lambda unit: unit.delete("deal", [key]))
    work(site)
    found = sorted((row["name"], row["amount"]) for row in rows(site, "task"))
    # The transitions of a record that is gone when its turn comes have nothing to do any more.
    assert found == [("gone Big", Decimal(7))]
    assert {(run.origin, run.state, run.error) for run in runs(site)} == {
        ("automation/won", "skipped", "gone"),
        ("automation/any", "skipped", "gone"),
        ("automation/gone", "done", None),
    }
    other = write(site, "deal", name="Small")
    move(site, other, "win")
    work(site)
    assert sorted(row["name"] for row in rows(site, "task")) == ["changed", "gone Big", "won Small"]


def test_they_run_in_order_and_see_what_those_before_wrote(firm: Firm) -> None:
    """By order, then by name; each in a transaction of its own."""
    site = firm(
        automation("zebra", "created", "[{set: {note: '{note}z'}}]", "order: 1"),
        automation("beta", "created", "[{set: {note: '{note}b'}}]"),
        automation("alpha", "created", "[{set: {note: '{note}a'}}]"),
    )
    write(site, "deal", name="x")
    work(site)
    assert rows(site, "deal")[0]["note"] == "zab"
    assert [run.origin for run in runs(site)] == ["automation/zebra", "automation/alpha", "automation/beta"]


def test_what_comes_twice_happens_once(firm: Firm) -> None:
    """A worker that died after the commit and before it said so does nothing again."""
    site = firm(automation("once", "created", "[{create: task, values: {name: again}}]", "run_as: system"))
    for name in "abc":
        write(site, "deal", name=name)
    work(site)
    with site.writing() as connection:
        connection.execute(update(delivery).values(state="waiting", leased_by=None, lease_until=None))
    work(site)
    assert len(rows(site, "task")) == 3
    assert len(runs(site)) == 3


def test_it_has_the_rights_of_who_caused_it_now(firm: Firm) -> None:
    """A clerk may not create tasks; the platform may; somebody who left may nothing: the run needs an owner."""
    site = firm(
        automation("mine", "created", "[{create: task, values: {name: mine}}]"),
        automation("ours", "created", "[{create: task, values: {name: ours}}]", "run_as: system"),
    )
    clerk = person(site, "ben", "clerk")
    write(site, "deal", clerk, name="x")
    work(site)
    assert [row["name"] for row in rows(site, "task")] == ["ours"]
    mine = next(run for run in runs(site) if run.origin == "automation/mine")
    assert (mine.state, mine.actor_id) == ("failed", clerk.user_id)
    assert "0 create" in mine.error
    write(site, "deal", clerk, name="y")
    change(site, "user", clerk.user_id, active=False)
    work(site)
    left = [run for run in runs(site) if run.origin == "automation/mine"][-1]
    assert (left.state, "needs an owner" in left.error) == ("failed", True)


def test_only_the_guilty_record_of_a_batch_fails(firm: Firm) -> None:
    """The records of one event run together; where that fails, each by itself."""
    site = firm(
        automation("tasks", "created", "[{create: task, values: {name: {expression: name}}}]", "run_as: system")
    )
    rows_in = [{"name": "a"}, {"amount": 1}, {"name": "c"}]
    run_unit(site, Actor.system(), lambda unit: unit.create("deal", rows_in))
    work(site)
    assert sorted(row["name"] for row in rows(site, "task")) == ["a", "c"]
    assert [run.state for run in runs(site)].count("failed") == 1
    assert "required" in next(run.error for run in runs(site) if run.state == "failed")
