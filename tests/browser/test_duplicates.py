"""Similar records beside a form, the merge page and the dialog of a conversion, in Chinese on a desktop and a phone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from playwright.sync_api import expect

from formline.runtime.access import Actor
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo


def add(site: Site, what: str, /, **values: Any) -> UUID:
    """Create a record of wang."""
    from formline.web.auth import accounts

    with site.reading() as connection:
        account = accounts.find(connection, site.release, "wang")
    assert account is not None
    row = {**values, "owner": account.user_id}
    (made,) = run_unit(site, Actor.system(), lambda unit: unit.create(what, [row]), source="system", confirm=True)
    return made


def test_a_warning_beside_the_form_then_two_records_become_one(at_work: Screen, demo: Demo) -> None:
    page, size = at_work.page, (at_work.page.viewport_size or {"width": 0})["width"]
    phone = f"0755-2677{size:04d}"
    first = add(demo.site, "customer", name=f"北辰光学 {size}", phone=phone)
    second = add(demo.site, "customer", name=f"北极星镜片 {size}", phone=phone)
    demo.sign_in(at_work, "wang")
    page.goto(f"{demo.url}/o/customer/new")
    page.wait_for_load_state("networkidle")
    draft = page.locator("[data-discard-draft]")
    if draft.count():  # what the other size typed is offered again
        draft.first.click()
        page.wait_for_load_state("networkidle")
    page.locator("input[name=phone]").fill(phone)
    page.locator("input[name=phone]").press("Tab")
    expect(page.locator(".similar-list")).to_contain_text("北辰光学")
    at_work.look("similar")
    page.goto(f"{demo.url}/o/customer/merge?id={first}&id={second}")
    at_work.look("merge")
    page.locator(f"input[name='f.name'][value='{second}']").check()
    page.locator(".merge-form .btn-primary").click()
    expect(page.locator("h1")).to_contain_text("北极星镜片")
    assert str(first) in page.url


def test_a_lead_is_converted_into_the_customer_that_is_there(at_work: Screen, demo: Demo) -> None:
    page, size = at_work.page, (at_work.page.viewport_size or {"width": 0})["width"]
    phone = f"0755-2688{size:04d}"
    customer = add(demo.site, "customer", name=f"南星仪器 {size}", phone=phone)
    lead = add(demo.site, "lead", name=f"镜头询价 {size}", organization="南星", person="陈晨", phone=phone)
    run_unit(demo.site, Actor.system(), lambda unit: unit.transition("lead", [lead], "contact"), source="system")
    demo.sign_in(at_work, "wang")
    page.goto(f"{demo.url}/o/lead/{lead}/convert/lead_to_deal")
    at_work.look("convert")
    page.locator(f"input[name='use.customer'][value='{customer}']").check()
    page.locator("main form .btn-primary").click()
    expect(page.locator("h1")).to_contain_text("南星仪器")
