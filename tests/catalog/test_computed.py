"""Formulas, rollups, mirrors and rules: what is stored, in which order, and what waits for the end of the unit."""

from __future__ import annotations

import pytest

from formline.catalog.catalog import Catalog
from formline.catalog.formulas import rank
from tests.fixtures.catalogs import catalog_from

DEAL = """
kind: object
name: customer
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: [a, b]}
  total: {type: rollup, of: deals.value, aggregate: sum, where: not lost}
  best: {type: rollup, of: deals.lines_total, aggregate: max}
  average: {type: rollup, of: deals.pieces, aggregate: avg}
rules:
  limit: {check: total < 1000, message: Too much.}
---
kind: object
name: deal
fields:
  name: {type: text, required: true}
  customer: {type: lookup, to: customer, reverse: deals}
  lost: {type: boolean}
  pieces: {type: integer, required: true}
  price: {type: money, required: true}
  final: {type: formula, returns: money, expression: value * 2}
  value: {type: formula, returns: money, expression: price * pieces}
  doubled: {type: formula, returns: decimal, expression: lines_total + 1}
  age: {type: formula, returns: integer, expression: "days_between(day, today())"}
  older: {type: formula, returns: integer, expression: age + 1}
  of_customer: {type: formula, returns: text, expression: customer.name}
  count_of_lines: {type: formula, returns: integer, expression: count(lines)}
  day: {type: date}
  level: {type: mirror, of: customer.level}
  lines_total: {type: rollup, of: lines.amount, aggregate: sum}
rules:
  own: {check: price > 0, message: Price?}
  by_lines: {check: lines_total > 0, message: Lines?}
  through_formula: {check: doubled > 1, message: Lines?}
  any_line: {check: "any(lines, amount > 3)", message: Lines?}
  above: {when: customer, check: customer.total < 5, message: Too much.}
  other: {check: {exists: deal, where: name == this.name and id != this.id}, message: Twin?}
---
kind: object
name: line
title: text
fields:
  text: {type: text}
  deal: {type: parent, to: deal, reverse: lines}
  amount: {type: decimal, scale: 3}
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_from(DEAL)


def test_stored_formulas_come_after_what_they_read(catalog: Catalog) -> None:
    assert [f.name for f in catalog.object("deal").formulas] == ["value", "final", "doubled"]


def test_formulas_of_other_records_children_or_the_clock_are_evaluated_when_read(catalog: Catalog) -> None:
    names = [f.name for f in catalog.object("deal").read_formulas]
    assert names == ["age", "older", "of_customer", "count_of_lines"]
    assert all(f.parts == () for f in catalog.object("deal").read_formulas)


def test_a_mirror_shows_the_field_it_leads_to(catalog: Catalog) -> None:
    mirror = catalog.object("deal").fields["level"]
    assert (mirror.mirror, mirror.parts, list(mirror.choices)) == (("customer", "level"), (), ["a", "b"])
    assert mirror.shown is catalog.object("customer").fields["level"]


def test_a_rollup_has_the_type_of_what_it_adds_up(catalog: Catalog) -> None:
    fields = catalog.object("customer").fields
    assert [(p.name) for p in fields["total"].parts] == ["", "currency", "base"]
    assert fields["best"].shown.type.name == "decimal"
    assert fields["best"].shown.param("scale") == 3
    assert [p.name for p in fields["average"].parts] == ["", "sum", "count"]


def test_parents_are_locked_upward_by_rank(catalog: Catalog) -> None:
    assert rank(catalog, "deal", "lines_total") == 1
    assert rank(catalog, "customer", "total") == 1
    assert rank(catalog, "customer", "best") == 2
    assert [f.name for f in catalog.object("customer").rollups] == ["total", "average", "best"]


def test_a_row_knows_the_rollups_it_feeds(catalog: Catalog) -> None:
    feeds = catalog.object("deal").feeds
    assert [(f.parent_object, f.rollup_field, f.link_field, f.of_field, f.rank) for f in feeds] == [
        ("customer", "total", "customer", "value", 1),
        ("customer", "average", "customer", "pieces", 1),
        ("customer", "best", "customer", "lines_total", 2),
    ]
    assert feeds[0].where is not None
    assert [f.rollup_field for f in catalog.object("line").feeds] == ["lines_total"]


@pytest.mark.parametrize(
    ("rule", "deferred"),
    [
        ("own", False),
        ("by_lines", True),
        ("through_formula", True),
        ("any_line", True),
        ("above", True),
        ("other", True),
    ],
)
def test_a_rule_that_reads_other_rows_of_the_unit_waits_for_its_end(
    catalog: Catalog, rule: str, deferred: bool
) -> None:
    assert {one.name: one.deferred for one in catalog.object("deal").rules}[rule] is deferred


def test_the_other_side_of_every_lookup_is_a_child(catalog: Catalog) -> None:
    assert [(c.object, c.field, c.reverse, c.on_delete) for c in catalog.object("deal").children] == [
        ("line", "deal", "lines", "cascade")
    ]
    link = catalog.object("customer").child("deals")
    assert link is not None
    assert (link.object, link.on_delete) == ("deal", "restrict")
