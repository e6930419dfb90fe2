"""Merging loses nothing and is taken back exactly; rights, unique values, trees and references keep their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.runtime.access import Actor
from formline.runtime.merging.merging import Merge, merge
from formline.runtime.merging.undoing import survivor_of, undo
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite

TEXTS = [
    *ORGANISATION.values(),
    """
kind: object
name: firm
title: name
tree: parent
fields:
  name: {type: text, required: true}
  tax: {type: text, unique: true}
  phone: {type: phone}
  worth: {type: money}
  since: {type: date}
  parent: {type: lookup, to: firm, reverse: branches}
  tags: {type: many_to_many, to: tag, reverse: firms}
  deals: {type: rollup, of: sales.amount, aggregate: sum}
---
kind: object
name: tag
title: name
fields:
  name: {type: text, required: true}
---
kind: object
name: sale
title: name
fields:
  name: {type: text, required: true}
  firm: {type: lookup, to: firm, reverse: sales}
  about: {type: lookup, to: [firm, tag], reverse: mentions}
  amount: {type: decimal, scale: 2}
---
kind: object
name: seat
title: name
fields:
  name: {type: text, required: true}
  firm: {type: parent, to: firm, reverse: seats}
unique: [{fields: [firm, name]}]
---
kind: object
name: panel
title: name
fields:
  name: {type: text, required: true}
  members: {type: many_to_many, to: firm, reverse: panels}
""",
]
SYSTEM = Actor.system()
#: What says when and how often a record was written.
STAMPS = {"version", "updated_at", "updated_by"}


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with firms."""
    return make_site(TEXTS, database_url)


def add(site: Site, what: str, /, **values: Any) -> UUID:
    (made,) = run_unit(site, SYSTEM, lambda unit: unit.create(what, [values]))
    return made


def join(site: Site, survivor: UUID, *losers: UUID, **chosen: UUID) -> UUID:
    return run_unit(site, SYSTEM, lambda unit: merge(unit, Merge("firm", survivor, losers, chosen)))


def take_back(site: Site, merge_id: UUID) -> UUID:
    return run_unit(site, SYSTEM, lambda unit: undo(unit, merge_id))


def everything(site: Site) -> Mapping[str, Any]:
    """Return all live records and pairs, without stamps."""
    found: dict[str, Any] = {}
    with site.reading() as connection:
        for name in ("firm", "tag", "sale", "seat", "panel"):
            model = site.release.model(name)
            for row in connection.execute(select(*model.columns).where(model.deleted_at.is_(None))):
                record = dict(zip(model.keys, row, strict=True))
                found[f"{name} {record['id']}"] = {key: record[key] for key in model.keys if key not in STAMPS}
            for field, table in model.join_tables.items():
                found[field] = sorted((row[0], row[1]) for row in connection.execute(select(table)))
    return found


def one(site: Site, name: str, key: UUID) -> Mapping[str, Any]:
    found: Mapping[str, Any] = everything(site)[f"{name} {key}"]
    return found


def test_values_are_chosen_filled_and_what_referred_follows(site: Site) -> None:
    red, blue = add(site, "tag", name="red"), add(site, "tag", name="blue")
    first = add(site, "firm", name="A", tax="1", tags=[red])
    second = add(
        site, "firm", name="B", tax="2", phone="13800138000", worth={"amount": 7, "currency": "CNY"}, tags=[blue]
    )
    sale = add(site, "sale", name="s", firm=second, about={"object": "firm", "id": second}, amount=5)
    seat = add(site, "seat", name="x", firm=second)
    panel = add(site, "panel", name="p", members=[second])
    join(site, first, second, tax=second)
    after = one(site, "firm", first)
    assert (after["name"], after["tax"], after["phone"], after["worth"]) == ("A", "2", "13800138000", 7)
    assert after["deals"] == 5
    assert one(site, "sale", sale)["firm"] == one(site, "sale", sale)["about"] == first
    assert one(site, "seat", seat)["firm"] == first
    assert everything(site)["members"] == [(panel, first)]
    assert everything(site)["tags"] == sorted([(first, red), (first, blue)])
    with site.reading() as connection:
        assert survivor_of(connection, site.release, "firm", second) == first


