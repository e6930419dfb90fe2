"""A change is checked by looking at what it may concern: the same errors are found as by looking at everything."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from formline.catalog.affected import affected
from formline.catalog.catalog import Catalog
from formline.catalog.check import check
from formline.errors import Level
from formline.metadata.checks import check_layers
from formline.metadata.layers import Definition
from tests.catalog.test_mistakes import BASE, CASES, Case, place_of
from tests.fixtures.catalogs import catalog_from, unchecked
from tests.test_house import ROOT


def errors(catalog: Catalog, sound: Catalog | None = None) -> list[str]:
    return [str(one) for one in check(catalog, sound) if one.level is Level.ERROR]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_added_mistake_is_found(case: Case) -> None:
    candidate, _ = unchecked(BASE, place_of(case.text)[0])
    assert errors(candidate, catalog_from(BASE)) == errors(candidate)


def changed(catalog: Catalog, key: tuple[str, str], data: dict[str, Any]) -> Catalog:
    old = catalog.definitions[key]
    new = Definition(old.kind, old.name, data, old.positions, old.origins)
    return Catalog({**catalog.definitions, key: new})


def mutations(catalog: Catalog) -> list[tuple[str, Catalog]]:
    """Return catalogs with one field, choice or definition taken away, or one field retyped."""
    found: list[tuple[str, Catalog]] = []
    for key, definition in catalog.definitions.items():
        without = {other: one for other, one in catalog.definitions.items() if other != key}
        found.append((f"without {key}", Catalog(without)))
        for part in ("fields", "choices"):
            for name in definition.data.get(part) or ():
                data = copy.deepcopy(definition.data)
                del data[part][name]
                found.append((f"{key} without {name}", changed(catalog, key, data)))
                if part == "fields" and data[part]:
                    retyped = copy.deepcopy(definition.data)
                    retyped[part][name] = {"type": "boolean"}
                    found.append((f"{key} with {name} retyped", changed(catalog, key, retyped)))
    return found


def test_whatever_is_taken_away_from_the_shipped_definitions_the_same_errors_are_found() -> None:
    shipped = Catalog.build(check_layers([("shipped", ROOT / "definitions")]))
    for number, (what, candidate) in enumerate(mutations(shipped)):
        if number % 23 == 0:
            assert errors(candidate, shipped) == errors(candidate), what


def test_a_new_field_concerns_few_definitions() -> None:
    objects = "".join(f"---\nkind: object\nname: thing{n}\nfields: {{name: {{type: text}}}}\n" for n in range(50))
    new = objects.replace("thing7\nfields: {", "thing7\nfields: {extra: {type: date}, ")
    found = affected(catalog_from(objects), catalog_from(new))
    assert found.keys == {("object", "thing7")}
