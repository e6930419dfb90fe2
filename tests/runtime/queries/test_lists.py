"""Pages of records: fields, filters, order, cursors, counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from formline.errors import NotFoundError
from formline.runtime.access import Actor
from formline.runtime.queries import Query, fetch, get
from tests.runtime.firm import Firm


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm()


def test_system_reads_everything_with_types(firm: Firm) -> None:
    region = firm.add("region", name="East")
    key = firm.add(
        "customer", name="Acme", level="a", revenue=Decimal("12.50"), since=date(2024, 2, 29), rank=3, region=region
    )
    record = get(firm.connection, firm.release, Actor.system(), "customer", key)
    assert record["revenue"] == Decimal("12.50")
    assert record["since"] == date(2024, 2, 29)
    assert record["region"] == region
    assert record["tags"] == ()
    assert type(next(iter(record))) is str


def test_absent_and_deleted_are_not_found(firm: Firm) -> None:
    from tests.runtime.firm import NOW

    key = firm.add("customer", name="Gone", deleted_at=NOW)
    with pytest.raises(NotFoundError):
        get(firm.connection, firm.release, Actor.system(), "customer", key)
    assert get(firm.connection, firm.release, Actor.system(), "customer", key, deleted=True)["name"] == "Gone"


def test_dotted_fields_and_filters(firm: Firm) -> None:
    acme = firm.add("customer", name="Acme", level="a")
    firm.add_all("contact", [{"name": "Ann", "customer": acme}, {"name": "Bob"}])
    page = fetch(
        firm.connection,
        firm.release,
        Actor.system(),
        Query(
            "contact", ("name", "customer.name", "level"), where={"field": "customer.level", "op": "eq", "value": "a"}
        ),
    )
    assert [(row["name"], row["customer.name"], row["level"]) for row in page.rows] == [("Ann", "Acme", "a")]
    page = fetch(
        firm.connection, firm.release, Actor.system(), Query("contact", ("name",), where='customer.level == "a"')
    )
    assert [row["name"] for row in page.rows] == ["Ann"]
