"""A record's page in daily use: a follow-up on the phone, a value changed in place, what was not saved or not sent."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo
from tests.runtime.files.pictures import photo

PHONE = {"width": 390, "height": 844}


def record_of(demo: Demo, name: str, login: str, object_name: str = "opportunity") -> str:
    """Make a record that a person owns and return its address."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.unit import run_unit

    people = demo.site.release.model("user")
    with demo.site.reading() as connection:
        owner = connection.execute(select(people.id).where(people.column("login") == login)).scalar_one()
        if object_name == "opportunity":
            customer = demo.site.release.model("customer")
            mine = select(customer.id).where(customer.column("owner") == owner, customer.deleted_at.is_(None)).limit(1)
            values = {
                "name": name,
                "owner": owner,
                "customer": connection.execute(mine).scalar_one(),
                "record_type": "sale",
            }
        else:
            values = {"name": name, "owner": owner}
    (key,) = run_unit(demo.site, Actor.system(), lambda unit: unit.create(object_name, [values]), source="system")
    return f"{demo.url}/o/{object_name}/{key}"


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def test_a_follow_up_on_the_phone_takes_three_taps(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    page.set_viewport_size(PHONE)
    demo.sign_in(browser_page, "wang")
    opened(page, record_of(demo, "三次点击", "wang"))
    expect(page.locator(".record-sticky")).to_contain_text("1/4")
    assert browser_page.axe_violations() == []
    page.locator(".dock-item", has_text="跟进").click()  # one
    expect(page.locator("#activity-text")).to_be_focused()
    page.keyboard.type("电话里谈好了价格")
    page.locator("#activity button.btn-primary").click()  # two
    expect(page.locator(".timeline-text").first).to_contain_text("电话里谈好了价格")
    expect(page.locator("#activity-text")).to_have_value("")
    page.locator("[data-show=details]").click()
    expect(page.locator("#activity-text")).to_be_hidden()
    assert browser_page.axe_violations() == []


def test_what_could_not_be_sent_waits_and_is_sent_once(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    page.set_viewport_size(PHONE)
    demo.sign_in(browser_page, "wang")
    opened(page, record_of(demo, "没有网络", "wang"))
    page.context.set_offline(True)
    expect(page.locator("#unsent")).to_be_visible()  # the page says that there is no connection
    page.locator("#activity-text").fill("地下车库里写的")
    page.locator("#activity button.btn-primary").click()
    expect(page.locator("#unsent li")).to_contain_text("地下车库里写的")
    assert browser_page.axe_violations() == []
    browser_page.problems.clear()  # the browser reports the missing network
    page.context.set_offline(False)
    expect(page.locator(".timeline-text").first).to_contain_text("地下车库里写的")
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    expect(page.locator(".timeline-text", has_text="地下车库里写的")).to_have_count(1)


def test_a_picture_without_a_network_waits_and_is_sent_once(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    page.set_viewport_size(PHONE)
    demo.sign_in(browser_page, "wang")
    address = record_of(demo, "没有网络的照片", "wang")
    opened(page, address)
    page.context.set_offline(True)
    taken: FilePayload = {"name": "车间.jpg", "mimeType": "image/jpeg", "buffer": photo(64, 64)}
    page.locator(".dock-item input[type=file]").set_input_files(taken)
    expect(page.locator("#unsent li")).to_contain_text("车间.jpg")
    browser_page.problems.clear()  # the browser reports the missing network
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    opened(page, address)
    page.locator("[data-show=related]").click()
    expect(page.locator(".panel-files .file-item")).to_have_count(1)
    expect(page.locator(".panel-files")).to_contain_text("车间.jpg")


def test_a_value_is_changed_in_place_and_a_conflict_is_told(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    address = record_of(demo, "逐项修改", "wang")
    opened(page, address)
    page.locator("h1").click()
    page.keyboard.press("e")
    field = page.locator("[data-cell=name] input[name=name]")
    expect(field).to_be_focused()
    assert browser_page.axe_violations() == []
    field.fill("改过的名字")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("改过的名字")
    expect(page.locator(".timeline-list")).to_contain_text("逐项修改")

    page.locator("[data-cell=competitor]").click()
    mine = page.locator("[data-cell=competitor] input[name=competitor]")
    mine.fill("我的")
    other = page.context.new_page()
    opened(other, address)
    other.locator("[data-cell=competitor]").click()
    other.locator("[data-cell=competitor] input[name=competitor]").fill("别人的")
    other.keyboard.press("Enter")
    expect(other.locator("[data-cell=competitor] .read-text")).to_have_text("别人的")
    other.close()
    mine.press("Enter")
    expect(page.locator("[data-cell=competitor] .notice")).to_contain_text("别人的")
    expect(mine).to_have_value("我的")
    browser_page.problems.clear()  # the browser reports the expected 409
    mine.press("Enter")
    expect(page.locator("[data-cell=competitor] .read-text")).to_have_text("我的")


def test_a_conflict_of_the_whole_form_is_settled_per_field(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    address = record_of(demo, "两人同改", "wang")
    opened(page, f"{address}/edit")
    other = page.context.new_page()
    opened(other, f"{address}/edit")
    for screen, words in ((other, "别人的"), (page, "我的")):
        screen.locator("#f-competitor").fill(words)
        screen.locator("#f-description").fill(f"{words}说明")
    other.locator(".page-footer .btn-primary").click()
    expect(other.locator("h1")).to_have_text("两人同改")
    other.close()
    page.locator(".page-footer .btn-primary").click()
    expect(page.locator(".conflict")).to_have_count(2)
    assert browser_page.axe_violations() == []
    page.locator("input[name='settle.competitor'][value=theirs]").check()
    page.locator("input[name='settle.description'][value=both]").check()
    browser_page.problems.clear()  # the browser reports the expected 409
    page.locator(".page-footer .btn-primary").click()
    expect(page.locator("[data-cell=competitor] .read-text")).to_have_text("别人的")
    expect(page.locator("[data-cell=description] .read-text")).to_contain_text("别人的说明")
    expect(page.locator("[data-cell=description] .read-text")).to_contain_text("我的说明")


def test_a_session_that_ended_is_begun_again_over_the_page(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    opened(page, record_of(demo, "登录过期", "wang"))
    page.locator("#activity-text").fill("写到一半登录过期")
    page.context.clear_cookies()
    page.locator("#activity button.btn-primary").click()
    dialog = page.locator("#sign-in")
    expect(dialog).to_be_visible()
    assert browser_page.axe_violations() == []
    browser_page.problems.clear()  # the browser reports the expected 401
    dialog.locator("input[name=login]").fill("wang")
    dialog.locator("input[name=password]").fill(demo.passwords["wang"])
    dialog.locator("form button").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".timeline-text").first).to_contain_text("写到一半登录过期")


def test_somebody_is_mentioned_and_a_record_is_followed(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    opened(page, record_of(demo, "提到同事", "wang"))
    page.locator("#follow button").click()
    expect(page.locator("#follow button")).to_have_attribute("aria-pressed", "true")
    page.locator("#activity-text").press_sequentially("请看 @")
    option = page.locator(".mention-list [role=option]").first
    name = option.inner_text()
    assert browser_page.axe_violations() == []
    page.keyboard.press("Enter")
    expect(page.locator("#activity-text")).to_have_value(f"请看 @{name} ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".timeline-text").first).to_contain_text(f"@{name}")


def test_unsaved_input_is_offered_again(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    opened(page, f"{demo.url}/o/customer/new")
    with page.expect_response(lambda answer: answer.url.endswith("/drafts")):
        page.locator("#f-name").fill("写了一半的客户")
    page.on("dialog", lambda asked: asked.accept())
    opened(page, f"{demo.url}/o/customer/new")
    expect(page.locator("#f-name")).to_have_value("")
    page.locator("a[href='?draft=1']").click()
    expect(page.locator("#f-name")).to_have_value("写了一半的客户")
    assert browser_page.axe_violations() == []
    page.locator(".page-footer .btn-primary").click()
    expect(page.locator("h1")).to_have_text("写了一半的客户")


def test_the_recycle_bin_gives_back(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    address = record_of(demo, "误删的客户", "wang", "customer")
    opened(page, address)
    page.locator(".record-menu > button").click()
    page.locator(".record-menu form button").click()
    page.locator("#confirm button[value=yes]").click()
    page.wait_for_url(re.compile(r"deleted="))
    opened(page, f"{demo.url}/recycle-bin")
    assert browser_page.axe_violations() == []
    page.locator("li", has_text="误删的客户").locator("form[action*=restore] button").click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
    opened(page, address)
    expect(page.locator("h1")).to_have_text("误删的客户")


def test_pages_for_administrators_are_accessible(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "admin")
    for size in ({"width": 1440, "height": 900}, PHONE):
        page.set_viewport_size(size)
        for path in ("/audit", "/audit?trail=security", "/system", "/jobs?all=1", "/recycle-bin?all=1"):
            opened(page, f"{demo.url}{path}")
            assert browser_page.axe_violations() == [], path
