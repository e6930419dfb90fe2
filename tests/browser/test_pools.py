"""Claiming from a pool and putting back in the browser, in Chinese on a desktop and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("size", SIZES)
def test_a_customer_is_put_back_and_a_colleague_claims_it(browser_page: Screen, demo: Demo, size: str) -> None:
    page = browser_page.page
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    demo.sign_in(browser_page, "wang")
    page.goto(f"{demo.url}/o/customer?view=customers_mine")
    page.locator("main a.record-link:visible").first.click()
    name = page.locator("h1").inner_text()
    address = page.url.partition("?")[0]
    page.goto(f"{address}/put-back")
    expect(page.locator("#put-back-reason")).to_be_visible()
    assert browser_page.axe_violations() == []
    page.locator("#put-back-reason").fill("暂无预算")
    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/o/customer?saved=1")

    page.context.clear_cookies()
    demo.sign_in(browser_page, "wu")
    page.goto(f"{demo.url}/pools")
    assert browser_page.axe_violations() == []
    page.locator("a.entry[href='/pools/customer_pool']").click()
    page.locator("main input[type=search]").fill(name)
    page.keyboard.press("Enter")
    line = page.locator(".pool-list li", has_text=name)
    expect(line).to_be_visible()
    assert browser_page.axe_violations() == []
    line.locator("button.btn-primary").click()
    expect(page.locator(".pool-list li", has_text=name)).to_have_count(0)
    page.goto(address)
    expect(page.locator("h1")).to_have_text(name)
    page.goto(f"{demo.url}/pools/customer_pool/losses?days=30")
    assert browser_page.axe_violations() == []
