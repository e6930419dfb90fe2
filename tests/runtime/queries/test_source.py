"""Expressions over stored records through ``SqlSource`` and over records in memory through ``BoundRow``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.access import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.prepared import actor_roots
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from tests.runtime.firm import NOW, Firm


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm()


def _values(firm: Firm, object: str, expression: str, actor: Actor | None = None) -> dict[str, Any]:
    """Return the value of an expression for every record, by name."""
    statement = Statement(firm.release)
    source = source_of(statement, object, roots={"user": user_root(statement)})
    column = firm.release.catalog.compiler.compile(expression, object=object).sql(source)
    found = select(source.column(("name",)), column).select_from(source.source())
    roots = actor_roots(firm.release, actor or Actor.system())
    return {row[0]: row[1] for row in firm.connection.execute(found, statement.parameters(roots))}


def _in_memory(firm: Firm, object: str, expression: str, record: dict[str, Any]) -> Any:
    statement = Statement(firm.release)
    row = BoundRow(statement, object, "this", roots={"user": user_root(statement)})
    column = firm.release.catalog.compiler.compile(expression, object=object).sql(row)
    roots = {**actor_roots(firm.release, Actor.system()), "this": record}
    return firm.connection.execute(select(column), statement.parameters(roots)).scalar_one()


def test_paths_and_collections(firm: Firm) -> None:
    east = firm.add("region", name="East")
    south = firm.add("region", name="South", parent=east)
    acme = firm.add("customer", name="Acme", region=south, level="a", rank=2, tags=(east, south))
    sub = firm.add("customer", name="Sub", parent=acme)
    firm.add_all(
        "line",
        [
            {"name": "1", "customer": acme, "amount": Decimal("1.50")},
            {"name": "2", "customer": acme, "amount": Decimal(3)},
        ],
    )
    firm.add("line", name="gone", customer=acme, amount=Decimal(99), deleted_at=NOW)
    firm.add("contact", name="Ann", customer=sub)
    assert _values(firm, "customer", "sum(lines.amount)")["Acme"] == Decimal("4.5")
    assert _values(firm, "customer", "count(subsidiaries)") == {"Acme": 1, "Sub": 0}
    assert _values(firm, "customer", "count(subsidiaries.contacts)") == {"Acme": 1, "Sub": 0}
    assert _values(firm, "customer", "parent.region.parent.name") == {"Acme": None, "Sub": "East"}
    assert _values(firm, "customer", "sum(parent.lines.amount)")["Sub"] == Decimal("4.5")
    assert _values(firm, "customer", "count(tags)") == {"Acme": 2, "Sub": 0}
    assert _values(firm, "customer", "within(region, parent.region)") == {"Acme": False, "Sub": False}
    assert _values(firm, "contact", "any(customer.parent.lines, amount > 2)") == {"Ann": True}


def test_a_record_in_memory_is_a_context_too(firm: Firm) -> None:
    east = firm.add("region", name="East")
    parent = firm.add("customer", name="Acme", region=east, rank=5)
    firm.add("line", name="1", customer=parent, amount=Decimal(7))
    record: dict[str, Any] = {
        "id": UUID(int=1),
        "name": "New",
        "parent": parent,
        "region": east,
        "rank": 2,
        "tags": (east,),
    }
    assert _in_memory(firm, "customer", "rank + parent.rank", record) == 7
    assert _in_memory(firm, "customer", "parent.region.name", record) == "East"
    assert _in_memory(firm, "customer", "within(region, parent.region)", record) is True
    assert _in_memory(firm, "customer", "count(subsidiaries)", record) == 0


def test_money_converts_by_the_rate_of_the_day(firm: Firm) -> None:
    company = firm.add("company", name="C", currency="CNY")
    for day, rate in ((date(2026, 1, 1), "0.125"), (date(2026, 2, 1), "0.13")):
        firm.add("exchange_rate", currency="CNY", target="EUR", valid_from=day, rate=Decimal(rate))
    firm.add("exchange_rate", currency="USD", target="CNY", valid_from=date(2026, 1, 1), rate=Decimal(7))
    firm.add_all(
        "customer",
        [
            {
                "name": name,
                "company": company,
                "since": day,
                "turnover": amount,
                "turnover.base": amount,
                "turnover.currency": "CNY",
            }
            for name, day, amount in (
                ("early", date(2025, 12, 31), Decimal(80)),
                ("January", date(2026, 1, 31), Decimal(80)),
                ("February", date(2026, 2, 1), Decimal(100)),
                ("empty", date(2026, 2, 1), None),
            )
        ],
    )
    assert _values(firm, "customer", 'convert(turnover, "EUR")') == {
        "early": None,
        "January": Decimal(10),
        "February": Decimal(13),
        "empty": None,
    }
    assert _values(firm, "customer", 'convert(turnover, "USD")')["January"] == Decimal("11.428571")
    assert _values(firm, "customer", 'convert(turnover, "CNY")')["January"] == Decimal(80)


def test_the_clock_is_the_sites(firm: Firm) -> None:
    firm.add("customer", name="A", since=datetime.now(firm.release.zone).date())
    assert _values(firm, "customer", "since == today()") == {"A": True}


def test_a_role_counts_through_roles_that_include_it(make_firm: Callable[..., Firm]) -> None:
    firm = make_firm("kind: role\nname: boss\nlabel: B\nincludes: [clerk]\n---\nkind: role\nname: clerk\nlabel: C")
    actor = firm.user("boss", name="Boss")
    firm.user("clerk", name="Clerk")
    firm.user(name="Nobody")
    firm.add("customer", name="A")
    owned = {"Boss": True, "Clerk": True, "Nobody": False}
    assert _values(firm, "user", 'has_role(this, "clerk")') == owned
    assert _values(firm, "customer", 'has_role(user, "clerk")', actor) == {"A": True}
    assert _values(firm, "customer", 'has_role(user, "everything")', actor) == {"A": False}
