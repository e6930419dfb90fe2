"""Every code of a plan is described, its example is true, and the page of them is up to date."""

from __future__ import annotations

import pytest

from formline.catalog import codes_plan
from formline.metadata import codes
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.migration.plan import plan
from formline.runtime.site import Site
from tests.fixtures.sites import MakeSite, publish
from tests.runtime.migration.definitions import BASE
from tests.runtime.migration.rows import add
from tests.test_house import ROOT

DOCS = [doc for doc in codes.CODES.values() if doc.group == codes_plan.GROUP]
ROW = {"name": "Ann", "phone": "none", "level": "b", "step": "old"}


def told(site: Site, text: str) -> set[str]:
    made = plan(site, candidate_of_texts(site.settings, [*BASE, text]))
    return {one.code for one in (*made.blockers, *made.warnings)}


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.code)
def test_the_change_has_what_the_code_says_and_the_better_one_has_not(
    doc: codes.CodeDoc, make_site: MakeSite, database_url: str
) -> None:
    site = make_site([*BASE, doc.beside or doc.below], database_url)
    known = site.release.model("customer").by_key
    add(site, "customer", {name: value for name, value in ROW.items() if name in known})
    if doc.beside:
        publish(site, [*BASE, doc.below])
    assert doc.code in told(site, doc.wrong)
    assert doc.code not in told(site, doc.right)


def test_the_page_is_what_the_registry_says() -> None:
    page = ROOT / "docs" / "errors" / "plan.md"
    assert page.read_text(encoding="utf-8") == codes.page(codes_plan.GROUP, "What a plan reports")
