"""Automations in the browser, in Chinese on a desktop and a phone: pressing a button, what ran, trying one out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("size", SIZES)
def test_what_would_happen_and_what_ran_is_shown(browser_page: Screen, demo: Demo, size: str) -> None:
    """Every page passes the check of accessibility and fits its width."""
    page = browser_page.page
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    demo.sign_in(browser_page, "admin")
    page.goto(f"{demo.url}/automations")
    expect(page.locator("#definitions")).to_be_visible()
    assert browser_page.axe_violations() == []
    page.goto(f"{demo.url}/automations/split_contract_evenly/try")
    page.locator("#try-record").select_option(index=1)
    page.locator("#ask-count").fill("4")
    page.locator("#ask-first_due").fill("2030-01-31")
    page.locator("main form .btn-primary").click()
    expect(page.locator("#trial")).to_be_visible()
    assert browser_page.axe_violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{demo.url}/o/contract")
    page.locator("main a.record-link:visible").first.click()
    address = page.url.partition("?")[0]
    page.goto(f"{address}/automations")
    expect(page.locator("main h2", has_text="自动化")).to_be_visible()
    assert browser_page.axe_violations() == []
