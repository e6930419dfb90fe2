"""The currency sign beside an amount that is typed: the one the amount will be stored in."""

from __future__ import annotations

from typing import Any

import pytest

from formline.web.formats import formats
from formline.web.records.form_markup import NoValues, signs_of
from formline.web.records.form_spec import ControlSpec
from formline.web.records.form_values import FormValues, fill
from tests.fixtures.catalogs import catalog_from

ASSET = """
kind: object
name: asset
fields:
  name: {type: text}
  code: {type: text}
  plain: {type: money}
  fixed: {type: money, currency: EUR}
  other: {type: money, currency: code}
"""


@pytest.mark.parametrize(
    ("name", "record", "sign"),
    [
        ("plain", {}, "¥"),
        ("plain", {"plain.currency": "USD"}, "$"),
        ("fixed", {}, "€"),
        ("other", {"code": "EUR"}, "€"),
        ("other", {}, "¥"),
    ],
)
def test_an_amount_stands_beside_the_sign_of_its_currency(name: str, record: dict[str, Any], sign: str) -> None:
    field = catalog_from(ASSET).object("asset").fields[name]
    values = FormValues(own_symbol="¥")
    fill(values, [ControlSpec(field, name, field.label, "", "", "")], record, {}, formats("en", "UTC", "CNY"))
    assert values.symbol(name) == sign


def test_a_new_row_has_the_sign_its_definition_says() -> None:
    fields = catalog_from(ASSET).object("asset").fields
    controls = [ControlSpec(fields[name], f"lines-{name}", "", "", "", "") for name in ("plain", "fixed", "other")]
    row = NoValues("¥", signs_of(controls))
    assert [row.symbol(control.name) for control in controls] == ["¥", "€", "¥"]
