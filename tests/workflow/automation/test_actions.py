"""Each action of the list, with what it does and what its trace says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.workflow.automation.conftest import automation, change, person, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]
SYSTEM = "run_as: system"


def test_update_follows_lookups_and_items(firm: Firm) -> None:
    """The record a path leads to; nothing where it leads nowhere."""
    site = firm(
        automation(
            "visit",
            "created",
            "[{update: customer, values: {visits: customer.visits + 1}},"
            " {for_each: lines, as: one, do: [{update: one, values: {name: '{one.name} of {name}'}}]}]",
            SYSTEM,
        )
    )
    customer = write(site, "customer", name="Acme", visits=4)
    write(site, "deal", name="Big", customer=customer, lines=[{"name": "l1"}, {"name": "l2"}])
    write(site, "deal", name="Alone")
    work(site)
    assert rows(site, "customer")[0]["visits"] == 5
    assert [row["name"] for row in rows(site, "line")] == ["l1 of Big", "l2 of Big"]
    assert [[step["outcome"] for step in run.trace] for run in runs(site)] == [
        ["done", "done", "done", "done"],
        ["nothing", "nothing"],
    ]


def test_loops_go_over_paths_finds_and_loops(firm: Firm) -> None:
    """Behind lookups, of a find, of the item of another loop; values may read every item around."""
    site = firm(
        automation(
            "copy",
            "created",
            "[{for_each: customer.deals, as: other, do: [{for_each: other.lines, as: one, do:"
            " [{create: task, values: {name: '{other.name}/{one.name}', deal: this, amount: one.amount * 2}}]}]},"
            " {for_each: {find: deal, where: amount > this.amount}, as: bigger,"
            "  do: [{create: task, values: {name: 'bigger {bigger.name}', about: bigger}}]}]",
            SYSTEM + "\nwhen: flag",
        )
    )
    customer = write(site, "customer", name="Acme")
    big = write(site, "deal", name="A", customer=customer, amount=9, lines=[{"name": "x", "amount": 2}])
    key = write(site, "deal", name="B", customer=customer, amount=5, flag=True, lines=[{"name": "y", "amount": 3}])
    work(site)
    found = [(row["name"], row["amount"], row["deal"], row["about"]) for row in rows(site, "task")]
    assert found == [
        ("A/x", Decimal(4), key, None),
        ("B/y", Decimal(6), key, None),
        ("bigger A", None, None, big),
    ]
    done = next(run for run in runs(site) if run.state == "done")
    assert [(step["do"], step.get("item"), step.get("count")) for step in done.trace][:3] == [
        ("for_each", None, 2),
        ("for_each", [1], 1),
        ("for_each", [2], 1),
    ]


@pytest.mark.parametrize(
    ("amount", "then"), [(5, ["else", "set"]), (50, ["then", "set", "stop"]), (500, ["then", "set", "stop"])]
)
def test_conditions_part_the_way_and_stop_ends_it(firm: Firm, amount: int, then: list[str]) -> None:
    """``if`` with ``then`` and ``else``; ``when`` on an action; what follows a stop does not happen."""
    site = firm(
        automation(
            "part",
            "created",
            "[{if: amount > 10, then: [{set: {note: large}}, {stop: 'too large: {amount}'}],"
            " else: [{set: {note: small}}]}, {set: {count: 7}, when: amount < 3}, {set: {flag: true}}]",
            SYSTEM,
        )
    )
    write(site, "deal", name="x", amount=amount)
    work(site)
    (deal,), (run,) = rows(site, "deal"), runs(site)
    assert (deal["note"], deal["flag"], deal["count"]) == (
        "small" if amount < 10 else "large",
        amount < 10 or None,
        None,
    )
    steps = [step["outcome"] if step["do"] == "if" else step["do"] for step in run.trace]
    assert steps == (then if amount > 10 else [*then, "set", "set"])
    assert (run.state, run.error) == (("done", None) if amount < 10 else ("stopped", f"too large: {amount}"))
    if amount < 10:
        assert run.trace[2]["outcome"] == "condition"


def test_money_keeps_its_currency_and_parts_add_up(firm: Firm) -> None:
    """A copied amount has its currency; equal parts with the rest on the last; ``index`` counts from 0."""
    site = firm(
        automation(
            "spread",
            "created",
            "[{create: task, values: {name: copy, price: price}},"
            " {split: {into: lines, amount: price, count: count,"
            " each: {name: 'part {index + 1}', day: 'add_months(day, index)'}}}]",
            SYSTEM,
        )
    )
    write(site, "deal", name="x", price={"amount": "100.00", "currency": "CNY"}, count=3, day=date(2026, 1, 31))
    work(site)
    (task,) = rows(site, "task")
    assert (task["price"], task["price.currency"]) == (Decimal(100), "CNY")
    lines = rows(site, "line")
    assert [(row["price"], row["price.currency"], row["name"], row["day"]) for row in lines] == [
        (Decimal("33.33"), "CNY", "part 1", date(2026, 1, 31)),
        (Decimal("33.33"), "CNY", "part 2", date(2026, 2, 28)),
        (Decimal("33.34"), "CNY", "part 3", date(2026, 3, 31)),
    ]


def test_a_split_into_no_parts_fails(firm: Firm) -> None:
    site = firm(automation("spread", "created", "[{split: {into: lines, amount: amount, count: count}}]", SYSTEM))
    write(site, "deal", name="x", amount=1, count=0)
    write(site, "deal", name="y", count=2)
    work(site)
    assert [(run.state, run.error) for run in runs(site)] == [
        ("failed", "0 split: An amount is parted into 1 to 500 parts, not 0."),
        ("failed", "0 split: amount: Amount is empty; there is nothing to part."),
    ]
    assert rows(site, "line") == []


def test_transition_assign_and_people_of_items(firm: Firm) -> None:
    """A transition through the machine, an owner of a selector, people that items name."""
    site = firm(
        automation(
            "go",
            "created",
            "[{transition: propose}, {assign: {role: boss}},"
            " {for_each: lines, as: one, do: [{notify: look, to: {field: one.person}}]}]",
            SYSTEM,
        )
    )
    boss = person(site, "ann", "boss")
    write(site, "deal", name="x", lines=[{"name": "l", "person": boss.user_id}, {"name": "m"}])
    work(site)
    (run,) = runs(site)
    assert run.error is None
    (deal,) = rows(site, "deal")
    assert (deal["stage"], deal["owner"]) == ("proposed", boss.user_id)
    told = [step for step in run.trace if step["do"] == "notify"]
    assert [(step["outcome"], step.get("ids")) for step in told] == [("done", [str(boss.user_id)]), ("nothing", None)]


def test_an_assignment_rule_gives_the_record_to_somebody(firm: Firm) -> None:
    site = firm(
        automation("route", "created", "[{assign: {rule: by_turns}}]", SYSTEM),
        "---\nkind: assignment_rule\nname: by_turns\nobject: deal\n"
        "rules: {all: {assign: {round_robin: {role: clerk}}}}\n",
    )
    ann, ben = person(site, "ann", "clerk"), person(site, "ben", "clerk")
    for name in "abc":
        write(site, "deal", name=name)
        work(site)  # one by one: events of different records are in order only within a lane
    assert {run.error for run in runs(site)} == {None}
    assert [row["owner"] for row in rows(site, "deal")] == [ann.user_id, ben.user_id, ann.user_id]


def test_a_conversion_and_a_script(firm: Firm) -> None:
    """What a conversion makes is in the trace; a script runs after the commit, in its own process."""
    site = firm(
        automation("make", "created", "[{convert: deal_to_task}, {script: shout}]", SYSTEM),
        "---\nkind: conversion\nname: deal_to_task\nfrom: deal\ncreate: {task: {set: {name: name, amount: amount}}}\n",
        "---\nkind: script\nname: shout\nobject: deal\nruns: action\nsource: |\n"
        "  update(record, note=record.name.upper())\n",
    )
    write(site, "deal", name="quiet", amount=3)
    work(site)
    assert [(row["name"], row["amount"]) for row in rows(site, "task")] == [("quiet", Decimal(3))]
    assert rows(site, "deal")[0]["note"] == "QUIET"
    assert [step["do"] for step in runs(site)[0].trace] == ["convert", "script"]
    change(site, "deal", rows(site, "deal")[0]["id"], name="again")
    work(site)
    assert rows(site, "deal")[0]["note"] == "QUIET"  # it runs where an action says so, not on every save
