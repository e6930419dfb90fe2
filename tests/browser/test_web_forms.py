"""A form filled in by somebody outside, on a desktop and a phone: the lead has an owner; what looks like spam waits."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import submission
from formline.runtime.web_forms import suspicion
from formline.web import create_app
from formline.web.web_forms import tokens
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo
from tests.fixtures.sites import MakeSite
from tests.fixtures.web_server import Serve
from tests.runtime.webhooks.shop import work_off

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
#: A folder for pictures to look at; nothing is kept without it.
PICTURES = os.environ.get("FORMLINE_PICTURES", "")


@pytest.fixture(params=SIZES)
def outside(request: pytest.FixtureRequest, browser_page: Screen) -> Screen:
    """Return a browser of this size in which nobody is signed in."""
    browser_page.page.set_viewport_size(SIZES[request.param])
    return browser_page


def look(screen: Screen, name: str) -> None:
    """Check that the page is accessible, no wider than the screen and without a problem; keep a picture where asked."""
    page = screen.page
    page.wait_for_load_state("networkidle")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}-{page.evaluate('innerWidth')}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert screen.axe_violations() == []
    assert screen.problems == []


def fill_in(screen: Screen, demo: Demo, email: str, *, seconds: int = 60) -> None:
    """Fill in the page as somebody who opened it so long ago."""
    page = screen.page
    page.goto(f"{demo.url}/f/lead_enquiry?lang=zh_CN")
    page.get_by_label("咨询主题").fill("扫码枪询价")
    page.get_by_label("您的姓名").fill("林海")
    page.get_by_label("您的邮箱").fill(email)
    page.get_by_label("我同意").check()
    token = tokens.issue(demo.site, "lead_enquiry", datetime.now(UTC) - timedelta(seconds=seconds))
    page.locator("input[name=_token]").evaluate("(input, token) => { input.value = token }", token)


def leads(demo: Demo, email: str) -> list[dict[str, object]]:
    query = Query("lead", ("owner", "source"), {"field": "email", "op": "eq", "value": email})
    with demo.site.reading() as connection:
        return fetch(connection, demo.site.release, Actor.system(), query).rows


def test_somebody_outside_asks_and_sales_get_a_lead(outside: Screen, demo: Demo) -> None:
    page, size = outside.page, outside.page.viewport_size["width"]  # type: ignore[index]
    email = f"lin{size}@haigang.example"
    fill_in(outside, demo, email)
    look(outside, "web-form")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    look(outside, "web-form-thanks")
    work_off(demo.site)
    (lead,) = leads(demo, email)
    assert lead["source"] == "website"
    assert lead["owner"] is not None


def test_what_is_wrong_stays_on_the_page(outside: Screen, demo: Demo) -> None:
    page = outside.page
    fill_in(outside, demo, "nobody")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.get_by_label("咨询主题")).to_have_value("扫码枪询价")
    look(outside, "web-form-wrong")


def test_what_looks_like_spam_waits_and_becomes_a_lead_when_accepted(outside: Screen, demo: Demo) -> None:
    page, size = outside.page, outside.page.viewport_size["width"]  # type: ignore[index]
    email = f"fast{size}@haigang.example"
    fill_in(outside, demo, email, seconds=0)
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    assert leads(demo, email) == []
    demo.sign_in(outside, "gu")
    page.goto(f"{demo.url}/forms")
    look(outside, "web-forms")
    page.goto(f"{demo.url}/forms/lead_enquiry")
    look(outside, "web-form-queue")
    line = page.locator(".plain-list > li", has_text=email)
    line.get_by_role("button", name="丢弃").click()
    expect(page.locator(".plain-list > li", has_text=email)).to_have_count(0)
    page.get_by_role("button", name="撤销").click()
    page.wait_for_load_state("networkidle")
    page.goto(f"{demo.url}/forms/lead_enquiry")
    page.locator(".plain-list > li", has_text=email).get_by_role("button", name="接受").click()
    expect(page.get_by_text("已生成记录")).to_be_visible()
    work_off(demo.site)
    (lead,) = leads(demo, email)
    assert lead["owner"] is not None
    assert outside.problems == []


BOOKING = """
kind: object
name: booking
fields:
  name: {type: text, required: true}
  kind: {type: choice, choices: [visit, repair]}
  fault: {type: text, visible: kind == "repair", required: kind == "repair"}
  day: {type: date}
  paper: {type: file, accept: [pdf]}
---
kind: web_form
name: booking
object: booking
fields: {name: {}, kind: {}, fault: {}, day: {}, paper: {}}
proof_of_work: true
accepts: [ORIGIN]
"""


def test_a_form_in_another_sites_page_works_proves_and_takes_files(
    outside: Screen, make_site: MakeSite, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicion, "FASTEST", timedelta(0))  # a test types faster than people
    shown: dict[str, str] = {}

    def page_of_others(environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [f'<!doctype html><iframe src="{shown["form"]}" width="360" height="800"></iframe>'.encode()]

    origin = serve(page_of_others)
    site = make_site(BOOKING.replace("ORIGIN", origin), f"sqlite:///{tmp_path / 'frame.db'}")
    home = serve(create_app(site)).replace("127.0.0.1", "localhost")
    shown["form"] = f"{home}/f/booking?lang=en"
    page = outside.page
    page.goto(origin.replace("127.0.0.1", "localhost"))  # an address the form does not name
    expect(page.frame_locator("iframe").get_by_label("Name")).to_have_count(0)
    outside.problems.clear()  # what the browser says of a page it may not show
    page.goto(origin)
    form = page.frame_locator("iframe")
    form.get_by_label("Name").fill("Eva")
    expect(form.get_by_label("Fault")).to_be_hidden()
    form.get_by_text("Repair").click()
    expect(form.get_by_label("Fault")).to_be_visible()
    form.get_by_label("Fault").fill("It beeps")
    paper = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    form.locator("input[type=file]").set_input_files(paper)  # type: ignore[arg-type]
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("heading", name="Thank you")).to_be_visible()
    with site.reading() as connection:
        (row,) = fetch(connection, site.release, Actor.system(), Query("booking", ("fault", "paper"))).rows
        assert connection.execute(select(submission.c.state, submission.c.reasons)).one() == ("taken", [])
    assert row["fault"] == "It beeps"
    assert row["paper"]
    assert outside.problems == []
