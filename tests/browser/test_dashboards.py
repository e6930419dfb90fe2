"""Home pages in a browser: drawn under the strict policy, accessible, leading to records, arranged by hand and key."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import DESKTOP, PHONE, open_page
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

EDITOR = "/dashboards/sales_manager_home/edit"


@pytest.fixture
def work(browser_page: Screen, demo: Demo) -> Screen:
    """Return a browser in which the sales director is signed in."""
    demo.sign_in(browser_page, "zhao")
    return browser_page


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_home_pages_are_drawn_and_accessible(demo: Demo, work: Screen, look: str) -> None:
    page = work.page
    page.set_viewport_size(PHONE if look == "phone" else DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for path in ("/", EDITOR):
        open_page(work, demo, path)
        for chart in page.locator(".chart").all():
            expect(chart.locator("svg path").first).to_be_attached()
        if path == "/":
            page.locator("details.chart-table summary").first.click()
            expect(page.locator("details.chart-table table").first).to_be_visible()
        found[path] = work.axe_violations()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{path} scrolls sideways"
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_a_part_of_a_chart_leads_to_its_records(demo: Demo, work: Screen) -> None:
    page = work.page
    page.emulate_media(reduced_motion="reduce")
    open_page(work, demo, "/?period=all")
    funnel = page.locator("section[aria-labelledby='w-sales_manager_home-funnel']")
    label = funnel.locator("svg text").first
    expect(label).to_be_visible()
    funnel.locator("svg path[fill^='#']").first.click()
    page.wait_for_url(lambda url: "/o/opportunity" in url)
    assert "view=sales_manager_home.funnel" in page.url
    expect(page.locator("a[aria-current='true']").filter(has_text="销售漏斗")).to_be_visible()
    page.go_back()
    page.locator("section[aria-labelledby='w-sales_manager_home-outstanding'] h2 a").click()
    page.wait_for_url(lambda url: "/o/contract" in url)


def test_widgets_are_dragged_and_moved_by_key_and_kept(demo: Demo, work: Screen) -> None:
    page = work.page
    open_page(work, demo, EDITOR)
    first = page.locator(".grid-stack-item[gs-id='sales_manager_home.won_amount']")
    expect(page.locator(".grid-stack.grid-stack-animate, .grid-stack")).to_be_visible()
    box = first.locator("h2").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 10, steps=15)
    page.mouse.up()
    expect(first).not_to_have_attribute("gs-x", "0")

    funnel = page.locator(".grid-stack-item[gs-id='sales_manager_home.funnel']")
    grip = funnel.locator("[data-move]")
    before = int(funnel.get_attribute("gs-y") or 0)
    grip.focus()
    page.keyboard.press("Space")
    expect(page.locator("#live")).to_contain_text("已拿起销售漏斗")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator("#live")).to_contain_text("已放下销售漏斗")
    assert int(funnel.get_attribute("gs-y") or 0) > before
    expect(funnel).to_have_attribute("gs-w", "6")

    removed = page.locator(".grid-stack-item[gs-id='sales_manager_home.lost_reasons']")
    removed.locator("[data-bs-toggle=dropdown]").click()
    removed.locator("[data-step=remove]").click()
    expect(removed).to_have_count(0)
    page.locator("[data-add='sales_home.open_deals']").click()
    expect(page.locator(".grid-stack-item[gs-id='sales_home.open_deals']")).to_be_visible()

    page.locator("#layout-form button").click()
    page.wait_for_url(lambda url: url.endswith("/?saved=1"))
    expect(page.locator("section[aria-labelledby='w-sales_home-open_deals']")).to_be_visible()
    expect(page.locator("section[aria-labelledby='w-sales_manager_home-lost_reasons']")).to_have_count(0)
    expect(page.locator("section[aria-labelledby='w-sales_manager_home-funnel']")).to_have_class(re.compile("gw-6"))

    open_page(work, demo, EDITOR)
    page.locator("form[action$='/reset'] button").click()
    page.locator("#confirm button[value=yes]").click()
    page.wait_for_url(lambda url: url.endswith("/?saved=1"))
    expect(page.locator("section[aria-labelledby='w-sales_manager_home-lost_reasons']")).to_be_visible()
