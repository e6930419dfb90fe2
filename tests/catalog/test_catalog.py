"""A catalog is lazy, immutable, hashed, and survives its way through the table of releases."""

from __future__ import annotations

import pytest

from formline.catalog.catalog import Catalog
from formline.catalog.check import check
from formline.errors import DefinitionError, Level
from formline.fields.field import Field
from formline.metadata.checks import check_layers
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import load_text
from tests.fixtures.catalogs import catalog_from
from tests.test_house import ROOT

SHOP = """
kind: object
name: shop
title: name
fields:
  name: {type: text, required: true}
  opened: {type: date, default: "2026-01-01"}
  rent: {type: money, default: 12.50}
  kind: {type: choice, choices: {small: {label: Small}, big: {label: Big}}, default: small}
  level: {type: choice, choices: {small: {label: S}, big: {label: B}}, default: kind}
  boss: {type: user, default: user.manager}
  motto: {type: text, default: hello}
"""


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    """The definitions that ship, as a catalog."""
    return Catalog.build(check_layers([("shipped", ROOT / "definitions")]))


def test_the_shipped_definitions_have_no_errors(shipped: Catalog) -> None:
    assert [str(one) for one in check(shipped) if one.level is Level.ERROR] == []


def test_building_a_catalog_builds_no_object(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(Field, "__init__", lambda self, *args, **more: made.append(args[1]))
    catalog = Catalog.build(merge([Layer("a", load_text(SHOP, "shop.yaml").documents)]))
    assert "shop" in catalog.objects
    assert len(catalog.hash) == 64
    assert catalog.links.incoming("user")[0].field == "boss"
    assert made == []


def test_the_hash_depends_on_what_definitions_say_and_not_on_where_they_stand() -> None:
    moved = Catalog.build(merge([Layer("b", load_text("# a comment\n" + SHOP, "elsewhere.yaml").documents)]))
    same = Catalog.build(merge([Layer("a", load_text(SHOP, "shop.yaml").documents)]))
    other = Catalog.build(merge([Layer("a", load_text(SHOP.replace("12.50", "12.51"), "shop.yaml").documents)]))
    assert moved.hash == same.hash != other.hash


def test_a_catalog_comes_back_from_json_with_positions_and_exact_decimals(shipped: Catalog) -> None:
    catalog = catalog_from(SHOP)
    again = Catalog.from_json(catalog.to_json())
    assert again.hash == catalog.hash
    assert again.source("object", "shop").data == catalog.source("object", "shop").data
    place = ("fields", "rent", "default")
    assert again.source("object", "shop").positions.at(place) == catalog.source("object", "shop").positions.at(place)
    assert Catalog.from_json(shipped.to_json()).hash == shipped.hash


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    catalog = catalog_from(SHOP)
    with pytest.raises(DefinitionError, match="no object") as caught:
        catalog.object("shp")
    assert 'did you mean "shop"?' in caught.value.problems[0].hint
    with pytest.raises(DefinitionError, match="no role"):
        catalog.get("role", "boss")
    with pytest.raises(DefinitionError, match="no kind"):
        catalog.all("rol")


def test_every_record_has_the_system_fields_but_nobody_owns_the_organisation() -> None:
    catalog = catalog_from(SHOP)
    stamps = {f.name for f in catalog.object("shop").fields.values() if f.system}
    changes = {"created_at", "created_by", "updated_at", "updated_by"}
    assert stamps == changes | {"id", "owner", "department", "company", "version"}
    assert "owner" not in catalog.object("user").fields
    assert not catalog.object("user").fields["department"].system


@pytest.mark.parametrize(
    ("field", "expected"),
    [("opened", "2026-01-01"), ("rent", "12.50"), ("kind", "small"), ("motto", "hello")],
)
def test_a_default_that_is_a_value_of_the_field_is_a_literal(field: str, expected: str) -> None:
    assert str(catalog_from(SHOP).object("shop").fields[field].default) == expected


@pytest.mark.parametrize(("field", "source"), [("level", "kind"), ("boss", "user.manager")])
def test_other_defaults_are_expressions(field: str, source: str) -> None:
    assert catalog_from(SHOP).object("shop").fields[field].default.source == source


def test_a_find_is_an_expression_too() -> None:
    text = SHOP + "  twin: {type: lookup, to: shop, default: {find: shop, where: name == this.name, sort: [-opened]}}\n"
    default = catalog_from(text).object("shop").fields["twin"].default
    assert ("@shop", "name") in default.dependencies


def test_the_list_of_roles_is_made_of_the_roles() -> None:
    catalog = catalog_from("kind: role\nname: sales\nlabel: Sales team\n")
    choices = catalog.object("user").fields["roles"].choices
    assert {name: one.label for name, one in choices.items()} == {"sales": "Sales team"}


def test_package_settings_are_read_in_expressions() -> None:
    package = "kind: package\nname: shops\nversion: 1.0.0\nsettings: {most: {type: integer, default: 7}}\n"
    catalog = catalog_from(
        package, SHOP + "rules: {r: {when: rent != null, check: rent < setting.most, message: Too dear.}}\n"
    )
    assert catalog.settings == {"most": 7}
    assert len(catalog.object("shop").rules) == 1
