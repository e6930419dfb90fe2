"""Conversions of values from any field type to any other: never an error, and what can be kept is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.catalog.catalog import Catalog
from formline.fields.field import Field
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import load_text
from formline.runtime.migration.conversion import Outcome, convert
from tests.runtime.migration.definitions import BASE, with_fields

FIELDS = {
    "text": "{type: text, max_length: 400}",
    "short": "{type: text, max_length: 5}",
    "number": "{type: integer}",
    "amount": "{type: decimal, scale: 2}",
    "fine": "{type: decimal, scale: 6}",
    "money": "{type: money}",
    "percent": "{type: percent}",
    "flag": "{type: boolean}",
    "day": "{type: date}",
    "moment": "{type: datetime}",
    "choice": "{type: choice, choices: {a: {}, b: {}}}",
    "renamed": "{type: choice, choices: {x: {was: a}, b: {}}}",
    "several": "{type: multi_choice, choices: {a: {}, b: {}}}",
    "person": "{type: user}",
    "place": "{type: department}",
}
SAMPLES: dict[str, Any] = {
    "text": "12.5 and more",
    "short": "abc",
    "number": 7,
    "amount": Decimal("3.25"),
    "fine": Decimal("0.123456"),
    "money": Decimal("10.00"),
    "percent": Decimal(30),
    "flag": True,
    "day": date(2024, 2, 29),
    "moment": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "choice": "a",
    "renamed": "x",
    "several": ("a", "b"),
}


def catalog() -> Catalog:
    texts = [*BASE, with_fields("thing", **FIELDS)]
    documents = [document for text in texts for document in load_text(text, "test.yaml").documents]
    return Catalog.build(merge([Layer("test", tuple(documents))]))


THING = catalog().object("thing")


def field(name: str) -> Field:
    return THING.fields[name]


@pytest.mark.parametrize("before", SAMPLES)
@pytest.mark.parametrize("after", FIELDS)
def test_every_pair_of_types_converts_or_says_that_it_cannot(before: str, after: str) -> None:
    value, outcome = convert(field(before), field(after), SAMPLES[before])
    assert (value is None) == (outcome is Outcome.FAILED)


@pytest.mark.parametrize("name", FIELDS)
def test_null_stays_null(name: str) -> None:
    assert convert(field(name), field("text"), None) == (None, Outcome.EXACT)


@pytest.mark.parametrize(
    ("before", "after", "value", "expected", "outcome"),
    [
        ("text", "number", "12", 12, Outcome.EXACT),
        ("text", "number", "twelve", None, Outcome.FAILED),
        ("text", "short", "longer than five", "longer than five", Outcome.INVALID),
        ("number", "amount", 3, Decimal("3.00"), Outcome.EXACT),
        ("amount", "number", Decimal("3.25"), None, Outcome.FAILED),
        ("choice", "renamed", "a", "x", Outcome.EXACT),
        ("renamed", "choice", "x", "a", Outcome.EXACT),
        ("choice", "several", "a", ("a",), Outcome.EXACT),
        ("choice", "text", "a", "a", Outcome.EXACT),
        ("person", "place", THING, None, Outcome.FAILED),
        ("moment", "day", datetime(2024, 2, 29, 12, 30, tzinfo=UTC), date(2024, 2, 29), Outcome.LOSSY),
        ("day", "text", date(2024, 2, 29), "2024-02-29", Outcome.EXACT),
    ],
)
def test_conversions_by_example(before: str, after: str, value: Any, expected: Any, outcome: Outcome) -> None:
    assert convert(field(before), field(after), value) == (expected, outcome)


@given(st.integers(-(10**11), 10**11))
def test_integers_survive_the_way_through_text_and_decimal(value: int) -> None:
    for name in ("text", "amount", "fine"):
        there, outcome = convert(field("number"), field(name), value)
        assert outcome is Outcome.EXACT
        assert convert(field(name), field("number"), there) == (value, Outcome.EXACT)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_decimals_keep_every_digit(value: Decimal) -> None:
    there, outcome = convert(field("amount"), field("text"), value)
    assert outcome is Outcome.EXACT
    assert convert(field("text"), field("amount"), there)[0] == value
