"""Every code of the catalog is described, and its description is true; the page of codes is up to date."""

from __future__ import annotations

import importlib

import pytest

from formline.metadata import codes
from tests.catalog.test_mistakes import CASES
from tests.fixtures.catalogs import problems_of
from tests.test_house import ROOT

for module in (
    "codes_approvals",
    "codes_automation",
    "codes_dashboards",
    "codes_integrations",
    "codes_matching",
    "codes_objects",
    "codes_pools",
    "codes_printing",
    "codes_scripts",
    "codes_sla",
    "codes_storefronts",
    "codes_uses",
    "codes_web_forms",
):
    importlib.import_module(f"formline.catalog.{module}")
DOCS = [doc for doc in codes.CODES.values() if doc.group == "catalog"]
PAGE = ROOT / "docs" / "errors" / "catalog.md"


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.code)
def test_the_wrong_example_has_the_mistake_and_the_right_one_has_not(doc: codes.CodeDoc) -> None:
    assert doc.code in {problem.code for problem in problems_of(doc.wrong)}
    right = problems_of(doc.right)
    assert doc.code not in {problem.code for problem in right}, right


def test_every_tested_mistake_is_described_and_every_described_one_is_tested() -> None:
    tested = {case.code for case in CASES if not case.code.startswith("EXPR")}
    assert tested == {doc.code for doc in DOCS}


def test_the_page_is_what_the_registry_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == codes.page("catalog", "Errors between definitions")
