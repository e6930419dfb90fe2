"""Accounts in the browser: a forgotten password, the second factor, being asked again, and typed input that is kept."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from formline.runtime import jobs, mailing, tables
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.unit import Change, run_unit
from formline.web.auth import accounts, second_factor
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo

NEW = "a password from the mail"


def account_of(demo: Demo, login: str) -> accounts.Account:
    with demo.site.reading() as connection:
        found = accounts.find(connection, demo.site.release, login)
    assert found is not None
    return found


@pytest.fixture
def without_second_factor(demo: Demo) -> Iterator[str]:
    """Return who sets a second factor up; it is removed again for the tests after this one."""
    yield "wang"
    user_id = account_of(demo, "wang").user_id
    with demo.site.writing() as connection:
        second_factor.remove(connection, user_id)


def newest_mail(demo: Demo) -> str:
    with demo.site.writing() as connection:
        claimed = jobs.claim(connection, holder := uuid7(), datetime.now(UTC), 50)
    for each in claimed:
        jobs.run(demo.site, each, holder)
    files = sorted((demo.site.settings.data_dir / mailing.FOLDER).iterdir(), key=lambda file: file.stat().st_mtime)
    message: Any = email.message_from_bytes(files[-1].read_bytes(), policy=email.policy.default)
    return str(message.get_content())


def accessible(screen: Screen) -> None:
    assert screen.axe_violations() == []


def test_a_forgotten_password_is_set_by_mail(browser_page: Screen, demo: Demo) -> None:
    page, account = browser_page.page, account_of(demo, "miller")
    change = Change(account.user_id, {"email": "miller@example.com"})
    run_unit(demo.site, Actor.system(), lambda unit: unit.update("user", [change]), source="system")
    page.goto(f"{demo.url}/login")
    page.locator("a[href='/login/forgot']").click()
    accessible(browser_page)
    page.locator("#f-login").fill("miller@example.com")
    page.locator("button.btn-primary").click()
    expect(page.locator("p[role=status]")).to_be_visible()
    link = re.search(r"/login/reset/\S+", newest_mail(demo))
    assert link is not None
    page.goto(f"{demo.url}{link[0]}")
    accessible(browser_page)
    page.locator("#f-password").fill(NEW)
    page.locator("#f-again").fill(NEW)
    page.locator("button.btn-primary").click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
    demo.passwords["miller"] = NEW
    demo.sign_in(browser_page, "miller")
    expect(page.locator("main")).to_be_visible()


def test_the_second_factor_is_set_up_and_asked_for(
    browser_page: Screen, demo: Demo, without_second_factor: str
) -> None:
    page, login = browser_page.page, without_second_factor
    demo.sign_in(browser_page, login)
    page.goto(f"{demo.url}/profile")
    accessible(browser_page)
    page.locator("a[href='/profile/second-factor']").click()
    expect(page.locator(".qr-code")).to_be_visible()
    assert page.locator(".qr-code").evaluate("image => image.complete && image.naturalWidth > 0")
    accessible(browser_page)
    key = page.locator(".totp-key").inner_text().replace(" ", "")
    page.locator("#f-code").fill(pyotp.TOTP(key).at(datetime.now(UTC) - timedelta(seconds=30)))
    page.locator("main .btn-primary").click()
    expect(page.locator(".recovery-codes li")).to_have_count(second_factor.RECOVERY_CODES)
    accessible(browser_page)
    page.context.clear_cookies()
    page.goto(f"{demo.url}/login?next=/profile/sessions")
    page.locator("#f-login").fill(login)
    page.locator("#f-password").fill(demo.passwords[login])
    page.locator("#f-password").press("Enter")
    expect(page.locator("#f-code")).to_be_visible()
    accessible(browser_page)
    page.locator("#f-code").fill(pyotp.TOTP(key).now())
    page.locator("#f-code").press("Enter")
    page.wait_for_url("**/profile/sessions")
    accessible(browser_page)


def test_what_matters_asks_again_and_goes_on(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "admin")
    han = account_of(demo, "han").user_id  # nobody else signs in as them: the new password must be changed
    page.goto(f"{demo.url}/profile/tokens")
    accessible(browser_page)
    page.goto(f"{demo.url}/o/user/{han}")
    with demo.site.writing() as connection:
        connection.execute(update(tables.session).values(confirmed_at=datetime.now(UTC) - timedelta(minutes=11)))
    page.locator("main [data-bs-toggle=dropdown]").first.click()
    page.locator(f"a[href='/people/{han}/password']").click()
    dialog = page.locator("#dialog")
    dialog.locator(".btn-primary").click()
    expect(dialog.locator("#f-step-up")).to_be_visible()
    accessible(browser_page)
    dialog.locator("#f-step-up").fill(demo.passwords["admin"])
    dialog.locator(".btn-primary").click()
    expect(dialog.locator(".secret-once")).to_be_visible()
    demo.passwords["han"] = dialog.locator(".secret-once").inner_text().strip()
    browser_page.problems[:] = [each for each in browser_page.problems if "status of 403" not in each]


def test_another_record_type_keeps_what_was_typed(browser_page: Screen, demo: Demo) -> None:
    page = browser_page.page
    demo.sign_in(browser_page, "zhao")
    page.goto(f"{demo.url}/o/opportunity/new")
    page.wait_for_load_state("networkidle")
    page.locator("#f-name").fill("Kept across types")
    _choose(page, 1)
    expect(page.locator("#f-name")).to_have_value("Kept across types")
    _choose(page, 0)
    expect(page.locator("#f-name")).to_have_value("Kept across types")
    accessible(browser_page)


def _choose(page: Page, number: int) -> None:
    page.locator("button[name=switch_type]").nth(number).click()
    expect(page.locator("button[name=switch_type]").nth(number)).to_have_attribute("aria-current", "true")
