"""Scripts inside a save: what they change, refuse, may read, and how long they may take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from formline.errors import ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.queries import get
from formline.runtime.unit import Change, run_unit
from formline.workflow.scripts import patching
from tests.workflow.scripts.conftest import script

if TYPE_CHECKING:
    from formline.runtime.site import Site

Shop = Callable[..., "Site"]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the scripts of a unit a second: the machine that tests may be busy with other tests."""
    assert patching.IN_UNIT == 0.2
    monkeypatch.setattr(patching, "IN_UNIT", 1.0)


DISCOUNT = script(
    "discount",
    "record.discount = 10 if record.amount >= inputs.large else 0\n"
    "if old is None:\n    record.day = add_months(today, 1)",
    "when: amount != null\ninputs: {large: 1000}",
)


def create(site: Site, *rows: dict[str, Any]) -> list[UUID]:
    return run_unit(site, Actor.system(), lambda unit: unit.create("sale", list(rows)))


def update(site: Site, key: UUID, **values: Any) -> None:
    run_unit(site, Actor.system(), lambda unit: unit.update("sale", [Change(key, values)]))


def sale(site: Site, key: UUID) -> dict[str, Any]:
    with site.reading() as connection:
        return get(connection, site.release, Actor.system(), "sale", key)


def test_a_patch_changes_the_record_that_is_saved(shop: Shop) -> None:
    """New and changed records, in batches, each with names of its own."""
    site = shop(DISCOUNT)
    large, small, none = create(site, {"amount": 1000}, {"amount": 1}, {"name": "no amount"})
    assert [sale(site, key)["discount"] for key in (large, small, none)] == [10, 0, None]
    assert isinstance(sale(site, large)["day"], date)
    update(site, small, amount=5000)
    assert sale(site, small)["discount"] == 10
    keys = create(site, *({"amount": number} for number in range(900, 1110)))
    assert sale(site, keys[-1])["discount"] == 10
    assert sale(site, keys[0])["discount"] == 0


def test_scripts_run_in_order_and_only_where_their_fields_changed(shop: Shop) -> None:
    site = shop(
        script("second", "record.note = record.note + '2'", "order: 20"),
        script("first", "record.note = (record.note or '') + '1'", "order: 10"),
        script("third", "record.note = record.note + '3'", "order: 30\nfields: [amount]\non: [updated]"),
    )
    (key,) = create(site, {"name": "a"})
    assert sale(site, key)["note"] == "12"
    update(site, key, name="b")
    assert sale(site, key)["note"] == "1212"
    update(site, key, amount=1)
    assert sale(site, key)["note"] == "1212123"


def test_numbers_are_decimals_and_money_has_a_currency(shop: Shop) -> None:
    site = shop(script("price", "record.price = 0.1 + 0.2\nrecord['price.currency'] = 'CNY'\nrecord.amount = 7 / 2"))
    (key,) = create(site, {"name": "a"})
    found = sale(site, key)
    assert (found["price"], found["price.currency"], found["amount"]) == (Decimal("0.3"), "CNY", Decimal("3.5"))


def refused(site: Site, *rows: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Return the findings of a save that scripts refuse: (row, field, message)."""
    with pytest.raises(ValidationError) as caught:
        create(site, *rows)
    return [(error.row, error.field, error.message) for error in caught.value.errors if error.code == "script"]


def test_a_rule_refuses_with_its_own_words_at_its_field(shop: Shop) -> None:
    """Every row is judged, so that the caller learns everything at once."""
    source = "if record.amount is None or record.amount < 0:\n    fail('Must be positive', 'amount')"
    site = shop(script("positive", source, runs="rule"))
    assert refused(site, {"amount": -1}, {"amount": 1}, {"name": "x"}) == [
        (0, "amount", "Must be positive"),
        (2, "amount", "Must be positive"),
    ]


#: What a script does wrong -> words of the message.
BROKEN = {
    "x = 1\nrecord.amount = 1 / 0": "line 2: DivisionByZero",
    "record.nothing = 1": "line 1: AttributeError: sale has no field nothing",
    "record.name = 5 .real": "int has no real",
    "record.amount = 'many'": "amount: ",
    "record.created_at = now": "may not write created_at",
    "while True:\n    pass": "ran longer than 1 s",
    "create('sale', name='x')": "line 1: create is not for scripts that run inside a save",
    "find('nothing')": "There is no object 'nothing'",
    "x = 'x' * 10 ** 11": "more memory",
}


def test_a_script_that_fails_stops_the_save_and_says_where(shop: Shop) -> None:
    site = shop(*(script(f"s{number}", source, f"when: name == 's{number}'") for number, source in enumerate(BROKEN)))
    said = {}
    for number, source in enumerate(BROKEN):
        with pytest.raises(ValidationError) as caught:
            create(site, {"name": f"s{number}"})
        said[source] = str(caught.value)
    assert {source: text for source, text in said.items() if BROKEN[source] not in text} == {}


def test_all_scripts_of_a_unit_share_their_time(shop: Shop) -> None:
    """What the first one takes is missing to the second."""
    busy = "n = 0\nfor i in range(10 ** 9):\n    n += i"
    site = shop(script("one", busy, "when: name == 'slow'"), script("two", "record.note = 'x'"))
    assert "ran longer" in refused(site, {"name": "slow"})[0][2]
    (key,) = create(site, {"name": "quick"})
    assert sale(site, key)["note"] == "x"


def test_a_script_reads_other_records_as_who_acts(shop: Shop) -> None:
    """What the person may not read is not there."""
    source = (
        "found = find('sale', {'name': 'one'}, sort='-amount')\n"
        "record.note = str(len(found))\n"
        "if found:\n    record.twin = found[0].id"
    )
    site = shop(script("twins", source, "when: name == 'two'"))
    low, high = create(site, {"name": "one", "amount": 1}, {"name": "one", "amount": 2})
    (key,) = create(site, {"name": "two"})
    assert (sale(site, key)["note"], sale(site, key)["twin"]) == ("2", high)
    assert low != high
