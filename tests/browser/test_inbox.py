"""Approvals in the browser: submitting with the path shown, three taps on a phone, two at once, back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import Query, fetch
from formline.runtime.unit import run_unit
from formline.workflow.approvals import substitutes
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

PHONE: Any = {"width": 390, "height": 844}
DESKTOP: Any = {"width": 1440, "height": 900}


def _actor(demo: Demo, login: str) -> Actor:
    where = {"field": "login", "op": "eq", "value": login}
    with demo.site.reading() as connection:
        row = fetch(connection, demo.site.release, Actor.system(), Query("user", ("id",), where)).rows[0]
        return load_actor(connection, demo.site.release, row["id"])


def contract(demo: Demo, name: str, amount: int = 50_000) -> UUID:
    """Create a draft of Wang's that can be submitted."""
    where = {"field": "owner.login", "op": "eq", "value": "wang"}
    today = date(2026, 3, 2)
    with demo.site.reading() as connection:
        customer = fetch(connection, demo.site.release, Actor.system(), Query("customer", ("id",), where)).rows[0]
    plan = [{"name": "一次性", "due_on": today, "amount": amount}]
    row = {"name": name, "customer": customer["id"], "amount": amount, "instalments": plan, "terms": "30 天"}
    row |= {"signed_on": today, "starts_on": today, "ends_on": today + timedelta(days=365)}
    return run_unit(demo.site, _actor(demo, "wang"), lambda unit: unit.create("contract", [row]), confirm=True)[0]


def submitted(demo: Demo, name: str, amount: int = 50_000) -> UUID:
    """Submit a new contract of Wang's."""
    record = contract(demo, name, amount)
    run_unit(demo.site, _actor(demo, "wang"), lambda unit: unit.transition("contract", [record], "sign"), confirm=True)
    return record


def open_task(page: Page, demo: Demo, name: str) -> None:
    """Open a task from the inbox."""
    page.goto(f"{demo.url}/inbox")
    page.locator(".inbox-link", has_text=name).click()
    expect(page.locator("h1")).to_have_text(name)


@pytest.fixture
def other(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Screen]:
    """Return a second person's browser."""
    context = browser.new_context(**browser_context_args)
    yield Screen(context.new_page())
    context.close()


def test_submitting_shows_the_whole_path_with_names(browser_page: Screen, demo: Demo) -> None:
    record = contract(demo, "提交预览合同", 600_000)
    page = browser_page.page
    demo.sign_in(browser_page, "wang")
    page.goto(f"{demo.url}/o/contract/{record}")
    page.locator(".record-way.btn-primary").click()
    dialog = page.locator("#dialog")
    for name in ("李建国", "赵一鸣", "蒋文静", "钱慧"):
        expect(dialog.get_by_text(name)).to_be_visible()
    assert browser_page.axe_violations() == []
    dialog.locator(".form-footer .btn-primary").click()
    page.wait_for_url("**submitted=1")
    expect(page.locator(".notice a", has_text="李建国")).to_be_visible()
    page.locator(".notice a", has_text="李建国").click()
    expect(page.locator(".flow-step.now")).to_contain_text("李建国")
    assert browser_page.axe_violations() == []


def test_three_taps_on_a_phone_decide(browser_page: Screen, demo: Demo) -> None:
    submitted(demo, "三次点击合同")
    page = browser_page.page
    page.set_viewport_size(PHONE)
    demo.sign_in(browser_page, "li")
    page.goto(f"{demo.url}/inbox")
    assert browser_page.axe_violations() == []
    page.locator(".inbox-link", has_text="三次点击合同").click()  # one
    approve = page.locator(".decision-dock .dock-approve")
    expect(approve).to_be_in_viewport()
    for words in ("三次点击合同", "王晓雯", "50,000"):
        expect(page.locator("main").get_by_text(words).first).to_be_in_viewport()
    assert browser_page.axe_violations() == []
    approve.click()  # two
    expect(page.locator("#dialog .btn-primary")).to_be_in_viewport()
    assert browser_page.axe_violations() == []
    page.locator("#dialog .btn-primary").click()  # three
    page.wait_for_url("**decided=approve**")
    expect(page.locator("#toasts")).to_contain_text("已同意")


def test_of_two_people_one_is_told_who_was_faster(browser_page: Screen, other: Screen, demo: Demo) -> None:
    """A task and its substitute's: both look, one decides."""
    li, zhao = _actor(demo, "li").user_id, _actor(demo, "zhao").user_id
    assert li is not None
    assert zhao is not None
    record = submitted(demo, "两人同时合同")
    with demo.site.writing() as connection:
        now = datetime.now(UTC)
        period = (now - timedelta(minutes=1), now + timedelta(hours=1))
        substitute = substitutes.appoint(connection, li, zhao, *period, by=li, now=now)
    for screen, login in ((browser_page, "li"), (other, "zhao")):
        demo.sign_in(screen, login)
        open_task(screen.page, demo, "两人同时合同")
        screen.page.locator(".decision-buttons .btn-primary").click()
        expect(screen.page.locator("#dialog .btn-primary")).to_be_visible()
    other.page.locator("#dialog .btn-primary").click()
    other.page.wait_for_url("**decided=approve**")
    browser_page.page.locator("#dialog .btn-primary").click()
    expect(browser_page.page.locator("#dialog [role=alert]")).to_contain_text("赵一鸣")
    with demo.site.writing() as connection:
        substitutes.dismiss(connection, substitute)
    browser_page.page.goto(f"{demo.url}/o/contract/{record}")
    # The browser reports the answer 409 to the dialog; that is what was wanted.
    browser_page.problems[:] = [one for one in browser_page.problems if "409" not in one]


