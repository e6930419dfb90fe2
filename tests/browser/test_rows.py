"""A walk through each row of the shipped CRM, as somebody whose work it is; pages fit, the last is accessible."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

PHONE = {"width": 390, "height": 844}
Walk = Callable[[str], "Walker"]


class Walker:
    """Somebody who is signed in."""

    def __init__(self, screen: Screen, demo: Demo) -> None:
        self.page: Page = screen.page
        self.screen = screen
        self.demo = demo

    def open(self, path: str) -> Page:
        """Open a page and wait until it is at rest."""
        answer = self.page.goto(f"{self.demo.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        self.page.wait_for_load_state("networkidle")
        self.fits()
        return self.page

    def record(self, object_name: str, text: str) -> Page:
        """Open the record of a list that is called so."""
        self.open(f"/o/{object_name}?q={text}")
        self.page.locator("td[data-slot=title] a", has_text=text).first.click()
        expect(self.page.locator("h1")).to_contain_text(text)
        self.page.wait_for_load_state("networkidle")
        self.fits()
        return self.page

    def fits(self) -> None:
        """Nothing is wider than the screen."""
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, self.page.url

    def on_phone(self) -> None:
        """Look at the page on a phone, too."""
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        self.page.reload()
        self.page.wait_for_load_state("networkidle")
        self.fits()


@pytest.fixture
def walk(browser_page: Screen, demo: Demo) -> Iterator[Walk]:
    """Return ``walk(login) -> Walker``; the last page was accessible."""

    def start(login: str) -> Walker:
        demo.sign_in(browser_page, login)
        return Walker(browser_page, demo)

    yield start
    assert browser_page.axe_violations() == []


def test_m1_a_customer_on_one_page(walk: Walk) -> None:
    wang = walk("wang")
    page = wang.record("customer", "华东精密机械")
    for text in ("张志强", "嘉定总部", "工博会接待", "ERP 现状调研", "重点"):
        expect(page.locator("main")).to_contain_text(text)
    wang.open("/o/customer?view=customers_due")
    wang.on_phone()


def test_m4_people_of_a_customer(walk: Walk) -> None:
    wang = walk("wang")
    page = wang.record("contact", "张志强")
    for text in ("江涛", "任燕"):
        expect(page.locator("main")).to_contain_text(text)
    page = wang.record("customer", "华东精密机械")
    page.locator(".record-menu button[data-bs-toggle=dropdown]").first.click()
    page.get_by_role("link", name="关系图").click()
    drawn = page.locator("svg.relation-map")
    for text in ("张志强", "江涛", "总经理", "决策人 · 支持"):
        expect(drawn).to_contain_text(text)
    expect(drawn.locator("path.reports")).to_have_count(3)
    expect(drawn.locator("g.tie")).to_have_count(2)
    listed = page.locator(".map-list li", has_text="任燕").last
    expect(listed).to_contain_text("汇报对象: 张志强")
    expect(listed).to_contain_text("对立 → 刘敏")
    assert wang.screen.axe_violations() == []
    wang.on_phone()
    drawn.locator("a.box").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("张志强")
    wang.open("/o/customer?q=华东")


def test_m5_leads_on_a_board_and_one_disqualified(walk: Walk) -> None:
    wu = walk("wu")
    wu.open("/o/lead/board")
    page = wu.record("lead", "东莞立成")
    expect(page.locator("main")).to_contain_text("跟进中")
    wu.on_phone()


def test_m6_a_deal_with_products_and_competitors(walk: Walk) -> None:
    wang = walk("wang")
    page = wang.record("opportunity", "ERP 升级项目")
    for text in ("迅捷软件", "数据迁移服务", "刘敏"):
        expect(page.locator("main")).to_contain_text(text)
    wang.open("/o/competitor")
    expect(page.locator("main")).to_contain_text("对其胜率")


def test_m7_a_quote_with_its_totals(walk: Walk) -> None:
    li = walk("li")
    page = li.record("quote", "云帆仓储二期报价 V2")
    expect(page.locator("main")).to_contain_text("含税总额")
    li.open("/o/price_book")
    li.open("/o/quote/new")
    li.on_phone()


def test_m8_a_contract_and_its_supplement(walk: Walk) -> None:
    wu = walk("wu")
    page = wu.record("contract", "智联 MES 产线改造合同")
    for text in ("智联 MES 补充协议", "预付款"):
        expect(page.locator("main")).to_contain_text(text)
    wu.on_phone()


def test_m9_an_order_on_its_two_ways(walk: Walk) -> None:
    finance = walk("qian")
    page = finance.record("order", "港联扫码枪订单")
    for text in ("部分付款", "部分发货", "DP2200017"):
        expect(page.locator("main")).to_contain_text(text)
    finance.open("/o/receipt")
    finance.on_phone()


def test_m9_a_customer_picks_products_by_a_link(walk: Walk) -> None:
    wang = walk("wang")
    page = wang.record("contact", "张志强")
    page.locator(".record-menu button[data-bs-toggle=dropdown]").first.click()
    page.get_by_role("link", name="产品页面链接").click()
    page.get_by_role("button", name="新建链接：我们的产品").click()
    link = page.get_by_role("textbox", name="链接").input_value()
    assert wang.screen.axe_violations() == []
    page.context.clear_cookies()
    page.goto(f"{wang.demo.url}/s/{link.rpartition('/')[2]}?lang=zh_CN")
    expect(page.locator("h1")).to_contain_text("我们的产品")
    wang.fits()
    assert wang.screen.axe_violations() == []
    page.get_by_role("searchbox").fill("Gateway")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Edge Gateway G5").click()
    expect(page.locator("main")).to_contain_text("¥5,152.00")
    expect(page.locator("main")).to_contain_text("Collects machine data")
    page.get_by_role("textbox", name="数量").fill("4")
    page.get_by_role("button", name="加入购物车").click()
    expect(page.locator(".shop-total")).to_contain_text("¥20,608.00")
    page.get_by_role("textbox", name="数量").fill("5")
    page.get_by_role("button", name="重新计算").click()
    expect(page.locator(".shop-total")).to_contain_text("¥25,760.00")
    wang.on_phone()
    assert wang.screen.axe_violations() == []
    page.get_by_label("留言").fill("周五前送达")
    page.get_by_role("button", name="下单").click()
    expect(page.locator("main")).to_contain_text("我们已收到您的订单")
    wang.demo.sign_in(wang.screen, "wang")
    page = wang.open("/o/order?f=channel~eq~online")
    expect(page.locator("main")).to_contain_text("华东精密机械")


def test_m10_visits_on_a_calendar(walk: Walk) -> None:
    wu = walk("wu")
    wu.open("/o/visit/calendar")
    page = wu.record("visit", "智联二期勘查")
    expect(page.locator("main")).to_contain_text("完成两条产线勘查")
    wu.on_phone()


def test_m10_a_day_of_visits_as_a_route(walk: Walk) -> None:
    wang = walk("wang")
    page = wang.open("/o/visit")
    page.get_by_role("link", name="路线").first.click()
    page.get_by_role("link", name="后一天").click()
    stops = page.locator(".route-list li")
    expect(stops).to_have_count(4)
    expect(page.locator("svg.route-map .stop")).to_have_count(4)
    page.get_by_role("button", name="按就近排序").click()
    expect(stops.nth(3)).to_contain_text("苏州")
    page.get_by_role("button", name="提前：").last.click()
    expect(stops.nth(2)).to_contain_text("苏州")
    assert wang.screen.axe_violations() == []
    wang.on_phone()


def test_m10_visits_in_numbers(walk: Walk) -> None:
    li = walk("li")
    page = li.open("/dashboards/visit_statistics?period=all")
    for text in ("覆盖率", "拜访客户数", "满意度", "拜访频次低于计划"):
        expect(page.locator("main")).to_contain_text(text)
    li.on_phone()


def test_m3_why_a_customer_is_likely_to_buy_or_to_leave(walk: Walk) -> None:
    wu = walk("wu")
    page = wu.record("customer", "深圳智联电子")
    for text in ("流失风险", "购买倾向", "消费能力"):
        expect(page.locator("main")).to_contain_text(text)
    page.locator(".record-menu button[data-bs-toggle=dropdown]").first.click()
    page.get_by_role("link", name="评分").click()
    expect(page.locator("#dialog")).to_contain_text("距上次赢单的天数")
    expect(page.locator("#dialog")).to_contain_text("近期跟进")
    page.locator("#dialog [data-close]").first.click()
    page = wu.open("/segments")
    page.get_by_role("link", name="大体量低频客户").click()
    expect(page.locator("main")).to_contain_text("消费能力")
    wu.on_phone()


def test_m11_a_task_with_its_checklist(walk: Walk) -> None:
    sun = walk("sun")
    page = sun.record("task", "金陵新厂方案终稿")
    for text in ("投资回报测算", "MES 方案评审通过"):
        expect(page.locator("main")).to_contain_text(text)
    sun.open("/o/task/board")
    sun.on_phone()


def test_m15_a_case_and_its_work_order(walk: Walk) -> None:
    head = walk("he")
    head.open("/o/case/board")
    page = head.record("case", "扫码枪掉线")
    for text in ("更换扫码枪天线", "扫码枪频繁掉线的处理"):
        expect(page.locator("main")).to_contain_text(text)
    head.open("/o/knowledge_article")
    head.on_phone()


def test_m2_what_waits_in_the_pool(walk: Walk) -> None:
    sun = walk("sun")
    page = sun.open("/pools")
    page.locator("a[href$='/pools/customer_pool']").last.click()
    expect(page.locator("h1")).to_contain_text("公海")
    sun.on_phone()


def test_m3_what_the_customers_of_a_segment_have_in_common(walk: Walk) -> None:
    zhao = walk("zhao")
    page = zhao.open("/segments")
    page.get_by_role("link", name="礼品名单").click()
    expect(page.locator("h1")).to_contain_text("礼品名单")
    page.get_by_role("link", name="查看列表").click()
    expect(page.locator("main")).to_contain_text("华东精密机械")
    zhao.open("/segments/gift_list")
    zhao.on_phone()


def test_m8_m9_a_part_of_a_contract_is_ordered(walk: Walk) -> None:
    wu = walk("wu")
    page = wu.record("contract", "智联 MES 产线改造合同")
    page.locator(".record-menu button[data-bs-toggle=dropdown]").first.click()
    page.locator(".record-menu a[href*='/convert/contract_to_order']").first.click()
    numbers = page.locator("input[name^='number.']")
    expect(numbers).to_have_count(3)
    numbers.first.fill("2")
    page.locator("form[action*='/convert/'] .btn-primary").click()
    page.wait_for_url("**/o/order/**")
    expect(page.locator("main")).to_contain_text("智联 MES 产线改造合同")
