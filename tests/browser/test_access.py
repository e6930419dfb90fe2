"""Sharing, transfer and the explanation of access in the browser, in Chinese on a desktop and a phone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo


def first_customer(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/o/customer?view=customers_mine")
    page.wait_for_load_state("networkidle")
    page.locator("main a.record-link:visible").first.click()
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_customer_is_shared_and_somebody_asks_who_sees_it(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    demo.sign_in(at_work, "wang")
    first_customer(page, demo)
    address = page.url.partition("?")[0]
    at_work.show_part("related")
    page.locator(".record-stack a[href$='/sharing']").click()
    dialog = page.locator("#dialog")
    dialog.locator(".ts-control").first.click()
    option = page.locator(".ts-dropdown:visible .option").last
    name = option.inner_text()
    option.click()
    dialog.locator("#share-as").select_option("team")
    dialog.locator("#share-note").fill("售前")
    at_work.look("share")
    dialog.locator(".btn-primary").click()
    given = page.locator(".record-stack .given-list li", has_text="售前")
    expect(given).to_contain_text(name)
    at_work.look("shared")

    page.locator(".record-menu > button").click()
    page.locator(".record-actions a[href*='/transfer?']").click()
    expect(dialog.locator("#transfer-old")).to_be_visible()
    at_work.look("transfer")
    page.keyboard.press("Escape")
    given.locator("button").click()
    expect(page.locator(".record-stack .given-list li", has_text="售前")).to_have_count(0)

    page.context.clear_cookies()
    demo.sign_in(at_work, "admin")
    page.goto(f"{address}/access")
    expect(page.locator(".given-list li").first).to_be_visible()
    page.locator(".given-list a").first.click()
    expect(page.locator("#answer")).to_be_visible()
    at_work.look("who")