def test_returned_changed_and_submitted_again(browser_page: Screen, other: Screen, demo: Demo) -> None:
    record = submitted(demo, "退回重提合同", 200_000)
    li, wang = browser_page.page, other.page
    demo.sign_in(browser_page, "li")
    open_task(li, demo, "退回重提合同")
    li.locator(".decision-buttons .dropdown > button").click()
    li.locator(".decision-buttons .dropdown-item", has_text="退回").click()
    li.locator("#act-opinion").fill("请改为 90 天")
    li.locator("#dialog .form-footer .btn-primary").click()
    li.wait_for_url("**acted=return")
    demo.sign_in(other, "wang")
    wang.goto(f"{demo.url}/o/contract/{record}/edit")
    wang.locator("[name=terms]").fill("90 天")
    wang.locator(".page-footer .btn-primary").click()
    wang.wait_for_url("**saved=1")
    wang.locator(".notice a").first.click()
    expect(wang.get_by_text("请改为 90 天").first).to_be_visible()
    wang.locator(".decision-buttons .btn-primary").click()
    wang.locator("#dialog .form-footer .btn-primary").click()
    wang.wait_for_url("**acted=resubmit")
    open_task(li, demo, "退回重提合同")
    expect(li.locator("#story")).to_contain_text("重新提交")
    assert browser_page.axe_violations() == []


def test_several_are_approved_together(browser_page: Screen, demo: Demo) -> None:
    names = [f"批量合同 {number}" for number in range(3)]
    for name in names:
        submitted(demo, name)
    page = browser_page.page
    demo.sign_in(browser_page, "li")
    page.goto(f"{demo.url}/inbox?q=批量合同")
    assert browser_page.axe_violations() == []
    page.locator("[data-all]").check()
    expect(page.locator("[data-send]")).to_contain_text("3")
    page.locator("[data-send]").click()
    page.wait_for_url("**approved=3**")
    expect(page.locator(".notice")).to_contain_text("3")
    assert browser_page.axe_violations() == []


def test_signing_by_hand(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "qian")
    page.goto(f"{demo.url}/inbox")
    page.locator(".inbox-link").first.click()
    page.locator(".decision-buttons .btn-primary").click()
    pad = page.locator("#dialog .signature-pad")
    expect(pad).to_be_visible()
    assert browser_page.axe_violations() == []
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 70, steps=8)
    page.mouse.up()
    address = page.url.partition("?")[0]
    page.locator("#dialog .form-footer .btn-primary").click()
    page.wait_for_url("**decided=approve**")
    page.goto(address)
    expect(page.locator("svg.signed").first).to_be_visible()


def test_away_has_nothing_against_it(browser_page: Screen, demo: Demo) -> None:
    demo.sign_in(browser_page, "li")
    browser_page.page.goto(f"{demo.url}/profile/away")
    assert browser_page.axe_violations() == []


def quote_in_approval(demo: Demo, name: str) -> UUID:
    """Submit a quote of Wang's with two lines and a further discount."""
    where = {"field": "owner.login", "op": "eq", "value": "wang"}
    with demo.site.reading() as connection:
        customer = fetch(connection, demo.site.release, Actor.system(), Query("customer", ("id",), where)).rows[0]
    lines = [{"name": text, "quantity": 2, "price": 100, "discount": 1} for text in ("条码枪", "打印机")]
    row = {"name": name, "customer": customer["id"], "discount": 10, "valid_until": date(2099, 1, 1), "lines": lines}
    wang = _actor(demo, "wang")
    (key,) = run_unit(demo.site, wang, lambda unit: unit.create("quote", [row]), confirm=True)
    run_unit(demo.site, wang, lambda unit: unit.transition("quote", [key], "send"), confirm=True)
    return key


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_lines_are_changed_while_deciding(browser_page: Screen, demo: Demo, size: Any) -> None:
    name = f"改行报价 {size['width']}"
    key = quote_in_approval(demo, name)
    page = browser_page.page
    page.set_viewport_size(size)
    demo.sign_in(browser_page, "wang")
    page.goto(f"{demo.url}/o/quote/{key}")
    expect(page.locator(".record-way")).to_have_count(0)
    page.goto(f"{demo.url}/logout")
    page.context.clear_cookies()
    demo.sign_in(browser_page, "li")
    open_task(page, demo, name)
    page.locator("a[href*='/do/approve']:visible").first.click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("rowheader", name="条码枪")).to_be_visible()
    assert browser_page.axe_violations() == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    dialog.locator("input[name='lines-0-discount']").fill("3")
    dialog.locator(".form-footer .btn-primary").click()
    page.wait_for_url("**decided=approve**")
    page.goto(f"{demo.url}/o/quote/{key}")
    browser_page.show_part("related")
    expect(page.locator("tr", has_text="条码枪").first).to_contain_text("3%")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rule_of_a_step_opens_on_demand(browser_page: Screen, demo: Demo, scheme: Any) -> None:
    name = f"规则合同 {scheme}"
    submitted(demo, name, 600_000)
    page = browser_page.page
    page.emulate_media(color_scheme=scheme)
    demo.sign_in(browser_page, "li")
    open_task(page, demo, name)
    step = page.locator(".flow-step", has_text="部门负责人审批")
    expect(step).to_contain_text("金额达到 10 万，或折扣超过 10%。")
    expect(step.get_by_text("≥ 100000")).to_be_hidden()
    step.locator("summary").click()
    expect(step.get_by_text("≥ 100000")).to_be_visible()
    assert browser_page.axe_violations() == []
