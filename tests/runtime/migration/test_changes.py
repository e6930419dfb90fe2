"""What happens to rows when definitions change: one test per kind of change, on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from formline.errors import DefinitionError, FormlineError
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.migration.apply import Author, LossError, apply, resume
from formline.runtime.migration.doctor import doctor
from formline.runtime.migration.plan import Plan, plan
from formline.runtime.migration.rollback import rollback_plan
from formline.runtime.sealing import Vault, place_of
from formline.runtime.site import Site
from tests.fixtures.sites import MakeSite, publish
from tests.runtime.migration.definitions import BASE, with_fields
from tests.runtime.migration.rows import add, change, rows


def planned(site: Site, *texts: str) -> Plan:
    return plan(site, candidate_of_texts(site.settings, [*BASE, *texts]))


def kinds(made: Plan) -> list[tuple[str, str]]:
    return [(one.kind, one.what) for one in made.operations if one.kind != "change"]


def test_a_rename_keeps_the_column_and_needs_no_filling(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text}")], database_url)
    add(site, "customer", {"name": "Ann"})
    column = site.release.model("customer").column("name").name
    made = planned(site, with_fields("client", extra="was: customer\n", title="{type: text, was: name}"))
    assert kinds(made) == [("rename", "object/client"), ("rename", "object/client.fields.title")]
    publish(site, [*BASE, with_fields("client", extra="was: customer\n", title="{type: text, was: name}")])
    assert rows(site, "client", "title") == [("Ann",)]
    assert site.release.model("client").column("title").name == column
    assert doctor(site) == []


def test_a_retype_converts_every_row_and_shows_beforehand_what_is_lost(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("item", size="{type: text}")], database_url)
    add(site, "item", {"size": "12"}, {"size": "7.50"}, {"size": "large"}, {"size": None})
    after = with_fields("item", size="{type: decimal, scale: 2}")
    made = planned(site, after)
    assert kinds(made) == [("retype", "object/item.fields.size")]
    (loss,) = made.losses
    assert (loss.failed, loss.exact + loss.lossy, loss.examples[-1:]) == (1, 2, ("large",))
    (warning,) = [one for one in made.warnings if one.code == "values-change"]
    assert "`formline rollback 1`" in warning.hint
    with pytest.raises(LossError, match="large"):
        publish(site, [*BASE, after])
    publish(site, [*BASE, after], accept_loss=True)
    assert rows(site, "item", "size") == [(Decimal("12.00"),), (Decimal("7.50"),), (None,), (None,)]
    assert doctor(site) == []


def test_going_back_over_a_lossy_retype_gives_what_nobody_changed_since_as_it_was(
    make_site: MakeSite, database_url: str
) -> None:
    site = make_site([*BASE, with_fields("item", note="{type: text}", size="{type: text}")], database_url)
    texts = ("12.0", "7.50 ", "large", None, "3", "4")
    keys = add(site, "item", *({"size": text} for text in texts))
    integers = [*BASE, with_fields("item", note="{type: text}", size="{type: integer}")]
    publish(site, integers, accept_loss=True)
    change(site, "item", keys[0], note="another field")
    change(site, "item", keys[4], size=5)
    change(site, "item", keys[5], size=None)
    (new,) = add(site, "item", {"size": 9})
    back = rollback_plan(site, 1)
    (loss,) = back.losses
    assert (loss.restored, loss.exact, loss.lossy, loss.failed) == (3, 5, 0, 0), str(loss)
    assert "3 of them come back as they were" in str(loss)
    apply(site, back, "undo", Author("test"))
    found = dict(rows(site, "item", "id", "size"))
    assert [found[key] for key in (*keys, new)] == ["12.0", "7.50 ", "large", None, "5", None, "9"]
    assert doctor(site) == []


def test_a_renamed_and_merged_choice_is_renamed_in_every_row(make_site: MakeSite, database_url: str) -> None:
    before = with_fields("visit", how="{type: choice, choices: {phone: {}, call: {}, mail: {}}}")
    site = make_site([*BASE, before], database_url)
    add(site, "visit", {"how": "phone"}, {"how": "call"}, {"how": "mail"})
    after = with_fields("visit", how="{type: choice, choices: {phone_call: {was: [phone, call]}, mail: {}}}")
    assert planned(site, after).failing_rows == 0
    publish(site, [*BASE, after])
    assert rows(site, "visit", "how") == [("phone_call",), ("phone_call",), ("mail",)]


def test_a_choice_that_goes_makes_no_pass_over_the_rows(make_site: MakeSite, database_url: str) -> None:
    field = "{type: choice, choices: [phone, mail%s]}"
    site = make_site([*BASE, with_fields("visit", how=field % ", fax")], database_url)
    add(site, "visit", {"how": "fax"})
    made = planned(site, with_fields("visit", how=field % ""))
    assert (kinds(made), made.losses) == ([], ())
    assert "choice-removed" in {one.code for one in made.warnings}
    assert [step[0] for step in made.steps] == ["expand", "index", "switch", "settle"]


def test_merged_fields_take_the_first_value_there_is(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", phone="{type: text}", mobile="{type: text}")], database_url)
    add(site, "customer", {"phone": "1", "mobile": "2"}, {"phone": None, "mobile": "3"})
    publish(site, [*BASE, with_fields("customer", number="{type: text, was: [phone, mobile]}")])
    assert rows(site, "customer", "number") == [("1",), ("3",)]


def test_convert_from_computes_the_new_field_from_the_old_row(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("line", price="{type: integer}", pieces="{type: integer}")], database_url)
    add(site, "line", {"price": 3, "pieces": 4})
    after = with_fields(
        "line", price="{type: integer}", total="{type: integer, convert_from: price * pieces}", pieces="{type: integer}"
    )
    publish(site, [*BASE, after])
    assert rows(site, "line", "total", "price") == [(12, 3)]


def test_a_new_stored_formula_is_computed_for_every_row(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("line", price="{type: integer}", pieces="{type: integer}")], database_url)
    add(site, "line", {"price": 3, "pieces": 4}, {"price": 5, "pieces": 6})
    total = "{type: formula, returns: integer, expression: price * pieces}"
    double = "{type: formula, returns: integer, expression: total * 2}"
    after = with_fields("line", price="{type: integer}", pieces="{type: integer}", double=double, total=total)
    publish(site, [*BASE, after])
    assert rows(site, "line", "total", "double") == [(12, 24), (30, 60)]
    publish(site, [*BASE, after.replace("price * pieces", "price + pieces")])
    assert rows(site, "line", "total", "double") == [(7, 14), (11, 22)]


def test_a_new_rollup_is_computed_for_every_parent(make_site: MakeSite, database_url: str) -> None:
    lines = with_fields("line", order="{type: parent, to: sale, reverse: lines}", amount="{type: integer}")
    site = make_site([*BASE, with_fields("sale", name="{type: text}"), lines], database_url)
    one, _ = add(site, "sale", {"name": "a"}, {"name": "b"})
    add(site, "line", {"order": one, "amount": 3}, {"order": one, "amount": 4}, {"order": None, "amount": 9})
    total = "{type: rollup, of: lines.amount, aggregate: sum}"
    count = "{type: rollup, of: lines, aggregate: count, where: amount > 3}"
    publish(site, [*BASE, with_fields("sale", name="{type: text}", total=total, count=count), lines])
    assert rows(site, "sale", "name", "total", "count") == [("a", 7, 1), ("b", 0, 0)]


def test_removed_things_are_kept_and_a_rollback_brings_them_back(make_site: MakeSite, database_url: str) -> None:
    first = [
        with_fields("customer", name="{type: text}", phone="{type: text}"),
        with_fields("note", text="{type: text}"),
    ]
    site = make_site([*BASE, *first], database_url)
    add(site, "customer", {"name": "Ann", "phone": "123"})
    add(site, "note", {"text": "hello"})
    publish(site, [*BASE, with_fields("customer", title="{type: text, was: name}")])
    add(site, "customer", {"title": "Bob"})
    assert doctor(site) == []
    back = rollback_plan(site, 1)
    assert ("rename", "object/customer.fields.name") in kinds(back)
    apply(site, back, "undo", Author("test"))
    assert rows(site, "customer", "name", "phone") == [("Ann", "123"), ("Bob", None)]
    assert rows(site, "note", "text") == [("hello",)]
    assert doctor(site) == []
    assert site.release.number == 3


def test_going_back_over_a_rename_is_a_rename(make_site: MakeSite, database_url: str) -> None:
    choice = "{type: choice, choices: {%s: {%s}}}"
    first = with_fields("customer", name="{type: text, required: true}", how=choice % ("phone", ""))
    site = make_site([*BASE, first], database_url)
    then = with_fields("client", extra="was: customer\n", title="{type: text, required: true, was: name}")
    publish(site, [*BASE, then + "  how: " + choice % ("call", "was: phone") + "\n"])
    back = rollback_plan(site, 1)
    assert {one.code for one in back.warnings} <= {"no-title"}
    assert back.security == ()
    assert ("rename", "object/customer.fields.name") in kinds(back)


def test_physical_names_are_never_used_twice(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text}", phone="{type: text}")], database_url)
    add(site, "customer", {"name": "Ann", "phone": "123"})
    publish(site, [*BASE, with_fields("customer", name="{type: text}")])
    made = planned(site, with_fields("customer", name="{type: text}", phone="{type: text}"))
    (warning,) = [one for one in made.warnings if one.code == "comes-back-empty"]
    assert "its 1 values are in quarantine until" in warning.message
    assert warning.hint.startswith("`formline restore customer.phone`")
    publish(site, [*BASE, with_fields("customer", name="{type: text}", phone="{type: text}")])
    assert site.release.model("customer").column("phone").name == "phone_2"
    assert rows(site, "customer", "phone") == [(None,)]


def test_a_new_unique_constraint_is_refused_while_records_break_it(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", code="{type: text}")], database_url)
    add(site, "customer", {"code": "A"}, {"code": "A"}, {"code": None}, {"code": None})
    after = [*BASE, with_fields("customer", code="{type: text, unique: true}")]
    with pytest.raises(DefinitionError, match="have the same code: A"):
        publish(site, after)


def test_adding_a_field_makes_no_pass_over_the_rows(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text}")], database_url)
    made = planned(site, with_fields("customer", name="{type: text}", phone="{type: text}"))
    assert [step[0] for step in made.steps] == ["expand", "index", "switch", "settle"]


def test_a_removal_with_values_is_warned_about_and_a_likely_rename_too(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text}", phone="{type: text}")], database_url)
    add(site, "customer", {"name": "Ann", "phone": "1"}, {"name": "Bob", "phone": None})
    made = planned(site, with_fields("customer", name="{type: text}", mobile="{type: text}"))
    found = {problem.code: problem for problem in made.warnings}
    assert found["removed-values"].message.startswith("1 records")
    assert found["looks-renamed"].hint == "if it is the same field, write was: phone"


def test_rights_given_and_taken_are_part_of_the_plan(make_site: MakeSite, database_url: str) -> None:
    customer = with_fields("customer", name="{type: text}")
    role = "kind: role\nname: sales\nlabel: Sales\nobjects: {customer: {read: %s}}\n"
    site = make_site([*BASE, customer, role % "own"], database_url)
    made = planned(site, customer, role % "all")
    assert "role sales: read of customer: own -> all" in [str(one) for one in made.security]


def test_going_back_converts_nothing_anew(make_site: MakeSite, database_url: str) -> None:
    parts = {"price": "{type: integer}", "pieces": "{type: integer}"}
    converted = with_fields("line", **parts, total="{type: integer, convert_from: price * pieces}")
    site = make_site([*BASE, with_fields("line", **parts)], database_url)
    (key,) = add(site, "line", {"price": 3, "pieces": 4})
    publish(site, [*BASE, converted])
    change(site, "line", key, total=50)
    publish(site, [*BASE, with_fields("line", **parts, total="{type: integer, label: Sum}")])
    apply(site, rollback_plan(site, 2), "back", Author("test"))
    assert rows(site, "line", "total") == [(50,)]
    publish(site, [*BASE, with_fields("line", **parts)])
    apply(site, rollback_plan(site, 2), "back again", Author("test"))
    assert rows(site, "line", "total") == [(50,)]
    publish(site, [*BASE, with_fields("line", **parts, total="{type: text}")])
    apply(site, rollback_plan(site, 2), "and again", Author("test"))
    assert rows(site, "line", "total") == [(50,)]
    assert doctor(site) == []


def test_a_conversion_over_unknown_fields_is_refused_when_planned(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("line", price="{type: integer}")], database_url)
    with pytest.raises(FormlineError, match="pieces"):
        planned(
            site, with_fields("line", price="{type: integer}", total="{type: integer, convert_from: price * pieces}")
        )


def test_a_field_of_several_records_has_a_table_that_comes_and_goes(make_site: MakeSite, database_url: str) -> None:
    tag, plain = with_fields("tag", name="{type: text}"), with_fields("customer", name="{type: text}")
    tagged = with_fields("customer", name="{type: text}", tags="{type: many_to_many, to: tag}")
    site = make_site([*BASE, tag, plain], database_url)
    (customer,) = add(site, "customer", {"name": "Ann"})
    (label,) = add(site, "tag", {"name": "new"})
    publish(site, [*BASE, tag, tagged])
    pairs = site.release.model("customer").join_tables["tags"]
    with site.writing(site.release) as connection:
        connection.execute(insert(pairs).values(record_id=customer, target_id=label))
    publish(site, [*BASE, tag, plain])
    apply(site, rollback_plan(site, 2), "tags are wanted", Author("test"))
    again = site.release.model("customer").join_tables["tags"]
    assert again.name == pairs.name == "customer_tags"
    with site.reading() as connection:
        assert connection.execute(select(again.c.target_id)).scalars().all() == [label]
    assert doctor(site) == []


def test_records_made_equal_while_an_apply_runs_stop_it_with_a_sentence(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", code="{type: text}")], database_url)
    after = with_fields("customer", code="{type: text, unique: true}")
    made = planned(site, after)
    first, _ = add(site, "customer", {"code": "A"}, {"code": "A"})
    with pytest.raises(FormlineError, match="same code while the apply was running"):
        apply(site, made, "unique codes", Author("test"))
    change(site, "customer", first, code="B")
    resume(site)
    assert doctor(site) == []
    assert [unique.fields for unique in site.release.model("customer").unique_indexes.values()] == [("code",)]


def test_a_unique_constraint_may_be_for_some_records_only(make_site: MakeSite, database_url: str) -> None:
    kind = "{type: choice, choices: {main: {}, other: {}}}"
    extra = "unique: [{fields: [owner_name], where: kind == 'main'}]\n"
    text = with_fields("address", extra=extra, owner_name="{type: text}", kind=kind)
    site = make_site([*BASE, text], database_url)
    add(site, "address", *({"owner_name": "Ann", "kind": one} for one in ("main", "other", "other")))
    with pytest.raises(IntegrityError):
        add(site, "address", {"owner_name": "Ann", "kind": "main"})
    publish(site, [*BASE, text.replace("kind == 'main'", "kind != 'other'")])
    assert doctor(site) == []


def opened(site: Site, field: str) -> list[str | None]:
    """Return the texts of a sealed field of items, in the order of their ids."""
    model = site.release.model("item")
    with site.reading() as connection:
        vault = Vault(connection, site.keys)
        found = connection.execute(select(model.id, model.column(field)).order_by(model.id)).all()
        return [None if value is None else vault.open(value, place_of(model, field, key)) for key, value in found]


def add_sealed(site: Site, *items: dict[str, str]) -> None:
    """Add items with sealed fields, as a unit writes them."""
    model = site.release.model("item")
    for values, key in zip(items, add(site, "item", *({} for _ in items)), strict=True):
        with site.writing() as connection:
            vault = Vault(connection, site.keys)
            sealed = {model.column(n).name: vault.seal(text, place_of(model, n, key)) for n, text in values.items()}
            connection.execute(model.table.update().where(model.id == key).values(**sealed))


SECRETS = ["6222 0001", None, "x" * 300, "s1.1.looks-sealed"]


def test_a_text_becomes_secret_and_readable_again_only_if_asked_for(make_site: MakeSite, database_url: str) -> None:
    plain = [*BASE, with_fields("item", account="{type: text, max_length: 500}")]
    site = make_site(plain, database_url)
    add(site, "item", *({"account": text} for text in SECRETS))
    secret = [*BASE, with_fields("item", account="{type: encrypted_text, max_length: 500}")]
    made = plan(site, candidate_of_texts(site.settings, secret))
    (loss,) = made.losses
    assert (loss.exact, loss.lossy, loss.failed, loss.sealing, loss.examples) == (3, 0, 0, "sealed", ())
    assert "sealed-copies" in {one.code for one in made.warnings}
    publish(site, secret)
    assert opened(site, "account") == SECRETS
    assert not any(text and text in str(rows(site, "item", "account")) for text in SECRETS)
    made = plan(site, candidate_of_texts(site.settings, plain))
    assert "6222" not in str(made.to_json())
    with pytest.raises(LossError, match="3 secret values would be stored readable"):
        apply(site, made, "back", Author("test"))
    publish(site, plain, accept_loss=True)
    assert [row[0] for row in rows(site, "item", "account")] == SECRETS
    assert doctor(site) == []


def test_a_secret_that_is_no_number_is_counted_without_being_shown(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("item", code="{type: encrypted_text}")], database_url)
    add_sealed(site, {"code": "12"}, {"code": "hidden words"})
    made = planned(site, with_fields("item", code="{type: integer}"))
    (loss,) = made.losses
    assert (loss.exact, loss.failed, loss.sealing) == (1, 1, "opened")
    assert "hidden" not in str(loss)
    publish(site, [*BASE, with_fields("item", code="{type: integer}")], accept_loss=True)
    assert rows(site, "item", "code") == [(12,), (None,)]
    numbers = rollback_plan(site, 1)
    assert [one.sealing for one in numbers.losses] == ["sealed"]
    apply(site, numbers, "back", Author("test"))
    assert opened(site, "code") == ["12", None]


def test_secrets_merged_into_one_field_are_sealed_for_their_new_place(make_site: MakeSite, database_url: str) -> None:
    before = with_fields("item", one="{type: encrypted_text}", two="{type: encrypted_text}")
    site = make_site([*BASE, before], database_url)
    add_sealed(site, {"one": "a"}, {"two": "b"})
    publish(site, [*BASE, with_fields("item", both="{type: encrypted_text, was: [one, two]}")])
    assert opened(site, "both") == ["a", "b"]
