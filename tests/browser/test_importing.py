"""Importing and exporting in the browser, in Chinese: the whole journey on a desktop and on a phone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from formline.runtime import jobs
from formline.runtime.keys import uuid7
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

if TYPE_CHECKING:
    from formline.runtime.site import Site

SIZES = [{"width": 1440, "height": 900}, {"width": 390, "height": 844}]
ROWS = "客户名称\t电话\t级别\r\n导入甲{n}\t+86 755 8888 0001\t特大\r\n导入乙{n}\t不是电话\t\r\n导入丙{n}\t\t特大"


@pytest.fixture(params=[0, 1], ids=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> int:
    """Return which of the two sizes the test runs at."""
    return int(request.param)


def work(site: Site) -> None:
    """Run the jobs that wait, as a worker does."""
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder := uuid7(), datetime.now(UTC), 50)
    for each in claimed:
        jobs.run(site, each, holder)


def pressed(screen: Screen, demo: Demo, name: str) -> None:
    """Press a button whose work a job does, see the progress, and wait for the page that follows."""
    screen.page.get_by_role("button", name=name, exact=False).last.click()
    expect(screen.page.locator("#import-work")).to_be_visible()
    assert screen.axe_violations() == []
    work(demo.site)
    expect(screen.page.locator("#import-work")).to_have_count(0)
    assert screen.axe_violations() == []


def test_rows_are_pasted_explained_imported_mended_and_undone(browser_page: Screen, demo: Demo, size: int) -> None:
    page = browser_page.page
    page.set_viewport_size(SIZES[size])
    demo.sign_in(browser_page, "admin")
    page.goto(f"{demo.url}/o/customer")
    page.get_by_role("link", name="导入").first.click()
    assert browser_page.axe_violations() == []
    page.locator("#import-pasted").fill(ROWS.format(n=size))
    page.get_by_role("button", name="下一步").click()

    expect(page.locator("select[name='column.0']")).to_have_value("name")
    expect(page.locator("select[name='column.1']")).to_have_value("phone")
    if size == 0:  # the phone's import knows it from the desktop's
        page.locator("select[name='column.2']").select_option("level")
    expect(page.locator("select[name='column.2']")).to_have_value("level")
    assert browser_page.axe_violations() == []
    pressed(browser_page, demo, "检查")

    if size == 0:
        expect(page.locator(".import-word").first).to_contain_text("特大")
        page.locator("select[name='level.0']").select_option(index=2)
        pressed(browser_page, demo, "重新检查")
    expect(page.locator(".import-counts")).to_contain_text("2 新建")
    expect(page.locator(".import-counts")).to_contain_text("1 被拒绝")
    pressed(browser_page, demo, "导入 2 行")

    page.get_by_role("link", name="修正被拒绝的行").click()
    cell = page.locator("input.is-invalid")
    expect(cell).to_have_value("不是电话")
    assert browser_page.axe_violations() == []
    first = page.url.removesuffix("/rejected")
    cell.fill("+86 755 8888 0009")
    pressed(browser_page, demo, "检查这些行")
    expect(page.locator(".import-counts")).to_contain_text("1 新建")
    pressed(browser_page, demo, "导入 1 行")

    page.goto(first)
    page.get_by_role("button", name="撤销导入").click()
    page.locator("dialog button").filter(has_text="撤销").click()
    expect(page.locator("#import-work")).to_be_visible()
    work(demo.site)
    expect(page.locator(".import-counts")).to_contain_text("2 已撤销")
    page.goto(f"{demo.url}/imports")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert browser_page.axe_violations() == []


def test_a_list_is_exported_and_downloaded(browser_page: Screen, demo: Demo, size: int) -> None:
    page = browser_page.page
    page.set_viewport_size(SIZES[size])
    demo.sign_in(browser_page, "admin")
    page.goto(f"{demo.url}/o/customer")
    page.get_by_role("link", name="导出").first.click()
    expect(page.locator("#export-form")).to_be_visible()
    assert browser_page.axe_violations() == []
    page.locator("#dialog button.btn-primary").click()
    page.wait_for_url("**/exports")
    expect(page.locator("#exports")).to_contain_text("正在生成")
    work(demo.site)
    link = page.locator("#exports a[download]").first
    expect(link).to_be_visible()
    assert browser_page.axe_violations() == []
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".xlsx")
