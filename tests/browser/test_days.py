"""Whole days of work in Chinese, on a desktop and on a phone; every page on the way is accessible and fits.

What an administrator does with the company's spreadsheets is in ``test_importing.py``.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


class Day:
    """Somebody at work on one screen."""

    def __init__(self, screen: Screen, demo: Demo, size: str) -> None:
        self.screen, self.demo, self.page = screen, demo, screen.page
        self.on_phone = size == "phone"
        self.page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(f"{self.demo.url}{path}")
        return self.arrived()

    def arrived(self) -> Page:
        """Wait until the page is at rest, and look at it."""
        self.page.wait_for_load_state("networkidle")
        assert self.screen.axe_violations() == [], self.page.url
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, self.page.url
        return self.page

    def place(self, label: str) -> Page:
        """Go to a page by the navigation: the rail, or the bottom bar of a phone and its drawer."""
        rail = self.page.locator("#rail")
        if self.on_phone:
            shown = self.page.locator(".mobile-nav").get_by_role("link", name=label, exact=True)
            if shown.count():
                shown.click()
                return self.arrived()
            self.page.locator(".mobile-nav [data-b=drawer]").click()
        rail.get_by_role("link", name=label, exact=True).click()
        return self.arrived()

    def tab(self, name: str) -> None:
        """Show a part of a record, which a phone shows one at a time."""
        if self.on_phone:
            self.page.locator(f"[data-show={name}]").click()

    def save(self) -> Page:
        """Save the form of the page."""
        self.page.locator(".page-footer .btn-primary").click()
        return self.arrived()


@pytest.fixture(params=list(SIZES))
def day(request: pytest.FixtureRequest, browser_page: Screen, demo: Demo) -> Day:
    """Return the day of a sales person."""
    demo.sign_in(browser_page, "wang")
    return Day(browser_page, demo, request.param)


def test_a_customer_is_visited_and_the_deal_moves_on(day: Day) -> None:
    """From the home page to the customer: a follow-up, a deal, its next stage."""
    page = day.go("/")
    expect(page.locator("h1")).to_be_visible()
    day.place("客户")
    page.locator("td[data-slot=title] a", has_text="华东精密机械有限公司").click()
    day.arrived()
    if day.on_phone:
        page.locator(".dock-item", has_text="跟进").click()
    page.locator("#activity-text").fill("现场看了产线，下周给方案")
    page.locator("#activity button.btn-primary").click()
    expect(page.locator(".timeline-text").first).to_contain_text("现场看了产线")

    name = f"产线改造 {'手机' if day.on_phone else '电脑'}"
    if day.on_phone:
        page.locator(".mobile-nav-new").click()
        page.locator(".mobile-nav .dropdown-item", has_text="商机").click()
    else:
        page.get_by_role("button", name="快速新建").click()
        page.locator(".topbar .dropdown-item", has_text="商机").click()
    day.arrived()
    page.locator("#f-name").fill(name)
    page.locator(".fw[data-field=customer] .ts-control").click()
    page.keyboard.type("华东精密机械")
    page.locator(".ts-dropdown:visible .option", has_text="华东精密机械有限公司").first.click()
    page.locator("#f-amount").fill("320000")
    day.save()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".path .now")).to_have_text("需求确认")

    page.locator(".record-actions .btn-primary").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("h2")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert day.screen.axe_violations() == []
    dialog.locator(".form-footer .btn-primary").click()
    expect(page.locator(".path .done")).to_have_count(1)
    if day.on_phone:
        expect(page.locator(".record-sticky")).to_contain_text("2/4")
    day.tab("activity")
    expect(page.locator(".timeline-list")).to_contain_text("方案报价")
    day.place("商机")
    expect(page.locator("td[data-slot=title] a", has_text=name)).to_have_count(1)


def test_a_lead_becomes_a_customer_with_a_deal(day: Day) -> None:
    """A lead is written down, converted once, and its deal stands on the board."""
    company = f"远山{'手机' if day.on_phone else '电脑'}科技"
    page = day.go("/o/lead/new")
    page.locator("#f-name").fill(f"{company}询价")
    page.locator("#f-organization").fill(company)
    page.locator("#f-person").fill("周明")
    page.locator("#f-phone").fill("021-55550001" if day.on_phone else "021-55550002")
    day.save()
    page.locator(".record-actions .btn-primary").click()
    page.locator("#dialog .form-footer .btn-primary").click()
    expect(page.locator(".path .done")).to_have_count(1)
    page.locator(".record-actions .btn-primary[href*='/convert/']").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".btn-primary")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert day.screen.axe_violations() == []
    dialog.locator(".btn-primary").click()
    page.wait_for_url(re.compile("/o/(customer|opportunity)/"))
    day.arrived()
    day.go(f"/o/customer?q={company}")
    expect(page.locator("td[data-slot=title] a", has_text=company)).to_have_count(1)
    day.go("/o/opportunity/board")
    expect(page.locator(".board-card", has_text=company).first).to_be_visible()
