"""Numbers, currencies, record types, automatic moves, conditions that read other records, rollups of every kind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.errors import ValidationError
from formline.runtime import tables
from formline.runtime.site import Site
from formline.runtime.unit import Change, Unit
from tests.runtime.unit.shop import add, change, create, drop, rows, stored, write
from tests.runtime.unit.test_values import refused

MARCH = datetime(2026, 3, 31, 12, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, 12, tzinfo=UTC)


def move(site: Site, key: UUID, name: str, **values: Any) -> None:
    write(site, lambda unit: unit.transition("order", [key], name, values))


def order(site: Site, /, **values: Any) -> UUID:
    return add(site, "order", record_type="goods", **values)


def test_numbers_are_given_at_confirmation_per_company_and_month(trading: Site) -> None:
    companies = create(trading, "company", {"name": "A", "code": "AA"}, {"name": "B", "code": "BB"})
    keys = [order(trading, company=companies[number % 2]) for number in range(5)]
    assert {record["number"] for record in rows(trading, "order").values()} == {None}
    for key, now in zip(keys, [MARCH, MARCH, MARCH, APRIL, APRIL], strict=True):
        write(trading, lambda unit, key=key: unit.transition("order", [key], "confirm"), now=now)
    numbers = [stored(trading, "order", key)["number"] for key in keys]
    given = ["AA-202603-0001", "BB-202603-0001", "AA-202603-0002", "BB-202604-0001", "AA-202604-0001"]
    assert numbers == [f"SO-{each}" for each in given]


def test_a_refused_unit_uses_no_number(trading: Site) -> None:
    company = add(trading, "company", name="A", code="AA")
    first, second = order(trading, company=company), order(trading, company=company)

    def fail(unit: Unit) -> None:
        unit.transition("order", [first], "confirm")
        unit.create("exchange_rate", [{"currency": "USD"}])

    with pytest.raises(ValidationError):
        write(trading, fail)
    write(trading, lambda unit: unit.transition("order", [second], "confirm"), now=MARCH)
    assert stored(trading, "order", second)["number"] == "SO-AA-202603-0001"


def test_each_record_type_has_its_machine_and_choices(trading: Site) -> None:
    service = add(trading, "order", record_type="service", source="phone")
    assert stored(trading, "order", service)["stage"] == "asked"
    assert refused(lambda: move(trading, service, "confirm")) == [("", "no_such_transition")]
    assert refused(lambda: order(trading, source="phone")) == [("source", "choice_of_type")]
    with pytest.raises(ValidationError, match="Possible now: confirm, cancel, pay, cancel"):
        move(trading, order(trading), "agree")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"gifts": ["pen"]}, None),
        ({"gifts": ["pen", "bag"]}, "choice_of_type"),
        ({"gifts": ["cup"]}, "choice_not_offered"),
        ({"gifts": ["pen", "cup"], "title": "big"}, None),
        ({"group": "soft", "kind": "game"}, None),
        ({"group": "hard", "kind": "game"}, "choice_of_parent"),
        ({"kind": "game"}, "choice_of_parent"),
        ({"group": "soft", "kind": "other"}, "choice_of_parent"),
        ({"kind": "other"}, None),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(trading: Site, values: dict[str, Any], code: str | None) -> None:
    if code is None:
        key = order(trading, **values)
        change(trading, "order", key, title="the choices stay")
    else:
        assert [found for _field, found in refused(lambda: order(trading, **values))] == [code]


def test_another_record_type_or_parent_asks_for_other_choices(trading: Site) -> None:
    key = add(trading, "order", record_type="service", source="phone", group="soft", kind="game")
    assert ("kind", "choice_of_parent") in refused(lambda: change(trading, "order", key, group="hard"))


def test_a_transition_moves_every_axis_that_has_it_or_the_named_one(trading: Site) -> None:
    both, one = order(trading), order(trading)
    move(trading, both, "cancel")
    move(trading, one, "payment.cancel")
    assert [stored(trading, "order", both)[name] for name in ("stage", "payment")] == ["done", "void"]
    assert [stored(trading, "order", one)[name] for name in ("stage", "payment")] == ["draft", "void"]


def test_an_automatic_transition_follows_when_its_condition_holds(trading: Site) -> None:
    key = order(trading)
    move(trading, key, "confirm")
    assert stored(trading, "order", key)["title"] == "sure"
    move(trading, key, "pay")
    assert stored(trading, "order", key)["stage"] == "done"


def test_cascading_choices_fit_each_other(trading: Site) -> None:
    key = order(trading, group="soft", kind="game")
    assert refused(lambda: change(trading, "order", key, group="hard"))[0][0] == "kind"
    change(trading, "order", key, group="hard", kind="chip")


def test_a_rule_searches_other_objects(trading: Site) -> None:
    partner, place = add(trading, "partner", name="Dealer"), add(trading, "site", name="Clinic")
    with pytest.raises(ValidationError, match="Dealer has no authorisation for Clinic"):
        order(trading, partner=partner, site=place)
    add(trading, "permission", partner=partner, site=place, valid_from="2026-01-01", valid_to="2026-12-31")
    key = order(trading, partner=partner, site=place, day="2026-05-05")
    assert refused(lambda: change(trading, "order", key, day="2027-01-01")) == [("partner", "authorised")]


def test_money_is_converted_at_the_rate_of_its_day_and_never_null(trading: Site) -> None:
    assert refused(lambda: order(trading, total=10)) == [("total", "no_rate")]
    for day, rate in (("2026-01-01", "8.0"), ("2026-03-01", "7.5")):
        add(trading, "exchange_rate", currency="EUR", target="CNY", valid_from=day, rate=rate)
    key = order(trading, total=10, day="2026-02-28")
    record = stored(trading, "order", key)
    assert (record["total"], record["total.currency"], record["total.base"]) == (Decimal(10), "EUR", Decimal(80))
    change(trading, "order", key, day="2026-03-01")
    assert stored(trading, "order", key)["total.base"] == Decimal(75)
    change(trading, "order", key, currency="CNY")
    assert stored(trading, "order", key)["total.base"] == Decimal(10)


def test_an_amount_in_another_currency_than_its_field_is_refused(trading: Site) -> None:
    given = {"total": {"amount": 10, "currency": "USD"}, "currency": "CNY"}
    assert refused(lambda: order(trading, **given)) == [("total", "other_currency")]
    key = order(trading, total={"amount": 10, "currency": "CNY"}, currency="CNY")
    with pytest.raises(ValidationError, match="is in CNY, not in USD"):
        change(trading, "order", key, total="USD 12")
    assert stored(trading, "order", key)["total"] == Decimal(10)


def test_lines_take_the_currency_of_their_header(trading: Site) -> None:
    add(trading, "exchange_rate", currency="EUR", target="CNY", valid_from="2026-01-01", rate=8)
    key = order(trading, lines=[{"price": 2}], day="2026-02-02")
    line = next(iter(rows(trading, "order_line").values()))
    assert (line["order"], line["price.currency"], line["price.base"]) == (key, "EUR", Decimal(16))


def test_rollups_that_need_all_rows_are_counted_anew(trading: Site) -> None:
    partner = add(trading, "partner", name="P")
    east, west = add(trading, "site", name="E", region="east"), add(trading, "site", name="W", region="west")
    for place in (east, west):
        add(trading, "permission", partner=partner, site=place, valid_from="2026-01-01", valid_to="2026-12-31")
    common = {"partner": partner, "currency": "CNY", "day": date(2026, 5, 5)}
    one = order(trading, title="one", total=5, site=east, **common)
    two = order(trading, title="two", total=9, site=west, **common)
    names = ("east", "first_order", "last_order", "least")
    assert [stored(trading, "partner", partner)[each] for each in names] == [Decimal(5), "two", "two", Decimal(5)]
    change(trading, "order", two, site=east, total=3)
    assert [stored(trading, "partner", partner)[each] for each in names] == [Decimal(8), "one", "two", Decimal(3)]
    drop(trading, "order", two)
    assert [stored(trading, "partner", partner)[each] for each in names] == [Decimal(5), "one", "one", Decimal(5)]
    change(trading, "order", one, partner=None)
    assert [stored(trading, "partner", partner)[each] for each in names] == [Decimal(0), None, None, None]


def test_a_lookup_of_several_objects_feeds_only_its_own_target(trading: Site) -> None:
    partner, place = add(trading, "partner", name="P"), add(trading, "site", name="S")
    key = add(trading, "remark", about={"object": "partner", "id": str(partner)}, text="good")
    add(trading, "remark", about={"object": "site", "id": str(place)}, text="far")
    assert stored(trading, "partner", partner)["notes"] == "good"
    change(trading, "remark", key, about={"object": "site", "id": str(place)})
    assert stored(trading, "partner", partner)["notes"] is None
    wrong = {"object": "site", "id": str(partner)}
    assert refused(lambda: change(trading, "remark", key, about=wrong)) == [("about", "no_such_record")]


def test_queued_work_runs_in_the_same_transaction(trading: Site) -> None:
    def work(unit: Unit) -> None:
        key = unit.create("partner", [{"name": "P"}])[0]
        unit.then(lambda later: later.update("partner", [Change(key, {"region": "north"})]))
        unit.then(lambda later: later.create("remark", [{"about": {"object": "partner", "id": key}, "text": "new"}]))

    write(trading, work)
    record = next(iter(rows(trading, "partner").values()))
    assert (record["region"], record["notes"], record["version"]) == ("north", "new", 2)


def test_queued_work_has_a_depth_limit(trading: Site) -> None:
    def again(unit: Unit) -> None:
        unit.then(again)

    with pytest.raises(Exception, match="more than 10 times"):
        write(trading, again)


def test_a_record_without_a_type_gets_the_first(trading: Site) -> None:
    record = stored(trading, "order", add(trading, "order"))
    assert (record["record_type"], record["stage"]) == ("goods", "draft")
    assert refused(lambda: add(trading, "order", record_type="gifts"))[0][0] == "record_type"


def test_uniqueness_counts_only_where_its_condition_holds(trading: Site) -> None:
    place = add(trading, "site", name="S", region="east")
    course = add(trading, "course", name="C", region="east")
    first = add(trading, "enrolment", site=place, course=course)
    assert refused(lambda: add(trading, "enrolment", site=place, course=course)) == [("course", "duplicate")]
    write(trading, lambda unit: unit.transition("enrolment", [first], "cancel"))
    add(trading, "enrolment", site=place, course=course)
    again = refused(lambda: write(trading, lambda unit: unit.transition("enrolment", [first], "again")))
    assert again == [("course", "duplicate")]


def test_a_lookup_condition_follows_lookups_of_the_record(trading: Site) -> None:
    place = add(trading, "site", name="S", region="east")
    west = add(trading, "course", name="W", region="west")
    assert refused(lambda: add(trading, "enrolment", site=place, course=west)) == [("course", "not_offered")]


def test_a_tree_never_becomes_a_circle(trading: Site) -> None:
    top = add(trading, "area", name="top")
    middle = add(trading, "area", name="middle", parent=top)
    leaf = add(trading, "area", name="leaf", parent=middle)
    assert refused(lambda: change(trading, "area", top, parent=leaf)) == [("parent", "circle")]
    assert refused(lambda: change(trading, "area", top, parent=top)) == [("parent", "circle")]
    change(trading, "area", leaf, parent=top)
    both = [Change(middle, {"parent": leaf}), Change(leaf, {"parent": middle})]
    found = refused(lambda: write(trading, lambda unit: unit.update("area", both)))
    assert found == [("parent", "circle"), ("parent", "circle")]


def test_history_says_how_long_a_record_was_in_the_state_it_leaves(trading: Site) -> None:
    keys = write(trading, lambda unit: unit.create("order", [{"record_type": "goods"}] * 2), now=MARCH)
    write(trading, lambda unit: unit.transition("order", keys, "stage.cancel"), now=APRIL)
    write(trading, lambda unit: unit.transition("order", [keys[0]], "payment.cancel"), now=APRIL)
    ids = trading.release.model("order").field_ids
    row = tables.history.c
    with trading.reading() as connection:
        moves = select(row.record_id, row.in_state).where(row.action == "transition").order_by(row.id)
        found = connection.execute(moves).all()
    day = 24 * 3600
    assert found == [
        (keys[0], {str(ids["stage"]): day}),
        (keys[1], {str(ids["stage"]): day}),
        (keys[0], {str(ids["payment"]): day}),
    ]


def test_a_record_that_moves_twice_in_one_unit_was_in_between_for_no_time(trading: Site) -> None:
    def work(unit: Unit) -> None:
        keys = unit.create("order", [{"record_type": "goods"}])
        unit.transition("order", keys, "pay")

    write(trading, work, now=MARCH)
    with trading.reading() as connection:
        row = tables.history.c
        found = connection.execute(select(row.in_state).where(row.action == "transition")).scalars().all()
    assert found
    assert {seconds for each in found for seconds in each.values()} == {0}


def test_a_field_without_history_leaves_none(trading: Site) -> None:
    key = order(trading, memo="secret plan", title="known")
    change(trading, "order", key, memo="another")
    with trading.reading() as connection:
        kept = connection.execute(select(tables.history.c.changes)).scalars().all()
    assert "known" in str(kept)
    assert "secret plan" not in str(kept)
    assert "another" not in str(kept)
