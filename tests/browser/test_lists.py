"""Boards, calendars and what is done in lists, in a browser: accessible, by pointer and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.test_pages import DESKTOP, PHONE, open_page
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

LIST = "/o/opportunity"
BOARD = f"{LIST}/board"


@pytest.fixture
def work(browser_page: Screen, demo: Demo) -> Screen:
    """Return a browser in which the sales director is signed in."""
    demo.sign_in(browser_page, "zhao")
    return browser_page


def column(work: Screen, name: str) -> Locator:
    return work.page.locator(f'.board-cards[data-state="{name}"]')


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_boards_calendars_and_dialogs_are_accessible(demo: Demo, work: Screen, look: str) -> None:
    page = work.page
    page.set_viewport_size(PHONE if look == "phone" else DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark" if look == "dark" else "light")
    found: dict[str, list[str]] = {}

    def check(name: str) -> None:
        found[name] = work.axe_violations()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{name} scrolls sideways"

    for path in (BOARD, f"{LIST}/calendar", "/o/follow_up/calendar"):
        open_page(work, demo, path)
        if "calendar" in path:
            expect(page.locator(".ec-toolbar")).to_be_visible()
        check(path)
    open_page(work, demo, LIST)
    page.locator("a.btn[href*='/filter/tree']").click()
    expect(page.locator("#dialog .filter-row")).to_be_visible()
    check("the filter builder")
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_a_card_is_dragged_asked_about_and_refused(demo: Demo, work: Screen) -> None:
    page = work.page
    open_page(work, demo, "/o/task/board")
    card = column(work, "open").locator(".board-card").first
    key = card.get_attribute("data-id")
    drag(card, column(work, "in_progress"))
    expect(column(work, "in_progress").locator(f'[data-id="{key}"]')).to_have_count(1)
    expect(page.locator("#live")).to_contain_text("进行中")
    page.reload()
    expect(column(work, "in_progress").locator(f'[data-id="{key}"]')).to_have_count(1)

    open_page(work, demo, BOARD)
    card = column(work, "qualify").locator(".board-card").first
    key = card.get_attribute("data-id")
    drag(card, column(work, "won"))  # no step leads there
    expect(page.locator("#toasts")).to_contain_text("不能直接变更")
    expect(column(work, "qualify").locator(f'[data-id="{key}"]')).to_have_count(1)
    forgive(work, 422)


def forgive(work: Screen, status: int) -> None:
    """Take the browser's note of an answer that the page has shown out of what went wrong."""
    assert any(f"status of {status}" in problem for problem in work.problems)
    work.problems[:] = [problem for problem in work.problems if f"status of {status}" not in problem]


def drag(card: Locator, target: Locator) -> None:
    """Drag as a hand does: SortableJS wants to see the pointer move."""
    page = card.page
    card.locator(".board-card-title").scroll_into_view_if_needed()
    start, end = card.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 12, start["y"] + start["height"] - 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, start["y"] + start["height"] - 12, steps=5)
    expect(page.locator(".board-ghost")).to_have_count(1)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 30, steps=15)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 26, steps=5)
    expect(target.locator(".board-ghost")).to_have_count(1)
    page.mouse.up()


def test_a_card_is_moved_by_keyboard_and_by_its_menu(demo: Demo, work: Screen) -> None:
    page = work.page
    open_page(work, demo, BOARD)
    card = column(work, "propose").locator(".board-card").first
    key = card.get_attribute("data-id")
    card.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    moved = page.locator(f'.board-card[data-id="{key}"]')
    expect(column(work, "negotiate").locator(f'[data-id="{key}"]')).to_be_focused()
    page.keyboard.press("Escape")
    expect(column(work, "propose").locator(f'[data-id="{key}"]')).to_be_focused()
    moved.locator("[data-move]").click()
    page.locator(".dropdown-menu.show").get_by_role("button", name="丢单").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator("select[name=lost_reason], input[name=lost_reason]").first).to_be_attached()
    expect(column(work, "propose").locator(f'[data-id="{key}"]')).to_have_count(1)
    dialog.locator("[data-close]").first.click()
    count = page.locator('.board-head [data-count="propose"]')
    expect(count).to_have_text(str(column(work, "propose").locator(".board-card").count()))


def test_five_columns_fit_a_desktop_and_more_fade_at_the_edge(demo: Demo, work: Screen) -> None:
    page = work.page
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    open_page(work, demo, BOARD)
    board = page.locator(".board")
    whole = board.bounding_box()
    fifth = page.locator(".board-column").nth(4).bounding_box()
    assert whole is not None
    assert fifth is not None
    assert fifth["x"] + fifth["width"] <= whole["x"] + whole["width"]
    expect(board).to_have_class(re.compile("more-after"))
    board.evaluate("one => one.scrollTo(one.scrollWidth, 0)")
    expect(board).to_have_class(re.compile("more-before"))
    expect(board).not_to_have_class(re.compile("more-after"))


