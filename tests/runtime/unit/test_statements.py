"""How many statements each path takes, and that their count does not follow the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from formline.runtime.site import Site
from formline.runtime.unit import Change
from tests.runtime.unit.shop import add, create, write


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Collect the statements of the writing engine; executemany counts once, as it is sent once."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if not statement.startswith(("BEGIN", "COMMIT")):
            statements.append(" ".join(statement.split()))

    event.listen(site.engines.write, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(site.engines.write, "before_cursor_execute", note)


def of(site: Site, work: Callable[[], Any]) -> list[str]:
    """Return the statements of one unit without that of the fence."""
    with counted(site) as statements:
        work()
    return statements[1:]


def test_a_plain_record_takes_row_history_event_and_words(site: Site) -> None:
    add(site, "member", name="warm")
    found = of(site, lambda: add(site, "member", name="M"))
    assert [each.split()[2] for each in found] == [
        site.release.model("member").table.name,
        "formline_history",
        "formline_outbox",
        "formline_search_document",
    ]


def test_a_plain_change_takes_one_look_more(site: Site) -> None:
    key = add(site, "member", name="M")
    found = of(site, lambda: write(site, lambda unit: unit.update("member", [Change(key, {"name": "N"})])))
    assert [each.split()[0] for each in found] == ["SELECT", "UPDATE", "INSERT", "INSERT", "DELETE", "INSERT"]


def contracts(site: Site, count: int) -> Callable[[], Any]:
    """Return work that creates contracts with everything: lookups, conditions, numbers, children, rollups."""
    customer = add(site, "customer", name=f"Customer of {count}")
    rows = [
        {"name": f"K{n}", "customer": customer, "amount": 100, "instalments": [{"amount": 10}, {"amount": 20}]}
        for n in range(count)
    ]
    return lambda: create(site, "contract", *rows)


def customers(site: Site, count: int) -> Callable[[], Any]:
    return lambda: create(site, "customer", *({"name": f"{count}-{n}"} for n in range(count)))


def changes(site: Site, count: int) -> Callable[[], Any]:
    keys = contracts(site, count)()
    instalments = site.release.model("instalment")
    with site.reading() as connection:
        query = instalments.table.select().where(instalments.column("contract").in_(keys))
        found = [row.id for row in connection.execute(query)]
    values = [Change(key, {"amount": 5 + number % 3, "due_on": "2026-01-01"}) for number, key in enumerate(found)]
    return lambda: write(site, lambda unit: unit.update("instalment", values))


def moves(site: Site, count: int) -> Callable[[], Any]:
    keys = contracts(site, count)()
    return lambda: write(site, lambda unit: unit.transition("contract", keys, "sign"))


def handovers(site: Site, count: int) -> Callable[[], Any]:
    keys = contracts(site, count)()
    customer = add(site, "customer", name=f"Next of {count}")
    return lambda: write(
        site, lambda unit: unit.update("contract", [Change(key, {"customer": customer}) for key in keys])
    )


def deletions(site: Site, count: int) -> Callable[[], Any]:
    keys = contracts(site, count)()
    return lambda: write(site, lambda unit: unit.delete("contract", keys))


def restorations(site: Site, count: int) -> Callable[[], Any]:
    receipt = deletions(site, count)()
    return lambda: write(site, lambda unit: unit.restore(receipt.deletion_id))


@pytest.mark.parametrize("path", [customers, contracts, changes, moves, handovers, deletions, restorations])
def test_the_count_of_statements_does_not_follow_the_batch(site: Site, path: Callable[[Site, int], Any]) -> None:
    path(site, 1)()
    few = of(site, path(site, 2))
    many = of(site, path(site, 40))
    assert len(many) == len(few), "\n".join(many)
