"""What goes into a record: whitelist, parsing, defaults, conditions of fields, states, the platform's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from formline.errors import ConflictError, FieldError, NotFoundError, ValidationError
from formline.runtime.site import Site
from formline.runtime.unit import Change
from tests.runtime.unit.shop import add, change, create, rows, stored, write


def refused(work: Any) -> list[tuple[str, str]]:
    """Return (field, code) of everything a write is refused for."""
    with pytest.raises(ValidationError) as error:
        work()
    return [(found.field, found.code) for found in error.value.errors]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"nonsense": 1}, ("nonsense", "unknown_field")),
        ({"id": str(uuid4())}, ("id", "not_writable")),
        ({"version": 9}, ("version", "not_writable")),
        ({"net": 1}, ("net", "not_writable")),
        ({"planned": 1}, ("planned", "not_writable")),
        ({"status": "active"}, ("status", "state_by_transition")),
        ({"amount": "twelve"}, ("amount", "not_a_number")),
        ({"amount": "-1"}, ("amount", "too_small")),
        ({"amount": "1.234"}, ("amount", "too_many_decimals")),
        ({"name": ""}, ("name", "required")),
        ({"tags": ["pink"]}, ("tags", "unknown_choice")),
        ({"customer": str(uuid4())}, ("customer", "no_such_record")),
        ({"reason": "because"}, ("reason", "not_visible")),
        ({"instalments": "none"}, ("instalments", "rows")),
        ({"instalments": [{"amount": 1}, {"due_on": "2026-01-01"}]}, ("instalments.1.amount", "required")),
        ({"instalments": [{"id": str(uuid4()), "amount": 1}]}, ("instalments.0.id", "no_such_record")),
        ({"note": "x" * 5, "amount": 95000}, ("amount", "level_c")),
    ],
)
def test_a_bad_value_is_refused_on_update(site: Site, values: Mapping[str, Any], expected: tuple[str, str]) -> None:
    customer = add(site, "customer", name="Acme")
    key = add(site, "contract", name="K", amount=100, customer=customer)
    change = Change(key, values)
    assert expected in refused(lambda: write(site, lambda unit: unit.update("contract", [change])))
    assert stored(site, "contract", key)["version"] == 1


def test_every_error_of_every_row_is_told_at_once(site: Site) -> None:
    add(site, "customer", name="Acme")
    found = refused(
        lambda: create(site, "customer", {"name": ""}, {"name": "B", "level": "z", "x": 1}, {"name": "Acme"})
    )
    assert found == [("name", "required"), ("level", "unknown_choice"), ("x", "unknown_field"), ("name", "duplicate")]


def test_a_batch_writes_all_rows_or_none(site: Site) -> None:
    refused(lambda: create(site, "customer", {"name": "A"}, {"name": ""}))
    assert rows(site, "customer") == {}
    keys = create(site, "customer", *({"name": f"C{number}"} for number in range(500)))
    assert list(rows(site, "customer")) == keys == sorted(keys)


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_rows(site: Site, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 500"):
        create(site, "customer", *[{"name": "A"}] * count)


def test_values_are_parsed_defaulted_stamped_and_computed(site: Site) -> None:
    customer = add(site, "customer", name="Acme", level="a")
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    row = {"name": " K ", "customer": str(customer), "amount": "200.5", "tags": ["blue", "red"]}
    key = create(site, "contract", row, now=now)[0]
    record = stored(site, "contract", key)
    assert record["amount"] == Decimal("200.50")
    assert record["amount.base"] == Decimal("200.50")
    assert record["tags"] == ("red", "blue")
    assert (record["status"], record["discount"]) == ("draft", Decimal(5))
    assert record["net"] == Decimal("190.48")
    assert (record["planned"], record["open"]) == (Decimal(0), Decimal("200.50"))
    assert (record["version"], record["created_at"], record["updated_at"]) == (1, now, now)
    assert record["number"] == "CT-2026-0001"


def test_a_default_is_computed_again_when_what_it_follows_changes(site: Site) -> None:
    plain, key_account = add(site, "customer", name="Plain"), add(site, "customer", name="Key", level="a")
    key = add(site, "contract", name="K", customer=plain, discount=7)
    change(site, "contract", key, customer=key_account)
    assert stored(site, "contract", key)["discount"] == Decimal(10)
    change(site, "contract", key, customer=plain, discount=3)
    assert stored(site, "contract", key)["discount"] == Decimal(3)


def test_an_update_moves_version_and_stamps_only_when_something_changes(site: Site) -> None:
    key = add(site, "contract", name="K", amount=100)
    before = stored(site, "contract", key)
    change(site, "contract", key, name="K", amount="100.00")
    assert stored(site, "contract", key) == before
    change(site, "contract", key, name="L")
    after = stored(site, "contract", key)
    assert after["version"] == 2
    assert after["updated_at"] > before["updated_at"]
    assert after["created_at"] == before["created_at"]


def test_a_change_on_an_older_version_is_a_conflict_with_the_present_values(site: Site) -> None:
    key = add(site, "contract", name="K")
    change(site, "contract", key, version=1, name="L")
    with pytest.raises(ConflictError) as error:
        change(site, "contract", key, version=1, name="M")
    assert error.value.status == 409
    assert error.value.current["name"] == "L"
    assert error.value.current["version"] == 2


def test_an_absent_record_cannot_be_changed(site: Site) -> None:
    with pytest.raises(NotFoundError):
        change(site, "contract", uuid4(), name="L")


def test_one_record_may_be_in_a_batch_once(site: Site) -> None:
    key = add(site, "contract", name="K")
    twice = [Change(key, {"name": "A"}), Change(key, {"name": "B"})]
    assert refused(lambda: write(site, lambda unit: unit.update("contract", twice))) == [("id", "same_record_twice")]


def test_a_warning_is_saved_once_confirmed(site: Site) -> None:
    row = {"name": "Big", "amount": 6000}
    with pytest.raises(ValidationError) as error:
        create(site, "contract", row)
    assert error.value.only_warnings
    assert [found.code for found in error.value.errors] == ["note_big"]
    create(site, "contract", row, confirm=True)
    assert len(rows(site, "contract")) == 1


def test_a_rule_sees_the_values_before_the_change(site: Site) -> None:
    key = add(site, "contract", name="K", amount=100)
    change(site, "contract", key, amount=60)
    assert refused(lambda: change(site, "contract", key, amount=20)) == [("amount", "never_halved")]


def test_a_message_shows_values(site: Site) -> None:
    customer = add(site, "customer", name="Acme")
    with pytest.raises(ValidationError) as error:
        add(site, "contract", name="K", customer=customer, amount=95000, note="x")
    assert error.value.errors == (FieldError("amount", "level_c", "Too much for Acme."),)


def test_many_to_many_values_are_written_and_replaced(site: Site) -> None:
    people = create(site, "user", *({"name": f"P{n}", "login": f"p{n}"} for n in range(3)))
    key = add(site, "contract", name="K", people=[str(people[0]), str(people[1])])
    assert members(site, key) == set(people[:2])
    change(site, "contract", key, people=[people[1], people[2]])
    assert members(site, key) == {people[1], people[2]}
    change(site, "contract", key, people=[])
    assert members(site, key) == set()
    assert refused(lambda: change(site, "contract", key, people=[uuid4()])) == [("people", "no_such_record")]


def members(site: Site, key: Any) -> set[Any]:
    """Return the targets of the many-to-many field."""
    table = site.release.model("contract").join_tables["people"]
    with site.reading() as connection:
        return {row[1] for row in connection.execute(table.select()) if row[0] == key}


def test_a_lookup_offers_only_what_its_condition_lets_through(site: Site) -> None:
    one, two = add(site, "customer", name="One"), add(site, "customer", name="Two")
    first = add(site, "contract", name="K", customer=one)
    add(site, "contract", name="L", customer=one, related=first)
    found = refused(lambda: add(site, "contract", name="M", customer=two, related=first))
    assert found == [("related", "not_offered")]


def test_append_only_records_are_never_changed_or_deleted(site: Site) -> None:
    member = add(site, "member", name="M")
    key = add(site, "points", member=member, points=5)
    assert refused(lambda: change(site, "points", key, points=7)) == [("", "append_only")]
    assert refused(lambda: write(site, lambda unit: unit.delete("points", [key]))) == [("", "append_only")]
    assert refused(lambda: write(site, lambda unit: unit.delete("member", [member]))) == [("", "append_only")]
    assert stored(site, "points", key)["points"] == 5


def test_nested_rows_are_created_changed_and_deleted_with_their_parent(site: Site) -> None:
    key = add(site, "contract", name="K", amount=100, instalments=[{"amount": 30}, {"amount": 20}])
    first, second = rows(site, "instalment")
    nested = [
        {"id": str(first), "amount": 35},
        {"id": second, "_delete": True},
        {"amount": 5, "due_on": date(2026, 5, 1)},
    ]
    change(site, "contract", key, instalments=nested)
    amounts = [record["amount"] for record in rows(site, "instalment").values()]
    assert amounts == [Decimal(35), Decimal(5)]
    assert stored(site, "contract", key)["planned"] == Decimal(40)
    other = add(site, "contract", name="L")
    found = refused(lambda: change(site, "contract", other, instalments=[{"id": first, "amount": 1}]))
    assert found == [("instalments.0.id", "no_such_record")]


def test_a_field_that_is_required_and_asked_for_by_a_transition_is_told_once(site: Site) -> None:
    key = add(site, "contract", name="K", amount=100, instalments=[{"amount": 1}])
    write(site, lambda unit: unit.transition("contract", [key], "sign"))
    assert refused(lambda: write(site, lambda unit: unit.transition("contract", [key], "close"))) == [
        ("reason", "required")
    ]
