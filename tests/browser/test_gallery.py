"""The building blocks of the pages, seen in the gallery: accessible, within the policy, light, and doing their work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from frontend.gallery.serve import create_gallery
from tests.fixtures.browser import Screen
from tests.fixtures.web_server import Serve

PAGES = ["list", "record", "form", "board", "home"]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
DIST = Path(__file__).parents[2] / "platform/web/static/dist"
KILOBYTE = 1024


@pytest.fixture
def gallery(serve: Serve) -> str:
    """Return the gallery's address."""
    return serve(create_gallery())


def wait_for_scripts(page: Page) -> None:
    """Wait until the page is at rest: scripts and the parts they fetch have run."""
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits(browser_page: Screen, gallery: str, name: str, theme: str, size: str) -> None:
    width, height = SIZES[size]
    browser_page.page.set_viewport_size({"width": width, "height": height})
    browser_page.page.goto(f"{gallery}/{name}?theme={theme}")
    wait_for_scripts(browser_page.page)
    assert browser_page.axe_violations() == []
    assert browser_page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_a_choice_the_systems_theme_is_used(gallery: str, browser: Browser) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{gallery}/home")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.close()


def test_the_theme_button_switches_and_a_cookie_remembers(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/home?theme=light")
    page.locator("[data-b=theme]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert {"name": "theme", "value": "dark"}.items() <= page.context.cookies()[0].items()


def test_selecting_rows_shows_the_bar_with_their_number(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/list")
    bar = page.locator(".bulk-bar")
    expect(bar).to_contain_text("已选 2 条")
    page.locator("[data-all]").check()
    expect(bar).to_contain_text("已选 11 条")
    page.locator("[data-all]").uncheck()
    expect(bar).to_be_hidden()


def test_live_rules_show_require_lock_and_limit(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/form")
    fair, source = page.locator("#f-fair"), page.locator("#f-source")
    expect(source).to_have_attribute("required", "")  # new customers must say where they come from
    expect(fair).to_be_hidden()
    source.select_option("fair")
    expect(fair).to_be_visible()
    expect(fair).to_have_attribute("required", "")
    source.select_option("referral")
    expect(fair).to_be_disabled()
    page.locator("#f-kind").select_option("renewal")
    expect(page.locator("#f-name")).to_have_attribute("readonly", "")
    expect(page.locator(".fw[data-field=source] .req")).to_be_hidden()
    low = page.get_by_text("低", exact=True)
    expect(low).to_be_hidden()  # key projects are never of low priority
    page.get_by_label("标记为公司级重点").uncheck()
    expect(low).to_be_visible()


def test_a_record_is_chosen_by_remote_search_with_the_keyboard(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/form")
    control = page.locator(".fw[data-field=customer] .ts-control")
    control.click()
    page.keyboard.type("远景")
    expect(page.locator(".ts-dropdown .option")).to_have_text(["北京远景能源客户"])
    page.keyboard.press("Enter")
    assert page.locator("#f-customer").input_value() == "北京远景能源"


def test_a_date_is_picked_in_chinese_or_typed(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/form")
    date = page.locator("#f-close")
    expect(date).to_have_class(re.compile("flatpickr-input"))
    date.click()
    expect(page.locator(".flatpickr-calendar.open")).to_contain_text("十二月")
    assert browser_page.axe_violations() == []
    page.locator(".flatpickr-day:not(.prevMonthDay)", has_text="24").first.click()
    expect(date).to_have_value("2026-12-24")
    date.fill("2027-01-05")
    date.press("Tab")
    expect(date).to_have_value("2027-01-05")


def test_a_date_is_picked_inside_a_dialog(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/list")
    page.get_by_role("link", name="新建商机").click()
    page.locator("#d-close").click()
    calendar = page.locator(".flatpickr-calendar.open")
    expect(calendar).to_be_in_viewport(ratio=1)
    calendar.locator(".flatpickr-day.today").click()
    expect(page.locator("#d-close")).not_to_have_value("")
    expect(calendar).to_be_hidden()


def test_a_dialog_opens_and_asks_before_it_throws_input_away(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/list")
    page.get_by_role("link", name="新建商机").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    assert browser_page.axe_violations() == []
    page.locator("#d-name").fill("新项目")
    page.keyboard.press("Escape")
    confirm = page.locator("#confirm")
    expect(confirm).to_be_visible()
    confirm.locator("button[value=no]").click()
    expect(dialog).to_be_visible()
    assert page.locator("#d-name").input_value() == "新项目"
    dialog.locator("button[data-close]").first.click()
    confirm.locator("button[value=yes]").click()
    expect(dialog).to_be_hidden()


def test_leaving_a_page_with_unsaved_input_asks(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/form")
    wait_for_scripts(page)
    page.locator("#f-name").press_sequentially("x")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator(".rail > .rail-link").first.click()
    page.wait_for_url("**/home")
    assert asked == ["beforeunload"]


def test_a_card_the_server_refuses_goes_back_with_the_reason(screen: Screen, gallery: str) -> None:
    page = screen.page
    page.goto(f"{gallery}/board")
    wait_for_scripts(page)
    page.route("**/move", lambda route: route.fulfill(status=409, json={"detail": "须有一份已批准的报价单"}))
    columns = page.locator(".board-cards")
    card = columns.nth(0).locator(".board-card").first
    name = card.get_attribute("data-name")
    card.focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#toasts")).to_contain_text("须有一份已批准的报价单")
    expect(columns.nth(0).locator(f"[data-name='{name}']")).to_have_count(1)


def test_a_card_is_dragged_to_another_column(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.goto(f"{gallery}/board")
    wait_for_scripts(page)
    sent: list[str] = []
    answer = {"columns": {}}
    page.route("**/move", lambda route: (sent.append(route.request.post_data or ""), route.fulfill(json=answer)))
    start = page.locator(".board-cards").nth(0).locator(".board-card").first.bounding_box()
    end = page.locator(".board-cards").nth(1).locator(".board-card").first.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] - 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + 10, steps=15)
    page.mouse.up()
    expect(page.locator("#live")).to_contain_text("需求分析")
    assert [json.loads(body)["to"] for body in sent] == ["1"]


def test_on_a_phone_more_opens_the_rail_and_escape_closes_it(browser_page: Screen, gallery: str) -> None:
    page = browser_page.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{gallery}/list")
    more = page.locator("[data-b=drawer]")
    more.click()
    expect(page.locator("#rail")).to_be_visible()
    assert browser_page.axe_violations() == []
    page.keyboard.press("Escape")
    expect(page.locator("#rail")).to_be_hidden()
    expect(more).to_be_focused()


@pytest.fixture
def weights(page: Page) -> dict[str, int]:
    """Collect what comes over the wire, in bytes by address."""
    sizes: dict[str, int] = {}

    def finished(request: object) -> None:
        sizes[request.url] = request.sizes()["responseBodySize"]  # type: ignore[attr-defined]

    page.on("requestfinished", finished)
    return sizes


@pytest.mark.parametrize(("name", "limit"), [("list", 100), ("record", 140)])
def test_page_is_light(page: Page, gallery: str, weights: dict[str, int], name: str, limit: int) -> None:
    page.goto(f"{gallery}/{name}")
    wait_for_scripts(page)
    assert sum(weights.values()) <= limit * KILOBYTE, weights


def test_no_lazily_used_library_is_in_the_first_script() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    first = [manifest["app.js"]["file"], *manifest["app.js"]["imports"]]
    text = "".join((DIST.parent / name).read_text(encoding="utf-8") for name in first)
    assert [name for name in ("flatpickr", "tomselect-", "Sortable:") if name in text] == []
