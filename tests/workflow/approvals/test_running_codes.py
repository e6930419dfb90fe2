"""What is reported about approvals that run, and about their tests, is described, and the examples are true."""

from __future__ import annotations

import pytest

from formline.catalog import codes_running
from formline.catalog.catalog import Catalog
from formline.metadata import codes
from formline.workflow.approvals.pinned import broken
from formline.workflow.approvals.proving import problems
from tests.fixtures.catalogs import catalog_from
from tests.test_house import ROOT

DOCS = {doc.code: doc for doc in codes.CODES.values() if doc.group == codes_running.GROUP}


def approval(catalog: Catalog) -> dict[str, object]:
    return dict(catalog.source("approval", "deals").data)


def reported(doc: codes.CodeDoc, text: str) -> bool:
    catalog = catalog_from(text)
    if doc.code == "test-failed":
        return [one.code for one in problems(catalog)] == [doc.code]
    before = catalog_from(doc.below)
    if doc.code == "running-approvals":
        return bool(broken(catalog, approval(before)))
    return approval(catalog) != approval(before)


@pytest.mark.parametrize("code", DOCS)
def test_the_wrong_example_is_reported_and_the_right_one_is_not(code: str) -> None:
    doc = DOCS[code]
    assert reported(doc, doc.wrong)
    assert not reported(doc, doc.right)


def test_every_code_is_described_and_the_page_is_what_the_registry_says() -> None:
    assert set(DOCS) == {"running-approvals", "approvals-stay", "test-failed"}
    page = ROOT / "docs" / "errors" / "running.md"
    assert page.read_text(encoding="utf-8") == codes.page(codes_running.GROUP, "Approvals that run, and their tests")