def test_a_filter_is_built_kept_as_a_view_and_found_again(demo: Demo, work: Screen) -> None:
    page = work.page
    open_page(work, demo, LIST)
    page.locator("a.btn[href*='/filter/tree']").click()
    row = page.locator("#dialog .filter-row").first
    row.locator("[data-field]").select_option("stage")
    expect(row.locator("select[data-text] option[value=won]")).to_be_attached()
    row.locator("[data-op]").select_option("in")
    row.locator("select[data-text]").select_option(["won", "lost"])
    page.locator("#dialog [data-add]").first.click()
    second = page.locator("#dialog .filter-row").nth(1)
    second.locator("[data-field]").select_option("amount")
    expect(second.locator("[data-op] option[value=ge]")).to_be_attached()
    second.locator("[data-op]").select_option("ge")
    second.locator("[data-text]").first.fill("100000")
    page.locator("#dialog .btn-primary").click()
    chip = page.locator(".filter-chip")
    expect(chip).to_contain_text("100000")
    shown = page.locator("tbody tr").count()
    assert shown > 0

    page.get_by_role("link", name="保存当前视图").click()
    page.locator("#view-name").fill("大额结案")
    page.locator("#dialog .btn-primary").click()
    expect(page.locator(".saved-views a.active")).to_contain_text("大额结案")
    open_page(work, demo, f"{LIST}?view=opportunities_all")
    page.locator(".saved-views").get_by_role("link", name="大额结案").click()
    expect(page.locator("tbody tr")).to_have_count(shown)
    expect(page.locator(".filter-chip")).to_contain_text("100000")


def test_a_value_is_changed_in_its_cell_and_a_conflict_shows_both(demo: Demo, work: Screen) -> None:
    page = work.page
    open_page(work, demo, f"{LIST}?view=opportunities_all&f=stage~eq~negotiate")
    row = page.locator("tbody tr[data-id]").first
    key = row.get_attribute("data-id")
    cell = page.locator(f'tr[data-id="{key}"] td[data-cell=amount]')
    cell.focus()
    page.keyboard.press("e")
    control = page.locator("#cell-form input[name=amount]")
    expect(control).to_be_focused()
    control.fill("123456")
    page.keyboard.press("Enter")
    expect(cell).to_contain_text("123,456.00")
    expect(cell).to_be_focused()

    cell.click()
    expect(control).to_be_focused()
    other = page.context.new_page()  # the same record elsewhere
    other.goto(f"{demo.url}{LIST}/{key}/edit")
    other.locator("input[name=amount]").fill("222222")
    other.locator("button.btn-primary", has_text="保存").click()
    expect(other.locator("h1")).to_be_visible()
    other.close()
    control.fill("333333")
    page.keyboard.press("Enter")
    expect(page.locator("#cell-form .notice")).to_contain_text("222,222.00")
    expect(page.locator("#cell-form input[name=amount]")).to_have_value("333333")
    page.locator("#cell-form .btn-primary").click()
    expect(cell).to_contain_text("333,333.00")
    forgive(work, 409)


def test_several_records_are_changed_and_the_toast_undoes_it(demo: Demo, work: Screen) -> None:
    page = work.page
    open_page(work, demo, f"{LIST}?view=opportunities_all&f=stage~eq~negotiate&columns=name,priority")
    cells = page.locator("td[data-cell=priority]")
    before = cells.all_inner_texts()
    for box in range(2):
        page.locator("td[data-slot=check] input").nth(box).check()
    page.locator(".bulk-bar").get_by_role("button", name="编辑", exact=True).click()
    expect(page.locator("#bulk-field")).to_be_visible()
    expect(page.locator("#dialog .htmx-added")).to_have_count(0)  # what was fetched answers from here on
    page.locator("#bulk-field").select_option("priority")
    value = page.locator("#dialog [name=priority]")
    expect(value.first).to_be_attached()
    choose(page.locator("#dialog"), "priority", "high")
    page.locator("#dialog .btn-primary").click()
    expect(page.locator("#toasts")).to_contain_text("已更改")
    changed = cells.all_inner_texts()
    assert changed != before
    page.locator("#toasts [data-undo]").click()
    page.wait_for_url(re.compile(r"^(?!.*changed=)"))
    expect(cells.first).to_be_visible()
    assert cells.all_inner_texts() == before


def choose(dialog: Locator, name: str, value: str) -> None:
    """Choose in whatever control a choice field has: a select or pills."""
    control = dialog.locator(f"[name={name}]").first
    if control.evaluate("each => each.tagName") == "SELECT":
        control.select_option(value)
    else:
        dialog.locator(f'[name={name}][value="{value}"]').check(force=True)
