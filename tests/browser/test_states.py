"""Checklists, service levels, times and cohorts in the browser: ticked without leaving the page, accessible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import expect

from formline.runtime.access.actor import Actor
from formline.runtime.sample_data import load_sample_data
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from tests.fixtures.browser import Screen
from tests.fixtures.demo import Demo


def project(site: Site, owner: str) -> UUID:
    """Return a project whose state has a checklist; it came some days ago."""
    keys = load_sample_data(site)
    values = {"name": "七号厂房", "record_type": "project", "owner": keys["user"][owner]}
    values["customer"] = keys["customer"]["huadong"]
    before = datetime.now(UTC) - timedelta(days=6)

    def at(work: Any, moment: datetime) -> Any:
        return run_unit(site, Actor.system(), work, confirm=True, now=moment)

    (key,) = at(lambda unit: unit.create("opportunity", [values]), before)
    at(lambda unit: unit.transition("opportunity", [key], "survey"), before + timedelta(days=2))
    found: UUID = key
    return found


def test_an_item_is_ticked_where_one_stands(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    demo.sign_in(at_work, "wang")
    page.goto(f"{demo.url}/o/opportunity/{project(demo.site, 'wang')}")
    at_work.show_part("details")
    card = page.locator("#checklist-stage")
    expect(card).to_contain_text("0/3")
    card.get_by_role("checkbox").first.click()
    expect(card).to_contain_text("1/3")
    expect(card.get_by_role("checkbox").first).to_be_checked()
    at_work.look("checklist", full_page=True)


def test_the_diagram_leads_to_times_and_cohorts(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    demo.sign_in(at_work, "zhao")
    page.goto(f"{demo.url}/o/opportunity/{project(demo.site, 'wang')}")
    page.locator(".path-note a").first.click()
    page.locator(".dialog-foot a").click()
    page.wait_for_url("**/states/project_stage")
    expect(page.locator("#cohorts")).to_be_visible()
    at_work.look("flow", full_page=True)


def test_a_case_shows_until_when_it_is_to_be_solved(at_work: Screen, demo: Demo) -> None:
    page = at_work.page
    demo.sign_in(at_work, "he")
    page.goto(f"{demo.url}/o/case/{load_sample_data(demo.site)['case']['c4']}")
    at_work.show_part("details")
    expect(page.locator("section[aria-labelledby=clocks-title]")).to_be_visible()
    at_work.look("case", full_page=True)
