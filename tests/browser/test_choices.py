"""Choices that are offered only where something holds come and go while a person types."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.fixtures.browser import Screen
from tests.fixtures.gallery import GALLERY
from tests.fixtures.sites import MakeSite
from tests.fixtures.web_server import Serve

TICKET = """
kind: object
name: shop
default_access: read_write
fields:
  name:  {type: text, required: true}
  large: {type: boolean}
---
kind: object
name: ticket
default_access: read_write
fields:
  name:   {type: text, required: true}
  amount: {type: decimal}
  shop:   {type: lookup, to: shop}
  speed:
    type: choice
    choices:
      usual:  {label: Usual}
      urgent: {label: Urgent, when: amount >= 100}
  service:
    type: choice
    choices:
      plain: {label: Plain}
      gold:  {label: Gold, when: shop.large}
"""
RIGHTS = "  shop: {read: all}\n  ticket: {create: true, read: all, update: all}\n"


def expect_offered(page: Page, field: str, *values: str) -> None:
    """Wait until exactly these values can be chosen."""
    page.wait_for_function(
        """([name, wanted]) => {
            const all = [...document.querySelectorAll(`[name="${name}"], [name="${name}"] option`)];
            const can = all.filter((one) => one.value && !one.disabled && !one.options).map((one) => one.value);
            return can.join() === wanted;
        }""",
        arg=[field, ",".join(values)],
    )


def choose(page: Page, field: str, value: str) -> None:
    page.locator(f'[name="{field}"][value="{value}"]').check(force=True)


def test_choices_come_and_go_with_what_is_typed(
    browser_page: Screen, make_site: MakeSite, serve: Serve, tmp_path: Path
) -> None:
    from formline.runtime.access.actor import Actor
    from formline.runtime.preparing import bootstrap_secret
    from formline.runtime.unit import run_unit
    from formline.web import create_app

    site = make_site(
        [GALLERY.replace("  specimen: {create", RIGHTS + "  specimen: {create"), TICKET],
        f"sqlite:///{tmp_path / 'choices.db'}",
    )
    rows = [{"name": "Small"}, {"name": "Large", "large": True}]
    small, large = run_unit(site, Actor.system(), lambda unit: unit.create("shop", rows))
    url, page = serve(create_app(site)), browser_page.page
    page.goto(f"{url}/setup")
    for name, text in {"name": "Ada", "login": "ada", "secret": bootstrap_secret(site)}.items():
        page.locator(f"input[name={name}]").fill(text)
    for name in ("password", "again"):
        page.locator(f"input[name={name}]").fill("a good password")
    page.locator("button.btn-primary").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")

    page.goto(f"{url}/o/ticket/new?shop={small}")
    expect_offered(page, "speed", "usual")
    expect_offered(page, "service", "plain")
    page.locator("#f-amount").fill("100")
    expect_offered(page, "speed", "usual", "urgent")
    choose(page, "speed", "urgent")
    page.locator("#f-amount").fill("99")  # what is no longer offered is not sent either
    expect_offered(page, "speed", "usual")
    expect(page.locator("[name=speed]:checked")).to_have_count(0)

    page.goto(f"{url}/o/ticket/new?shop={large}")
    expect_offered(page, "service", "plain", "gold")
    expect_offered(page, "speed", "usual")
    page.locator("#f-name").fill("A")
    choose(page, "service", "gold")
    page.locator(".page-footer .btn-primary").click()
    expect(page.locator("main")).to_contain_text("Gold")
