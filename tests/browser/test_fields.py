"""A record with a field of every type: created, read and edited in Chinese on a desktop and a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from tests.fixtures.browser import Screen
from tests.fixtures.gallery import GALLERY
from tests.fixtures.sites import MakeSite
from tests.fixtures.web_server import Serve


@pytest.mark.parametrize("width", [1440, 390])
def test_every_type_is_filled_in_read_and_edited(
    browser_page: Screen, make_site: MakeSite, serve: Serve, tmp_path: Path, width: int
) -> None:
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app

    site = make_site(GALLERY, f"sqlite:///{tmp_path / 'gallery.db'}")
    url, page = serve(create_app(site)), browser_page.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{url}/setup")
    for name, text in {"name": "Ada", "login": "ada", "secret": bootstrap_secret(site)}.items():
        page.locator(f"input[name={name}]").fill(text)
    for name in ("password", "again"):
        page.locator(f"input[name={name}]").fill("a good password")
    page.locator("button.btn-primary").click()

    page.goto(f"{url}/o/specimen/new")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("#f-name").fill("样品")
    editor = page.locator("[data-field=body] .ql-editor")
    editor.click()
    page.get_by_role("button", name="粗体").click()
    page.keyboard.type("Bold")
    page.get_by_role("button", name="项目列表").click()
    page.locator("#f-lasts").fill("1小时30分钟")
    for tag in ("重要", "展会"):
        page.locator("[data-field=labels] input[type=text], [data-field=labels] .ts-control input").last.fill(tag)
        page.keyboard.press("Enter")
    page.get_by_label("姓", exact=True).fill("欧阳")
    page.get_by_label("名", exact=True).fill("修")
    page.get_by_label("城市").first.fill("深圳市")
    page.get_by_label("详细地址").fill("科技园路 1 号")
    region = page.locator("[data-field=region] select")
    for number, name in enumerate(("广东省", "深圳市", "南山区")):
        expect(region.nth(number)).to_be_enabled()
        region.nth(number).select_option(label=name)
    page.get_by_label("纬度").fill("22.5431")
    page.get_by_label("经度").fill("114.0579")
    page.locator("[data-field=stars] label", has_text="4/5").click()
    page.locator("[data-field=shade] input[type=color]").fill("#ff8800")
    page.locator("#f-ean").fill("6901234567892")
    page.locator("#f-code").fill("https://example.com")
    page.locator("#f-extra").fill('{"a": [1, 2]}')
    page.locator("#f-account").fill("DE89 3704")
    expect(region.nth(2)).to_have_value("440305")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # there the footer covers nothing
    assert browser_page.axe_violations() == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator(".page-footer .btn-primary").click()

    expect(page.locator("h1")).to_have_text("样品")
    shown = page.locator("main")
    for text in ("1小时 30分钟", "欧阳修", "广东省深圳市南山区", "深圳市科技园路 1 号", "★★★★☆", "#ff8800"):
        expect(shown).to_contain_text(text)
    expect(page.locator(".read-value .rich li strong")).to_have_text("Bold")
    expect(page.locator("svg.barcode")).to_have_count(2)
    expect(shown).not_to_contain_text("DE89")
    browser_page.show_part("details")
    page.locator(".secret button").click()
    expect(page.locator(".secret")).to_have_text("DE89 3704")
    assert browser_page.axe_violations() == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    page.goto(f"{page.url.split('?')[0]}/edit")
    expect(region.nth(2)).to_have_value("440305")
    expect(editor).to_contain_text("Bold")
    page.locator("#f-opens").fill("10:15")
    page.locator(".page-footer .btn-primary").click()
    expect(page.locator("main")).to_contain_text("10:15")
    expect(page.locator(".read-value .rich li strong")).to_have_text("Bold")


def test_a_secret_is_shown_where_it_stands_once_the_password_is_given(
    browser_page: Screen, make_site: MakeSite, serve: Serve, tmp_path: Path
) -> None:
    from formline.runtime import tables
    from formline.runtime.access.actor import Actor
    from formline.runtime.preparing import bootstrap_secret
    from formline.runtime.unit import run_unit
    from formline.web import create_app

    site = make_site(GALLERY, f"sqlite:///{tmp_path / 'gallery.db'}")
    url, page = serve(create_app(site)), browser_page.page
    page.goto(f"{url}/setup")
    for name, text in {"name": "Ada", "login": "ada", "secret": bootstrap_secret(site)}.items():
        page.locator(f"input[name={name}]").fill(text)
    for name in ("password", "again"):
        page.locator(f"input[name={name}]").fill("a good password")
    page.locator("button.btn-primary").click()
    page.wait_for_url(lambda address: "/setup" not in address)
    row = {"name": "Sample", "account": "DE89 3704"}
    (key,) = run_unit(site, Actor.system(), lambda unit: unit.create("specimen", [row]))
    with site.writing() as connection:
        connection.execute(update(tables.session).values(confirmed_at=datetime.now(UTC) - timedelta(minutes=11)))
    page.goto(f"{url}/o/specimen/{key}")
    secret = page.locator(".secret")
    secret.get_by_role("button").click()
    dialog = page.locator("#dialog")
    dialog.locator("input[type=password]").fill("a good password")
    assert browser_page.axe_violations() == []
    dialog.locator(".btn-primary").click()
    expect(secret).to_have_text("DE89 3704")
    expect(dialog).to_be_hidden()
    browser_page.problems[:] = [each for each in browser_page.problems if "status of 403" not in each]
