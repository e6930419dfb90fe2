"""The frame around pages: what stands in the navigation and in a phone's bottom bar, and what is marked as open."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from tests.web.conftest import Person

SignIn = Callable[[str], Person]
_PART = {
    "rail": re.compile(r'<nav class="rail".*?</nav>', re.S),
    "bottom": re.compile(r'<nav class="mobile-nav".*?</nav>', re.S),
}
_LINK = re.compile(r'<a class="(?:rail|mobile-nav)-link( active)?" href="([^"]+)"')


def links(page: str, part: str) -> dict[str, bool]:
    """Return the addresses of a part of the frame, and whether each is marked as open."""
    (found,) = _PART[part].findall(page)
    return {unescape(href): bool(active) for active, href in _LINK.findall(found)}


def test_pages_that_are_no_objects_stand_where_they_may_be_opened(sign_in: SignIn) -> None:
    page = sign_in("admin").get("/audit").text
    found = links(page, "rail")
    assert [href for href, active in found.items() if active] == ["/audit"]
    assert {"/pools", "/integrations", "/roles", "/system"} <= set(found)
    ends = ["/integrations", "/roles", "/audit", "/system"]
    assert [href for href in found if href in ends] == ends
    person = links(sign_in("wang").get("/pools").text, "rail")
    assert person["/pools"]
    assert not {"/audit", "/system", "/roles", "/integrations"} & set(person)


def test_the_bottom_bar_holds_what_the_app_wants_there(sign_in: SignIn) -> None:
    page = sign_in("wang").get("/o/customer").text
    found = links(page, "bottom")
    assert list(found)[:2] == ["/", "/o/customer"]
    assert found["/o/customer"]
    assert not found["/"]
    assert len(found) == 3
    (bar,) = _PART["bottom"].findall(page)
    assert 'href="/o/opportunity/new"' in bar
    assert "我的" in bar


def test_a_bottom_bar_nobody_described_takes_the_first_of_the_navigation(sign_in: SignIn) -> None:
    page = sign_in("he").get("/o/case").text
    assert list(links(page, "bottom"))[1:] == list(links(page, "rail"))[4:][1:3]


def test_choosing_a_language_stays_on_the_page(sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/o/customer?q=x").text
    for came_from, leads_to in (
        ("http://localhost/o/customer?q=x", "/o/customer?q=x"),
        ("http://elsewhere.example/o/customer", "/"),
        ("", "/"),
    ):
        answer = person.post("/language", {"language": "zh_TW"}, page, headers={"Referer": came_from})
        assert answer.headers["Location"] == leads_to


def test_a_dialogs_address_opened_by_itself_is_a_page_or_leads_to_one(sign_in: SignIn) -> None:
    person = sign_in("wang")
    assert person.get("/notifications/drawer").headers["Location"] == "/notifications"
    for path in ("filter", "filter/tree", "columns", "bulk"):
        assert "<html" in person.get(f"/o/customer/{path}").text, path
        assert "<html" not in person.get(f"/o/customer/{path}", headers={"HX-Request": "true"}).text, path


def test_groups_behind_the_first_are_folded_but_for_where_one_is(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    (rail,) = _PART["rail"].findall(admin.get("/o/customer").text)
    assert rail.count('<details class="rail-fold">') > 2
    assert '<details class="rail-fold" open>' not in rail
    (rail,) = _PART["rail"].findall(admin.get("/audit").text)
    assert rail.count('<details class="rail-fold" open>') == 1
