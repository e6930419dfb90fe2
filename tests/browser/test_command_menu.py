"""The command menu by keyboard alone: a record by initials, a page, an action; remembered records; on a phone, too."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

PHONE = {"width": 390, "height": 844}


def chosen(page: Page) -> str:
    return page.locator("#command [aria-selected=true]").inner_text()


def test_by_keyboard(browser_page: Screen, demo: Demo) -> None:
    """Ctrl-K, type, arrows, Enter; what was opened is offered first the next time."""
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    page.goto(f"{demo.url}/o/customer")
    link = page.locator("table a[href^='/o/customer/']").first
    name, address = link.inner_text(), link.get_attribute("href")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill(name)
    expect(page.locator("#command [role=option]").first).to_contain_text(name)
    assert browser_page.axe_violations() == []
    assert name in chosen(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    page.keyboard.press("Control+k")
    expect(page.locator("#command [role=option]").first).to_contain_text(name)
    page.keyboard.press("ArrowDown")
    assert name not in chosen(page)
    page.keyboard.press("Escape")
    expect(page.locator("#command")).to_be_hidden()


def test_pages_and_actions_on_a_phone(browser_page: Screen, demo: Demo) -> None:
    """A tap on the search field opens it over the whole screen; pinyin initials find a page, words an action."""
    page = browser_page.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    demo.sign_in(browser_page, "li")
    page.goto(f"{demo.url}/o/customer")
    page.locator(".global-search input").click()
    field = page.get_by_role("combobox")
    field.fill("sj")
    expect(page.locator("#command [role=option]", has_text="商机").first).to_be_visible()
    assert browser_page.axe_violations() == []
    page.locator("#command [role=option]", has_text=re.compile("^商机$")).first.click()
    page.wait_for_url("**/o/opportunity**")
    page.locator(".global-search input").click()
    field.fill("English")
    page.locator("#command [data-value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".global-search input").click()
    field.fill("简体")
    page.locator("#command [data-value=zh_CN]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
