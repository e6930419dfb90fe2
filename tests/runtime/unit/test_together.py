"""Clerks at work at once: generated interleavings, threads that want the last of something, processes under load."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from formline.errors import FormlineError, ValidationError
from formline.runtime.site import Site
from tests.runtime.unit.conductor import Conductor
from tests.runtime.unit.oracle import assert_consistent, assert_ledgers
from tests.runtime.unit.shop import add, change, create, drop, rows, stored
from tests.runtime.unit.traffic import Clerk, prepare_records

#: Raise it for a long proof: FORMLINE_TEST_WRITES=1000 writes that many things per process.
WRITES = int(os.environ.get("FORMLINE_TEST_WRITES", "25"))
PROCESSES = 3
SEEDS = range(max(3, WRITES // 20))

Work = Callable[[], Any]


def together(*works: Work) -> list[BaseException | None]:
    """Run works at once, each in a thread; return what each raised."""
    errors: list[BaseException | None] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(number: int, work: Work) -> None:
        gate.wait(30)
        try:
            work()
        except BaseException as error:
            errors[number] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def assert_one_refused(errors: list[BaseException | None]) -> None:
    """Exactly one of the works went through; the others were told why not."""
    assert sum(error is None for error in errors) == 1, errors
    assert all(error is None or isinstance(error, ValidationError) for error in errors), errors


def test_two_clerks_cannot_plan_more_than_the_contract(site: Site) -> None:
    keys = [add(site, "contract", name="K", amount=100, instalments=[{"amount": 30}]) for _ in range(3)]
    for key in keys:
        assert_one_refused(together(*[partial(add, site, "instalment", contract=key, amount=70)] * 2))
        assert stored(site, "contract", key)["planned"] == Decimal(100)


def test_a_contract_cannot_shrink_while_its_plan_grows(site: Site) -> None:
    for key in [add(site, "contract", name="K", amount=100) for _ in range(3)]:
        grow = partial(add, site, "instalment", contract=key, amount=80)
        assert_one_refused(together(grow, partial(change, site, "contract", key, amount=60)))
        assert_consistent(site)


def test_a_rule_over_children_holds_with_two_clerks(site: Site) -> None:
    """At most five instalments: the rule counts the rows themselves, not a rollup."""
    key = add(site, "contract", name="K", amount=100, instalments=[{"amount": 1}] * 4)
    assert_one_refused(together(*[lambda: add(site, "instalment", contract=key, amount=1)] * 3))
    assert len(rows(site, "instalment")) == 5


def test_a_receipt_and_a_bill_are_never_written_off_twice(site: Site) -> None:
    receipt, other = add(site, "receipt", amount=100), add(site, "receipt", amount=100)
    bill = add(site, "bill", amount=100)
    one = {"receipt": receipt, "bill": bill, "amount": 60}
    two = {"receipt": other, "bill": bill, "amount": 60}
    assert_one_refused(together(lambda: create(site, "allocation", one), lambda: create(site, "allocation", two)))
    assert stored(site, "bill", bill)["paid"] == Decimal(60)
    assert_ledgers(site)


def test_points_are_spent_once_at_two_tills(site: Site) -> None:
    member = add(site, "member", name="M")
    add(site, "points", member=member, points=10)
    assert_one_refused(together(*[lambda: add(site, "points", member=member, points=-10)] * 3))
    assert stored(site, "member", member)["balance"] == 0


def test_periods_of_one_key_never_overlap_with_two_clerks(site: Site) -> None:
    customer = add(site, "customer", name="Acme")
    one = {"customer": customer, "valid_from": "2026-01-01", "valid_to": "2026-06-30"}
    two = {"customer": customer, "valid_from": "2026-06-30"}
    assert_one_refused(together(lambda: create(site, "price", one), lambda: create(site, "price", two)))
    with pytest.raises(ValidationError, match="This customer has a price then"):
        create(site, "price", one)


def test_a_unique_value_is_taken_once(site: Site) -> None:
    errors = together(*[lambda: create(site, "customer", {"name": "Acme"})] * 3)
    assert sum(error is None for error in errors) == 1
    codes = {found.code for error in errors if isinstance(error, ValidationError) for found in error.errors}
    assert codes == {"duplicate"}
    assert len(rows(site, "customer")) == 1


def test_numbers_have_no_gap_and_no_double(site: Site) -> None:
    works: list[Work] = [lambda: create(site, "contract", *[{"name": "K", "amount": 1}] * 3)] * 4
    works.append(lambda: create(site, "contract", {"name": "K"}, {"name": ""}))
    together(*works)
    numbers = sorted(record["number"] for record in rows(site, "contract").values())
    assert [int(number[-4:]) for number in numbers] == list(range(1, 13))


def test_a_child_is_not_added_to_a_parent_being_deleted(site: Site) -> None:
    for key in [add(site, "contract", name="K", amount=100) for _ in range(3)]:
        grow = partial(add, site, "instalment", contract=key, amount=1)
        errors = together(grow, partial(drop, site, "contract", key))
        assert errors[1] is None
        assert key not in rows(site, "contract")
        assert not [each for each in rows(site, "instalment").values() if each["contract"] == key]


PAIRS: list[tuple[str, ...]] = [
    ("plan", "plan"),
    ("plan", "amend"),
    ("form", "replan"),
    ("move_instalment", "move_instalment"),
    ("hand_over", "hand_over", "plan"),
    ("drop_contract", "plan"),
    ("drop_contract", "form", "restore"),
    ("allocate", "allocate", "spend"),
]


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_generated_interleavings_keep_everything_right(site: Site, names: tuple[str, ...]) -> None:
    """SQLite has one writer at a time, so only PostgreSQL has interleavings."""
    prepare_records(site)
    for seed in SEEDS:
        clerks = [Clerk(site, seed * 10 + number) for number in range(len(names))]
        errors = Conductor(site, seed).play([getattr(clerk, name) for clerk, name in zip(clerks, names, strict=True)])
        assert all(error is None or error.code in ("validation", "not_found") for error in told(errors))
        assert_consistent(site)


def told(errors: list[BaseException | None]) -> list[Any]:
    """Return the errors that people are shown; the conductor raised all others."""
    return [error for error in errors if isinstance(error, FormlineError)]


def test_processes_under_load_keep_everything_right(site: Site) -> None:
    prepare_records(site)
    command = [
        sys.executable,
        "-m",
        "tests.runtime.unit.traffic",
        str(site.settings.database_url),
        str(site.settings.data_dir),
    ]
    processes = [
        subprocess.Popen([*command, str(seed), str(WRITES)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    for process in processes:
        outcome, errors = process.communicate(timeout=60 + WRITES * 2)
        assert process.returncode == 0, errors
        assert "busy" not in outcome
    assert_consistent(site)


def test_a_clerk_alone_keeps_everything_right(site: Site) -> None:
    prepare_records(site)
    for seed in range(5):
        Clerk(site, seed).work(WRITES)
        assert_consistent(site)
