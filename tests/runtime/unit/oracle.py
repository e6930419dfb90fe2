"""What rollups, formulas on them and ledgers must be, worked out naively from all rows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from formline.runtime.site import Site
from tests.runtime.unit.shop import rows

Record = dict[str, Any]


def assert_consistent(site: Site) -> None:
    """Compare every computed value of the shop with its definition, and every rule over children with its children."""
    contracts, instalments = rows(site, "contract"), rows(site, "instalment")
    for key, contract in contracts.items():
        own = children(instalments, "contract", key)
        assert contract["planned"] == total(own, "amount")
        assert contract["last_due"] == best(max, own, "due_on")
        assert len(own) < 6
        if contract["amount"] is not None:
            assert contract["open"] == contract["amount"] - contract["planned"]
            assert contract["planned"] <= contract["amount"]
    for key, customer in rows(site, "customer").items():
        own = children(contracts, "customer", key)
        assert customer["contracted"] == len(own)
        assert customer["planned"] == total(own, "planned")
        assert customer["deals"] == total([each for each in own if each["status"] == "active"], "amount")
        assert customer["biggest"] == best(max, own, "amount")
        assert customer["average"] == average(own, "amount")
        assert customer["titles"] == (", ".join(dict.fromkeys(each["name"] for each in own)) or None)
    assert_ledgers(site)


def assert_ledgers(site: Site) -> None:
    """Check the invariants of points, receipts and bills."""
    points, allocations = rows(site, "points"), rows(site, "allocation")
    for key, member in rows(site, "member").items():
        assert member["balance"] == sum(each["points"] for each in children(points, "member", key))
        assert member["balance"] >= 0
    for name, rollup in (("receipt", "allocated"), ("bill", "paid")):
        for key, record in rows(site, name).items():
            assert record[rollup] == total(children(allocations, name, key), "amount")
            assert record[rollup] <= record["amount"]


def children(all_rows: dict[UUID, Record], link: str, parent: UUID) -> list[Record]:
    """Return the rows of one parent in id order."""
    return [record for _, record in sorted(all_rows.items()) if record[link] == parent]


def values(found: list[Record], field: str) -> list[Any]:
    """Return what is not null."""
    return [record[field] for record in found if record[field] is not None]


def total(found: list[Record], field: str) -> Decimal:
    """Return the sum."""
    return sum(values(found, field), Decimal(0))


def best(choose: Callable[[Any], Any], found: list[Record], field: str) -> Any:
    """Return minimum or maximum, None of nothing."""
    return choose(values(found, field)) if values(found, field) else None


def average(found: list[Record], field: str) -> Decimal | None:
    """Return the mean with the places a money column keeps."""
    counted = values(found, field)
    if not counted:
        return None
    return (sum(counted) / Decimal(len(counted))).quantize(Decimal("0.01"), ROUND_HALF_UP)
