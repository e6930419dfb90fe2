"""The pages of the shipped CRM in a browser: accessible, within the policy, light; and the daily work done on them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
KILOBYTE = 1024


@pytest.fixture
def work(browser_page: Screen, demo: Demo) -> Screen:
    """Return a browser in which the administrator is signed in."""
    demo.sign_in(browser_page, "admin")
    return browser_page


def open_page(screen: Screen, demo: Demo, path: str) -> None:
    """Open a page and wait until it is at rest: scripts and the parts they fetch have run."""
    answer = screen.page.goto(f"{demo.url}{path}")
    assert answer is not None
    assert answer.status == 200
    screen.page.wait_for_load_state("networkidle")


def open_first_record(screen: Screen, demo: Demo, object_name: str) -> None:
    """Open the first record of a list."""
    open_page(screen, demo, f"/o/{object_name}")
    screen.page.locator("td[data-slot=title] a").first.click()
    screen.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_every_kind_of_page_is_accessible_and_fits(demo: Demo, work: Screen, look: str) -> None:
    page = work.page
    page.set_viewport_size(PHONE if look == "phone" else DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark" if look == "dark" else "light")
    found: dict[str, list[str]] = {}

    def check(name: str) -> None:
        found[name] = work.axe_violations()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{name} scrolls sideways"

    for path in ("/o/opportunity", "/o/customer", "/o/opportunity/new", "/o/customer/new", "/profile", "/o/user"):
        open_page(work, demo, path)
        check(path)
    for object_name in ("opportunity", "customer", "contract"):
        open_first_record(work, demo, object_name)
        check(f"a record of {object_name}")
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sign_in_page_is_accessible(browser_page: Screen, demo: Demo, theme: str) -> None:
    browser_page.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    open_page(browser_page, demo, "/login")
    assert browser_page.axe_violations() == []


def test_a_wrong_password_is_refused_in_words(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    open_page(browser_page, demo, "/login")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill("not the password")
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("登录名或密码错误")


def test_a_record_is_created_read_changed_deleted_and_brought_back(work: Screen, demo: Demo) -> None:
    page = work.page
    open_page(work, demo, "/o/customer/new")
    page.locator("input[name=name]").fill("浏览器测试有限公司")
    page.locator("button.btn-primary", has_text="保存").click()
    expect(page.locator("h1")).to_have_text("浏览器测试有限公司")
    record = page.url

    page.get_by_role("link", name="编辑").click()
    page.locator("input[name=name]").fill("浏览器测试集团")
    page.locator("button.btn-primary", has_text="保存").click()
    expect(page.locator("h1")).to_have_text("浏览器测试集团")
    expect(page.locator(".timeline-list")).to_contain_text("浏览器测试有限公司")

    page.locator(".record-menu > button").click()
    page.locator(".record-menu form[data-confirm] button").click()
    page.locator("#confirm button[value=yes]").click()
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("已删除")
    toast.locator("[data-undo]").click()
    expect(toast.locator("[data-undo]")).to_have_count(0)
    open_page(work, demo, "/o/customer?q=浏览器测试集团")
    expect(page.locator("td[data-slot=title]", has_text="浏览器测试集团")).to_have_count(1)
    page.goto(record)
    expect(page.locator("h1")).to_have_text("浏览器测试集团")


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(work: Screen, demo: Demo) -> None:
    page = work.page
    open_page(work, demo, "/o/customer/new")
    page.locator("input[name=email]").first.fill("no address")
    page.locator("button.btn-primary", has_text="保存").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=email]").first).to_have_value("no address")
    expect(page.locator("#f-email")).to_have_attribute("aria-invalid", "true")


def test_the_language_is_changed_from_the_top_bar(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")  # the choice is kept in the person's profile
    open_page(browser_page, demo, "/o/customer")
    page.get_by_role("button", name="语言").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Quick create")).to_be_visible()
    page.get_by_role("button", name="Language").click()
    page.get_by_role("button", name="简体中文").click()  # other tests know wang in Chinese
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_selected_records_are_deleted_together_and_the_toast_undoes_it(work: Screen, demo: Demo) -> None:
    page = work.page
    open_page(work, demo, "/o/task")
    rows = page.locator("tbody tr")
    count = rows.count()
    for box in range(2):
        page.locator("td[data-slot=check] input").nth(box).check()
    page.locator(".bulk-bar button", has_text="删除").click()
    expect(page.locator("#dialog")).to_contain_text("已选的 2 条记录")
    assert work.axe_violations() == []
    page.locator("#dialog .btn-danger").click()
    expect(rows).to_have_count(count - 2)
    page.locator("#toasts [data-undo]").click()
    expect(rows).to_have_count(count)


@pytest.mark.parametrize(("path", "limit"), [("/o/opportunity", 100), ("record", 140)])
def test_page_is_light(demo: Demo, browser: Browser, path: str, limit: int) -> None:
    context = browser.new_context(locale="zh-CN")
    screen = Screen(context.new_page())
    demo.sign_in(screen, "zhao")  # sees all deals, in the navigation of who sells
    if path == "record":
        open_page(screen, demo, "/o/opportunity")
        path = str(screen.page.locator("td[data-slot=title] a").first.get_attribute("href"))
    session = context.cookies()
    context.close()
    fresh = browser.new_context(locale="zh-CN")  # nothing in its cache
    fresh.add_cookies(session)  # type: ignore[arg-type]
    page = fresh.new_page()
    sizes = weigh(page)
    page.goto(f"{demo.url}{path}")
    page.wait_for_load_state("networkidle")
    fresh.close()
    assert len(sizes) > 3
    assert sum(sizes.values()) <= limit * KILOBYTE, sizes


def weigh(page: Page) -> dict[str, int]:
    """Collect what comes over the wire from now on, in bytes by address."""
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
    return sizes
