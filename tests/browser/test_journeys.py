"""Daily work in the browser, in Chinese and English, on a desktop and a phone: rules, dialogs, conflicts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
#: Who works: name, the language of their profile, the screen.
WORKERS = [("wang", "zh-CN", DESKTOP), ("miller", "en", DESKTOP), ("li", "zh-CN", PHONE)]


@pytest.fixture(params=WORKERS, ids=["zh-desktop", "en-desktop", "zh-phone"])
def at_work(request: pytest.FixtureRequest, browser_page: Screen, demo: Demo) -> Iterator[Screen]:
    """Return a browser in which somebody with customers is signed in; every page was accessible at the end."""
    login, language, size = request.param
    browser_page.page.set_viewport_size(size)
    demo.sign_in(browser_page, login)
    expect(browser_page.page.locator("html")).to_have_attribute("lang", language)
    yield browser_page
    assert browser_page.axe_violations() == []


def at_rest(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def save(page: Page) -> None:
    page.locator(".page-footer .btn-primary").click()


def choose(page: Page, field: str) -> str:
    """Choose the first record a lookup offers and return its title."""
    page.locator(f".fw[data-field={field}] .ts-control").click()
    option = page.locator(".ts-dropdown:visible .option").first
    title = option.inner_text()
    option.click()
    return title


def new_deal(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.url}/o/opportunity/new")
    at_rest(page)
    page.locator("#f-name").fill(name)
    save(page)
    expect(page.locator("h1")).to_have_text(name)


def test_a_form_follows_its_rules_while_typing(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    page.goto(f"{demo.url}/o/opportunity/new")
    at_rest(page)
    exhibition = page.locator(".fw[data-field=exhibition]")
    expect(exhibition).to_be_hidden()
    page.locator("#f-source").select_option("exhibition")
    expect(exhibition).to_be_visible()
    page.locator("#f-exhibition").fill("Expo")
    page.locator("#f-source").select_option("referral")
    expect(exhibition).to_be_hidden()
    assert page.locator("#f-exhibition").is_disabled()

    customer = choose(page, "customer")
    page.locator("#f-name").fill("A deal with rules")
    page.locator("#f-amount").fill("1,280,000")
    page.locator("#f-close_date").fill("2027-12-18")
    page.keyboard.press("Escape")
    save(page)
    expect(page.locator("h1")).to_have_text("A deal with rules")
    expect(page.locator(".highlights")).to_contain_text(customer)
    expect(page.locator(".highlights")).to_contain_text(re.compile("¥128万|¥1.28M"))
    expect(page.locator("#toasts .toast-message")).to_be_visible()


def test_a_transition_asks_for_what_is_missing(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    new_deal(page, demo, "A deal to propose")
    page.locator(".record-actions .btn-primary").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".fw")).to_have_count(2)
    assert at_work.axe_violations() == []
    choose(page, "customer")
    dialog.locator(".form-footer .btn-primary").click()
    expect(dialog.locator("#e-amount")).to_be_visible()
    assert all("status of 422" in problem for problem in at_work.problems)
    at_work.problems.clear()  # the browser reports the expected refusal
    dialog.locator("#f-amount").fill("5000")
    dialog.locator(".form-footer .btn-primary").click()
    expect(page.locator(".path .now")).to_have_count(1)
    expect(page.locator(".path li").nth(1)).to_have_class("now")
    expect(page.locator(".path li").nth(0)).to_have_class("done")


def test_a_conflict_keeps_the_input_and_merges(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    new_deal(page, demo, "A deal of two")
    record = page.url.split("?")[0]
    page.goto(f"{record}/edit")
    at_rest(page)
    other = page.context.new_page()
    other.goto(f"{record}/edit")
    at_rest(other)
    other.locator("#f-name").fill("Theirs")
    other.locator("#f-competitor").fill("Their rival")
    save(other)
    expect(other.locator("h1")).to_have_text("Theirs")
    other.close()

    page.locator("#f-name").fill("Mine")
    save(page)
    expect(page.locator(".notice[role=alert]")).to_contain_text("Theirs")
    expect(page.locator("#f-name")).to_have_value("Mine")
    expect(page.locator("#f-competitor")).to_have_value("Their rival")
    at_work.problems.clear()  # the browser reports the 409 of the page itself
    save(page)
    expect(page.locator("h1")).to_have_text("Mine")


def test_a_filter_is_added_and_removed(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    new_deal(page, demo, "A deal to find")
    page.goto(f"{demo.url}/o/opportunity")
    at_rest(page)
    before = page.locator("tbody tr").count()
    page.locator(".filter-bar [data-b=dialog]").first.click()
    expect(page.locator("#filter-field")).to_be_visible()
    at_rest(page)
    page.locator("#filter-field").select_option("stage")
    page.locator("#dialog label", has=page.locator("input[value=qualify]")).click()
    page.locator("#dialog .btn-primary").click()
    expect(page.locator(".filter-chip")).to_have_count(1)
    assert "f=stage~eq~qualify" in page.url
    assert 0 < page.locator("tbody tr").count() <= before
    page.locator(".chip-remove").click()
    expect(page.locator(".filter-chip")).to_have_count(0)


def test_children_are_typed_in_their_parents_form(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    page.goto(f"{demo.url}/o/contract/new")
    at_rest(page)
    page.locator("#f-name").fill("A contract with a plan")
    choose(page, "customer")
    page.locator("#f-amount").fill("100")
    for number in range(2):
        page.locator("[data-add]").last.click()  # the payment plan stands below the lines
        page.locator(f"[name=instalments-{number}-name]").fill(f"Part {number}")
        page.locator(f"[name=instalments-{number}-due_on]").fill("2027-01-01")
        page.keyboard.press("Escape")
        page.locator(f"[name=instalments-{number}-amount]").fill("50")
    page.locator("[data-remove]").first.click()
    save(page)
    expect(page.locator("h1")).to_have_text("A contract with a plan")
    if page.viewport_size == PHONE:
        page.locator("[data-show=related]").click()
    expect(page.get_by_text("Part 1")).to_be_visible()
    expect(page.get_by_text("Part 0")).to_have_count(0)


def test_the_diagram_opens_over_the_record(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    new_deal(page, demo, "A deal with a way")
    page.locator(".path-note [data-b=dialog]").click()
    expect(page.locator("#dialog svg .node.current")).to_have_count(1)
    at_rest(page)
    assert at_work.axe_violations() == []
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.mouse.move(0, 0)


def test_leaving_with_unsaved_input_asks(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    page.goto(f"{demo.url}/o/opportunity/new")
    at_rest(page)
    page.locator("#f-name").press_sequentially("half a na")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.once("dialog", stay)
    page.evaluate("setTimeout(() => window.location.assign('/profile'), 0)")
    expect(page.locator("#f-name")).to_have_value("half a na")
    page.wait_for_function("true")
    assert asked == ["beforeunload"]
