"""What a person sees of a record: hidden, masked, by relation; and what masked fields may not be used for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from formline.errors import NotFoundError
from formline.runtime.access import Actor, Masked, mask, record_rights
from formline.runtime.queries import Query, QueryError, Total, aggregate, fetch, get, pick, titles
from formline.runtime.queries.picking import pickable
from tests.runtime.firm import Firm

ROLES = """
kind: role
name: sales
label: Sales
objects:
  customer:
    read: all
    update: own
    fields: {phone: masked, email: hidden, revenue: {read: own, otherwise: masked}, turnover: masked}
  contact: {read: own, fields: {mobile: {edit: own_and_team, otherwise: hidden}, customer: read}}
  user: {read: all}
---
kind: role
name: contacts_only
label: Contacts only
objects:
  contact: {read: all}
---
kind: role
name: no_lookup
label: No lookup
objects:
  customer: {read: all}
  contact: {read: all, fields: {customer: masked}}
"""


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(ROLES)


def _rows(firm: Firm, actor: Actor, *fields: str, object: str = "customer", **query: Any) -> list[dict[str, Any]]:
    return fetch(firm.connection, firm.release, actor, Query(object, fields, **query)).rows


def test_hidden_is_absent_and_masked_is_masked(firm: Firm) -> None:
    actor = firm.user("sales")
    mine = firm.add(
        "customer", name="Mine", phone="13800001234", email="a@b.cn", revenue=Decimal(5), owner=actor.user_id
    )
    other = firm.add("customer", name="Other", phone="13900005678", email="c@d.cn", revenue=Decimal(7), secret="x")
    for reader in (lambda key: get(firm.connection, firm.release, actor, "customer", key), None):
        rows = (
            {row["id"]: row for row in _rows(firm, actor)} if reader is None else {k: reader(k) for k in (mine, other)}
        )
        assert "email" not in rows[mine]
        assert "secret" not in rows[other]
        assert rows[mine]["phone"] == Masked("138****1234")
        assert isinstance(rows[mine]["phone"], Masked)
        assert rows[mine]["revenue"] == Decimal(5)
        assert rows[other]["revenue"] == "****"
    assert get(firm.connection, firm.release, Actor.system(), "customer", other)["secret"] == "x"


def test_masked_money_shows_no_part(firm: Firm) -> None:
    actor = firm.user("sales")
    key = firm.add(
        "customer", name="A", **{"turnover": Decimal(9), "turnover.currency": "CNY", "turnover.base": Decimal(9)}
    )
    record = get(firm.connection, firm.release, actor, "customer", key)
    assert {name: value for name, value in record.items() if name.startswith("turnover")} == {"turnover": "****"}


def test_relation_decides_per_record(firm: Firm) -> None:
    actor = firm.user("sales")
    mine = firm.add("contact", name="A", mobile="13800001234", owner=actor.user_id)
    assert get(firm.connection, firm.release, actor, "contact", mine)["mobile"] == "13800001234"
    on = record_rights(firm.connection, firm.release, actor, "contact", [mine])[mine]
    assert on.field("mobile") == "read"  # to edit, the record itself must be editable


def test_record_rights_tell_records_apart(firm: Firm) -> None:
    actor = firm.user("sales")
    mine = firm.add("customer", name="Mine", owner=actor.user_id)
    other = firm.add("customer", name="Other")
    found = record_rights(firm.connection, firm.release, actor, "customer", [mine, other])
    assert (found[mine].can("update"), found[other].can("update")) == (True, False)
    assert (found[mine].field("name"), found[other].field("name")) == ("edit", "read")
    assert (found[mine].field("revenue"), found[other].field("revenue")) == ("read", "masked")
    assert "name" in found[mine].writable
    assert found[other].writable == frozenset()


@pytest.mark.parametrize("path", ["phone", "email", "revenue", "secret", "turnover", "nothing"])
def test_masked_hidden_and_unknown_cannot_be_used(firm: Firm, path: str) -> None:
    actor = firm.user("sales")
    firm.add("customer", name="A", phone="13800001234", revenue=Decimal(1))
    texts = set()
    for ask in (
        lambda: _rows(firm, actor, "name", sort=((path, False),)),
        lambda: _rows(firm, actor, "name", where={"field": path, "op": "eq", "value": "1"}),
        lambda: aggregate(firm.connection, firm.release, actor, "customer", None, [path]),
        lambda: aggregate(firm.connection, firm.release, actor, "customer", None, [], [Total("max", path)]),
    ):
        with pytest.raises(QueryError) as caught:
            ask()
        texts.add(caught.value.message.replace(path, "X"))
    assert len(texts) == 4  # one per use, and the same for every path of this test
    if path != "nothing":
        with pytest.raises(QueryError):
            _rows(firm, actor, "name", where=f"{path} == {path}")


def test_paths_need_the_lookup_and_the_target(firm: Firm) -> None:
    customer = firm.add("customer", name="Secret Ltd", level="a")
    firm.add("contact", name="Ann", customer=customer)
    contacts_only, no_lookup = firm.user("contacts_only"), firm.user("no_lookup")
    for actor in (contacts_only, no_lookup):
        row = _rows(firm, actor, "name", "customer.name", "level", object="contact")[0]
        assert "customer.name" not in row
        assert row["level"] == "a"  # a definition's path: the mirror is a field with its own rights
        with pytest.raises(QueryError):
            _rows(firm, actor, "name", object="contact", where='customer.name == "Secret Ltd"')
        with pytest.raises(QueryError):
            _rows(firm, actor, "name", object="contact", sort=(("customer.name", False),))
    assert titles(firm.connection, firm.release, contacts_only, {"customer": [customer]}) == {}


def test_titles_of_parents_are_given(firm: Firm) -> None:
    customer = firm.add("customer", name="Parent Ltd")
    actor = firm.user("contacts_only")
    found = titles(firm.connection, firm.release, actor, {"customer": [customer]}, parents={"customer": [customer]})
    assert found == {customer: "Parent Ltd"}


def test_titles_come_in_one_statement(firm: Firm) -> None:
    from sqlalchemy import event

    customer, contact, user = firm.add("customer", name="C"), firm.add("contact", name="D"), firm.add("user", name="E")
    statements: list[str] = []
    event.listen(firm.engines.read, "before_cursor_execute", lambda *args: statements.append(args[2]))
    found = titles(
        firm.connection,
        firm.release,
        Actor.system(),
        {"customer": {customer}, "contact": [contact], "user": [user], "region": []},
    )
    assert found == {customer: "C", contact: "D", user: "E"}
    assert len(statements) == 1


def test_unreadable_absent_and_deleted_are_alike(firm: Firm) -> None:
    from formline.runtime.keys import uuid7
    from tests.runtime.firm import NOW

    actor = firm.user("sales")
    errors = set()
    for key in (firm.add("contact", name="Not mine"), uuid7(), firm.add("contact", name="Gone", deleted_at=NOW)):
        with pytest.raises(NotFoundError) as caught:
            get(firm.connection, firm.release, actor, "contact", key)
        errors.add((caught.value.message, caught.value.code, caught.value.status))
    assert len(errors) == 1


def test_pick_offers_what_fits_and_is_readable(firm: Firm) -> None:
    actor = firm.user("sales")
    big = firm.add("customer", name="Big 北京", level="a")
    firm.add("customer", name="The big one", level="b")
    firm.add("contact", name="Not mine")
    assert [title for _, title in pick(firm.connection, firm.release, actor, "customer", "BIG")] == [
        "Big 北京",
        "The big one",
    ]
    assert pick(firm.connection, firm.release, actor, "customer", "北") == [(big, "Big 北京")]
    assert [title for _, title in pick(firm.connection, firm.release, actor, "customer")] == ["Big 北京", "The big one"]
    assert pick(firm.connection, firm.release, actor, "contact", "") == []
    zhang = firm.add("customer", name="张伟")
    assert pick(firm.connection, firm.release, actor, "customer", "zhang") == [(zhang, "张伟")]
    assert pick(firm.connection, firm.release, actor, "customer", "伟") == [(zhang, "张伟")]
    assert pick(firm.connection, firm.release, actor, "customer", "g", limit=1) == [(big, "Big 北京")]
    where = firm.release.catalog.compiler.compile("level == this.level", object="contact", where_of="customer")
    found = pick(firm.connection, firm.release, actor, "customer", "", where, of="contact", values={"level": "a"})
    assert [key for key, _ in found] == [big]


def test_pickable_is_what_pick_would_offer(firm: Firm) -> None:
    actor = firm.user("sales")
    own, other = firm.add("contact", name="A", owner=actor.user_id), firm.add("contact", name="B")
    field = firm.release.catalog.object("contact").fields["customer"]
    assert pickable(firm.connection, firm.release, actor, field, "contact", [own, other], {}) == {own}


@pytest.mark.parametrize(
    ("type_", "value", "shown"),
    [
        ("phone", "13800001234", "138****1234"),
        ("phone", "12345678", "****"),
        ("email", "alice@example.com", "a****@example.com"),
        ("email", "a@example.com", "****@example.com"),
        ("name", "Zhang Wei", "Z****"),
        ("name", "张伟", "****"),
        ("level", "a", "****"),
        ("revenue", Decimal("12.5"), "****"),
        ("blocked", False, "****"),
        ("name", None, None),
        ("name", "", None),
    ],
)
def test_masks(firm: Firm, type_: str, value: Any, shown: str | None) -> None:
    assert mask(firm.release.catalog.object("customer").fields[type_], value) == shown
