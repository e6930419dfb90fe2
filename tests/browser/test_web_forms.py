"""A form filled in by somebody outside, on a desktop and a phone: the lead has an owner; what looks like spam waits."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.web.web_forms import tokens
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo
from tests.runtime.webhooks.shop import work_off

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
#: A folder for pictures to look at; nothing is kept without it.
PICTURES = os.environ.get("FORMLINE_PICTURES", "")


@pytest.fixture(params=SIZES)
def outside(request: pytest.FixtureRequest, browser_page: Screen) -> Screen:
    """Return a browser of this size in which nobody is signed in."""
    browser_page.page.set_viewport_size(SIZES[request.param])
    return browser_page


def look(screen: Screen, name: str) -> None:
    """Check that the page is accessible, no wider than the screen and without a problem; keep a picture where asked."""
    page = screen.page
    page.wait_for_load_state("networkidle")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}-{page.evaluate('innerWidth')}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert screen.axe_violations() == []
    assert screen.problems == []


def fill_in(screen: Screen, demo: Demo, email: str, *, seconds: int = 60) -> None:
    """Fill in the page as somebody who opened it so long ago."""
    page = screen.page
    page.goto(f"{demo.url}/f/lead_enquiry?lang=zh_CN")
    page.get_by_label("咨询主题").fill("扫码枪询价")
    page.get_by_label("您的姓名").fill("林海")
    page.get_by_label("您的邮箱").fill(email)
    page.get_by_label("我同意").check()
    token = tokens.issue(demo.site, "lead_enquiry", datetime.now(UTC) - timedelta(seconds=seconds))
    page.locator("input[name=_token]").evaluate("(input, token) => { input.value = token }", token)


def leads(demo: Demo, email: str) -> list[dict[str, object]]:
    query = Query("lead", ("owner", "source"), {"field": "email", "op": "eq", "value": email})
    with demo.site.reading() as connection:
        return fetch(connection, demo.site.release, Actor.system(), query).rows


def test_somebody_outside_asks_and_sales_get_a_lead(outside: Screen, demo: Demo) -> None:
    page, size = outside.page, outside.page.viewport_size["width"]  # type: ignore[index]
    email = f"lin{size}@haigang.example"
    fill_in(outside, demo, email)
    look(outside, "web-form")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    look(outside, "web-form-thanks")
    work_off(demo.site)
    (lead,) = leads(demo, email)
    assert lead["source"] == "website"
    assert lead["owner"] is not None


def test_what_is_wrong_stays_on_the_page(outside: Screen, demo: Demo) -> None:
    page = outside.page
    fill_in(outside, demo, "nobody")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.get_by_label("咨询主题")).to_have_value("扫码枪询价")
    look(outside, "web-form-wrong")


def test_what_looks_like_spam_waits_and_becomes_a_lead_when_accepted(outside: Screen, demo: Demo) -> None:
    page, size = outside.page, outside.page.viewport_size["width"]  # type: ignore[index]
    email = f"fast{size}@haigang.example"
    fill_in(outside, demo, email, seconds=0)
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    assert leads(demo, email) == []
    demo.sign_in(outside, "gu")
    page.goto(f"{demo.url}/forms")
    look(outside, "web-forms")
    page.goto(f"{demo.url}/forms/lead_enquiry")
    look(outside, "web-form-queue")
    line = page.locator(".plain-list > li", has_text=email)
    line.get_by_role("button", name="丢弃").click()
    expect(page.locator(".plain-list > li", has_text=email)).to_have_count(0)
    page.get_by_role("button", name="撤销").click()
    page.wait_for_load_state("networkidle")
    page.goto(f"{demo.url}/forms/lead_enquiry")
    page.locator(".plain-list > li", has_text=email).get_by_role("button", name="接受").click()
    expect(page.get_by_text("已生成记录")).to_be_visible()
    work_off(demo.site)
    (lead,) = leads(demo, email)
    assert lead["owner"] is not None
    assert outside.problems == []