def test_it_is_taken_back_once_and_not_over_changes(site: Site) -> None:
    first, second = add(site, "firm", name="A", tax="1"), add(site, "firm", name="B", tax="2")
    add(site, "sale", name="s", firm=second, amount=5)
    before = everything(site)
    merged = join(site, first, second, tax=second)
    assert take_back(site, merged) == first
    assert everything(site) == before
    with pytest.raises(NotFoundError):
        take_back(site, merged)
    merged = join(site, first, second)
    run_unit(site, SYSTEM, lambda unit: unit.update("firm", [Change(first, {"name": "C"})]))
    with pytest.raises(ConflictError) as refused:
        take_back(site, merged)
    assert refused.value.code == "changed_since"


def test_a_merge_that_would_break_uniqueness_changes_nothing(site: Site) -> None:
    first, second = add(site, "firm", name="A"), add(site, "firm", name="B")
    add(site, "seat", name="x", firm=first)
    add(site, "seat", name="x", firm=second)
    before = everything(site)
    with pytest.raises(ValidationError) as refused:
        join(site, first, second)
    assert refused.value.errors[0].code == "duplicate"
    assert everything(site) == before


def test_records_above_and_below_each_other_merge(site: Site) -> None:
    top = add(site, "firm", name="top")
    below = add(site, "firm", name="below", parent=top)
    leaf = add(site, "firm", name="leaf", parent=below)
    join(site, below, top)
    assert one(site, "firm", below)["parent"] is None
    assert one(site, "firm", leaf)["parent"] == below


def test_a_merge_that_would_make_a_circle_is_refused(site: Site) -> None:
    top = add(site, "firm", name="top")
    middle = add(site, "firm", name="middle", parent=top)
    leaf = add(site, "firm", name="leaf", parent=middle)
    with pytest.raises(ValidationError) as refused:
        join(site, leaf, top)
    assert refused.value.errors[0].code == "circle"


def test_addresses_lead_on_through_later_merges(site: Site) -> None:
    first, second, third = (add(site, "firm", name=name) for name in "ABC")
    join(site, second, first)
    later = join(site, third, second)
    with site.reading() as connection:
        assert survivor_of(connection, site.release, "firm", first) == third
    take_back(site, later)
    with site.reading() as connection:
        assert survivor_of(connection, site.release, "firm", first) == second


FIRM = st.fixed_dictionaries(
    {"name": st.sampled_from("ABC")},
    optional={
        "phone": st.sampled_from(["13800138000", "13900139000"]),
        "worth": st.integers(1, 9).map(lambda amount: {"amount": amount, "currency": "CNY"}),
        "since": st.sampled_from(["2024-01-01", "2025-06-30"]),
    },
)
REFERENCES = st.lists(st.tuples(st.sampled_from(["sale", "panel", "tag"]), st.integers(0, 3)), max_size=6)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(firms=st.lists(FIRM, min_size=2, max_size=4), references=REFERENCES, survivor=st.integers(0, 3))
def test_nothing_is_lost_and_undo_is_exact(
    site: Site, firms: list[dict[str, Any]], references: list[tuple[str, int]], survivor: int
) -> None:
    ids = run_unit(site, SYSTEM, lambda unit: unit.create("firm", firms))
    for what, number in references:
        firm = ids[number % len(ids)]
        if what == "sale":
            add(site, "sale", name="s", firm=firm, amount=1)
        elif what == "panel":
            add(site, "panel", name="p", members=[firm])
        else:
            tag = add(site, "tag", name="t")
            run_unit(site, SYSTEM, lambda unit, f=firm, t=tag: unit.update("firm", [Change(f, {"tags": [t]})]))
    before = everything(site)
    kept = ids[survivor % len(ids)]
    merged = join(site, kept, *(key for key in ids if key != kept))
    after = everything(site)
    record = after[f"firm {kept}"]
    for field in ("phone", "worth", "since"):
        had = [before[f"firm {key}"][field] for key in ids if before[f"firm {key}"][field] is not None]
        assert (record[field] in had) if had else record[field] is None
    for name, value in after.items():
        if name.startswith("sale "):
            assert value["firm"] not in set(ids) - {kept}
    for field, side in (("members", 1), ("tags", 0)):
        pointed = {pair[1 - side] for pair in before[field] if pair[side] in ids}
        assert {pair[1 - side] for pair in after[field] if pair[side] == kept} == pointed
    take_back(site, merged)
    assert everything(site) == before
