"""Whatever is sent, a field answers with a value of its own kind or with a problem, never with another exception."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from formline.fields.base import ValueProblem
from formline.fields.locale import PLAIN
from tests.fields.test_values import CHINESE, GERMAN, THING
from tests.fixtures.catalogs import catalog_from

FIELDS = list(catalog_from(THING).object("thing").fields.values())
HARD = st.sampled_from(
    [
        "٣",
        "1e999999",
        "--1",
        "9" * 50,
        "2026-13-01",
        "0000-00-00",
        "9999-12-31T23:59:59-14:00",
        "EUR",
        "\ud800",
        "%",
        "½",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | HARD
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(FIELDS), raw=ANYTHING, locale=st.sampled_from([PLAIN, GERMAN, CHINESE]))
def test_anything_is_a_value_or_a_problem(field: Any, raw: Any, locale: Any) -> None:
    try:
        parts = field.type.parse_parts(field, raw, locale)
    except ValueProblem:
        return
    value = parts[""]
    if value is None:
        return
    list(field.type.validate(field, value))
    json.dumps(field.type.to_json(field, value))
    field.type.to_text(field, value, locale)
    field.type.derive(field, value)
