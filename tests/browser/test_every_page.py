"""Every page the application serves, found by its routes: accessible, within the policy, no wider than the screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo
from tests.security.surfaces import SURFACES, WITHOUT_RECORDS

#: Endpoints that answer with no page of their own, or only to who is not signed in or holds something made for them.
NO_PAGE: Mapping[str, str] = {
    "auth.forgotten_page": "for people who are not signed in",
    "auth.go_there": "leads to another site",
    "auth.come_back": "comes from another site",
    "auth.login_page": "for people who are not signed in",
    "auth.new_password_page": "for people who are not signed in",
    "auth.setup_page": "gone once somebody can sign in",
    "auth.sms_page": "for people who are not signed in",
    "duplicates.similar": "a part of forms",
    "duplicates.undo_form": "of a merge",
    "exporting.download": "a file",
    "files.download": "a file",
    "forms.rules": "a script",
    "importing.page": "of an import",
    "importing.mend_page": "of an import",
    "importing.alike_file": "a file",
    "importing.rejected_file": "a file",
    "notifications.live": "a stream",
    "records.bulk_progress": "of a job",
    "records.view_form": "of a saved view",
    "administration.job_page": "of a job",
}
#: So many tests share the pages at one size.
PARTS = 8
#: Each page is looked at in both once it is open: they differ by nothing but the style sheet.
SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")


def words(demo: Demo) -> dict[str, str]:
    """Return what the names in addresses of ``surfaces.py`` stand for here: records of the demonstration."""

    def some(object_name: str, number: int = 0) -> str:
        model = demo.site.release.model(object_name)
        found = select(model.id).where(model.deleted_at.is_(None)).order_by(model.id).offset(number).limit(1)
        with demo.site.reading() as connection:
            return str(connection.execute(found).scalar_one())

    nothing = str(UUID(int=0))
    found: defaultdict[str, str] = defaultdict(lambda: nothing)
    found |= {
        "mine": some("customer"),
        "theirs": some("customer", 1),
        "twin": some("customer", 2),
        "lead": some("lead"),
        "deal": some("opportunity"),
        "contact": some("contact"),
        "task": some("task"),
        "me": some("user"),
        "boss": some("user", 1),
        "canary": "a",
    }
    return found


def endpoints() -> list[str]:
    """Return what may answer with a page; ``test_s5_leaks.py`` sees to it that no route is missing."""
    every = sorted((SURFACES.keys() | WITHOUT_RECORDS.keys()) - NO_PAGE.keys())
    return [each for each in every if not each.startswith(("api.", "scim.", "health.", "static"))]


def addresses(demo: Demo, wanted: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield endpoints with the addresses under which each may show a page."""
    from formline.web import create_app

    known = words(demo)
    rules = {
        rule.endpoint: rule for rule in create_app(demo.site).url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    for endpoint in wanted:
        declared = [each.format_map(known) for each in SURFACES.get(endpoint, ()) if isinstance(each, str)]
        rule = rules.get(endpoint)
        yield endpoint, declared or ([rule.rule] if rule and not rule.arguments else [])


def opened(screen: Screen, demo: Demo, tried: list[str]) -> bool:
    """Open the first address that is a page; what is part of one, a file or not there is none."""
    for path in tried:
        answer = screen.page.request.get(f"{demo.url}{path}", max_redirects=0)
        if answer.status == 200 and "text/html" in answer.headers["content-type"]:
            text = answer.text()
            assert "<html" in text or "dialog-head" not in text, f"{path} opened by itself is no whole page"
            if "<html" in text:
                screen.page.goto(f"{demo.url}{path}")
                screen.page.wait_for_load_state("networkidle")
                return True
    return False


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_and_fits(demo: Demo, at_work: Screen, part: int) -> None:
    page = at_work.page
    demo.sign_in(at_work, "admin")
    found: dict[str, list[str]] = {}
    seen = 0
    for endpoint, tried in addresses(demo, endpoints()[part::PARTS]):
        if not opened(at_work, demo, tried):
            continue
        seen += 1
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function("scheme => document.documentElement.dataset.bsTheme === scheme", arg=scheme)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            problems = [*at_work.axe_violations(), *([f"{wide} pixels too wide"] if wide > 0 else [])]
            if problems:
                found[f"{endpoint} {page.url} {scheme}"] = problems
    assert found == {}
    assert seen > 2
