"""Where something is used: fields on the whole way of a path, objects, lists and roles, each with its place."""

from __future__ import annotations

import pytest

from formline.catalog.impact import choice_used, definition_used, where_used
from tests.fixtures.catalogs import catalog_from

TEXT = """
kind: object
name: customer
fields:
  name: {type: text, required: true}
  region: {type: choice, choice_list: regions}
  spent: {type: rollup, of: orders.amount, aggregate: sum, where: paid}
---
kind: object
name: order
title: number
fields:
  number: {type: auto_number, pattern: "{customer.region}-{n:3}"}
  customer: {type: lookup, to: customer, reverse: orders}
  amount: {type: money, visible: customer.region == "north"}
  paid: {type: boolean}
rules:
  paid_north: {when: paid, check: amount > 0, message: "{customer.name} owes."}
---
kind: choice_list
name: regions
choices: {north: {label: North}}
---
kind: layout
name: customer
object: customer
related: [{list: orders, columns: [number, amount]}]
---
kind: role
name: clerk
objects: {order: {read: customer.region == "north", fields: {amount: read}}, customer: {read: all}}
---
kind: translations
language: de
of: object
texts: {order: {fields: {amount: {label: Betrag}}}}
"""


def paths(usages: list[object]) -> list[str]:
    return [str(one).split("  ")[1] for one in usages]


@pytest.mark.parametrize(
    ("object_name", "field", "expected"),
    [
        (
            "order",
            "amount",
            [
                "object/customer.fields.spent.of",
                "object/order.rules.paid_north.check",
                "layout/customer.related.0.columns.1",
                "role/clerk.objects.order.fields.amount",
                "translations/de/object.texts.order.fields.amount",
            ],
        ),
        (
            "customer",
            "region",
            [
                "object/order.fields.number.pattern",
                "object/order.fields.amount.visible",
                "role/clerk.objects.order.read",
            ],
        ),
        ("customer", "name", ["object/order.rules.paid_north.message"]),
        ("customer", "orders", ["object/customer.fields.spent.of", "layout/customer.related.0.list"]),
        ("order", "paid", ["object/customer.fields.spent.where", "object/order.rules.paid_north.when"]),
    ],
)
def test_a_field_is_used_by_everything_that_reads_or_shows_it(
    object_name: str, field: str, expected: list[str]
) -> None:
    assert paths(where_used(catalog_from(TEXT), object_name, field)) == expected


def test_an_object_is_used_by_what_points_to_it_and_gives_rights_to_it() -> None:
    assert paths(where_used(catalog_from(TEXT), "customer")) == [
        "object/order.fields.customer.to",
        "layout/customer.object",
        "role/clerk.objects.customer",
    ]


def test_a_shared_list_is_used_by_its_fields_and_every_place_is_known() -> None:
    usages = definition_used(catalog_from(TEXT), "choice_list", "regions")
    assert [str(one) for one in usages] == ["text1.yaml:6:39  object/customer.fields.region.choice_list"]


def test_a_choice_is_used_where_it_is_compared_preset_or_given() -> None:
    more = """
kind: object
name: shop
record_types: {small: {choices: {kind: [a]}}}
fields:
  name: {type: text}
  kind: {type: choice, choices: [a, b], default: a}
  boss: {type: user, where: 'this.kind == "a"', required: 'kind in ["a", "b"]'}
  open: {type: boolean, visible: '"a" == kind and name != "a"'}
---
kind: sample_data
name: shops
records: {shop: {one: {name: a, kind: a}}}
"""
    assert paths(choice_used(catalog_from(more), "shop", "kind", "a")) == [
        "object/shop.record_types.small.choices.kind.0",
        "object/shop.fields.kind.default",
        "object/shop.fields.boss.where",
        "object/shop.fields.boss.required",
        "object/shop.fields.open.visible",
        "sample_data/shops.records.shop.one.kind",
    ]
    assert paths(choice_used(catalog_from(TEXT), "customer", "region", "north")) == [
        "object/order.fields.amount.visible",
        "role/clerk.objects.order.read",
    ]
