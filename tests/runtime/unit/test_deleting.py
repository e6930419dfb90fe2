"""Deleting and restoring: what goes along, what forbids it, and that everything comes back as it was."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from formline.errors import NotFoundError, ValidationError
from formline.runtime import tables
from formline.runtime.site import Site
from tests.runtime.unit.oracle import assert_consistent
from tests.runtime.unit.shop import add, change, create, drop, rows, stored, write
from tests.runtime.unit.test_values import refused


def restore(site: Site, deletion: UUID) -> Any:
    return write(site, lambda unit: unit.restore(deletion))


def everything(site: Site) -> dict[str, Any]:
    """Return all live records of the shop."""
    return {name: rows(site, name) for name in site.release.catalog.names("object")}


@pytest.fixture
def contract(site: Site) -> UUID:
    """Return a contract with two instalments, a relative and a customer with another contract."""
    customer = add(site, "customer", name="Acme")
    key = add(site, "contract", name="K", customer=customer, amount=100, instalments=[{"amount": 10}, {"amount": 20}])
    add(site, "contract", name="L", customer=customer, amount=50, related=key)
    return key


def test_children_go_along_and_come_back_exactly(site: Site, contract: UUID) -> None:
    before = everything(site)
    deletion = drop(site, "contract", contract)
    assert contract not in rows(site, "contract")
    assert rows(site, "instalment") == {}
    assert_consistent(site)
    assert restore(site, deletion) == [contract]
    after = everything(site)
    relative = next(key for key, record in before["contract"].items() if record["related"] == contract)
    # Emptying and filling the lookup are two changes of the relative, by people's eyes too.
    assert after["contract"][relative].pop("version") == before["contract"][relative].pop("version") + 2
    for stamp in ("updated_at", "updated_by"):
        after["contract"][relative].pop(stamp), before["contract"][relative].pop(stamp)
    assert after == before


def test_a_lookup_filled_meanwhile_is_left_alone(site: Site, contract: UUID) -> None:
    relative = next(key for key, record in rows(site, "contract").items() if record["related"] == contract)
    deletion = drop(site, "contract", contract)
    assert stored(site, "contract", relative)["related"] is None
    customer = stored(site, "contract", relative)["customer"]
    other = add(site, "contract", name="M", customer=customer)
    change(site, "contract", relative, related=other)
    restore(site, deletion)
    assert stored(site, "contract", relative)["related"] == other
    assert_consistent(site)


def test_a_record_that_others_need_is_not_deleted(site: Site, contract: UUID) -> None:
    customer = stored(site, "contract", contract)["customer"]
    assert refused(lambda: drop(site, "customer", customer)) == [("", "in_use")]
    keys = list(rows(site, "contract"))
    write(site, lambda unit: (unit.delete("contract", keys), unit.delete("customer", [customer])))
    assert rows(site, "customer") == {}


def test_a_deletion_is_restored_once(site: Site, contract: UUID) -> None:
    deletion = drop(site, "contract", contract)
    restore(site, deletion)
    with pytest.raises(NotFoundError):
        restore(site, deletion)


@pytest.mark.parametrize("work", [lambda key: key, lambda _: uuid4()])
def test_what_is_deleted_or_never_was_looks_absent(site: Site, contract: UUID, work: Any) -> None:
    drop(site, "contract", contract)
    key = work(contract)
    with pytest.raises(NotFoundError):
        drop(site, "contract", key)
    with pytest.raises(NotFoundError):
        change(site, "contract", key, name="X")
    assert refused(lambda: add(site, "instalment", contract=key, amount=1)) == [("contract", "no_such_record")]


def test_a_child_deleted_before_stays_deleted(site: Site, contract: UUID) -> None:
    first, second = rows(site, "instalment")
    drop(site, "instalment", first)
    restore(site, drop(site, "contract", contract))
    assert list(rows(site, "instalment")) == [second]
    assert_consistent(site)


def test_a_child_is_not_restored_without_its_parent(site: Site, contract: UUID) -> None:
    first, _ = rows(site, "instalment")
    deletion = drop(site, "instalment", first)
    drop(site, "contract", contract)
    assert refused(lambda: restore(site, deletion)) == [("contract", "target_deleted")]


def test_a_restored_value_must_still_be_unique(site: Site) -> None:
    deletion = drop(site, "customer", add(site, "customer", name="Acme"))
    add(site, "customer", name="Acme")
    assert refused(lambda: restore(site, deletion)) == [("name", "duplicate")]


def test_a_restored_row_obeys_the_rules_of_its_parent(site: Site, contract: UUID) -> None:
    first, _ = rows(site, "instalment")
    deletion = drop(site, "instalment", first)
    change(site, "contract", contract, instalments=[{"amount": 75}])
    with pytest.raises(ValidationError, match="more than 100"):
        restore(site, deletion)


def test_the_journal_tells_what_was_asked_and_what_followed(site: Site, contract: UUID) -> None:
    drop(site, "contract", contract)
    with site.reading() as connection:
        found = connection.execute(select(tables.deletion.c.cause).order_by(tables.deletion.c.cause)).scalars()
        assert list(found) == ["asked", "cascade", "cascade", "set_null"]


def test_a_whole_batch_is_deleted_in_one_go(site: Site) -> None:
    keys = create(site, "customer", *({"name": f"C{number}"} for number in range(60)))
    deletion = drop(site, "customer", *keys)
    assert rows(site, "customer") == {}
    assert sorted(restore(site, deletion)) == keys
