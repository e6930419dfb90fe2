"""What pages show of states: checklists, service levels, times and cohorts; all within rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from formline.runtime.access import Actor
from formline.runtime.unit import run_unit
from formline.web.auth import accounts
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def run(site: Site, work: Any, at: datetime | None = None) -> Any:
    return run_unit(site, Actor.system(), work, confirm=True, now=at)


def user_id(site: Site, login: str) -> UUID:
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None
    return account.user_id


def customer(site: Site, owner: UUID) -> UUID:
    values = {"name": uuid4().hex, "owner": owner}
    found: list[UUID] = run(site, lambda unit: unit.create("customer", [values]))
    return found[0]


def project(site: Site, owner: str) -> UUID:
    """Return a project of somebody in the state with a checklist."""
    values = {"name": "Hall 7", "record_type": "project", "owner": user_id(site, owner)}
    values["customer"] = customer(site, values["owner"])
    (key,) = run(site, lambda unit: unit.create("opportunity", [values]))
    run(site, lambda unit: unit.transition("opportunity", [key], "survey"))
    return key


def test_a_checklist_is_ticked_on_the_page_and_told_in_the_timeline(crm: Site, sign_in: SignIn) -> None:
    key = project(crm, "wang")
    wang = sign_in("wang")
    page = wang.get(f"/o/opportunity/{key}").text
    assert 'id="checklist-stage"' in page
    assert "0/3" in page
    answer = wang.post(f"/o/opportunity/{key}/checklist/stage/site_visit", {"done": "1"}, page)
    assert answer.status_code == 303
    page = wang.get(f"/o/opportunity/{key}").text
    assert "1/3" in page
    assert 'aria-checked="true" aria-label="已到现场勘查"' in page
    assert "勾选了“已到现场勘查”" in page
    wang.post(f"/o/opportunity/{key}/checklist/stage/site_visit", {}, page)
    assert "0/3" in wang.get(f"/o/opportunity/{key}").text


def test_a_transition_says_which_items_it_waits_for(crm: Site, sign_in: SignIn) -> None:
    key = project(crm, "wang")
    mine = user_id(crm, "wang")
    values = {"name": uuid4().hex, "owner": mine, "mobile": "13811112222", "customer": customer(crm, mine)}
    (contact,) = run(crm, lambda unit: unit.create("contact", [values]))
    wang = sign_in("wang")
    address = f"/o/opportunity/{key}/transitions/stage.design"
    answer = wang.post(address, {"contact": str(contact)}, wang.get(address).text)
    assert answer.status_code == 422
    assert "开始设计需先完成清单：已到现场勘查、已与客户确认预算。" in answer.text


def test_who_may_not_update_a_record_sees_its_checklist_and_cannot_tick(crm: Site, sign_in: SignIn) -> None:
    key = project(crm, "wang")
    reader = sign_in("gu")
    address = f"/o/opportunity/{key}"
    page = reader.get(address)
    answer = reader.post(f"{address}/checklist/stage/budget", {"done": "1"}, reader.get("/").text)
    if page.status_code == 200:
        assert "checklist/stage/budget" not in page.text
        assert answer.status_code == 403
    else:
        assert answer.status_code == 404


def test_a_case_shows_its_service_levels(crm: Site, sign_in: SignIn) -> None:
    owner = user_id(crm, "he")
    values = {"subject": "No light", "customer": customer(crm, owner), "priority": "urgent", "owner": owner}
    (key,) = run(crm, lambda unit: unit.create("case", [values]), datetime.now(UTC) - timedelta(hours=1))
    run(crm, lambda unit: unit.transition("case", [key], "take"))
    run(crm, lambda unit: unit.transition("case", [key], "wait"))
    page = sign_in("he").get(f"/o/case/{key}").text
    card = page[page.index('id="clocks-title"') :]
    card = card[: card.index("</section>")]
    for word in ("首次响应", "解决", "已暂停", "剩余"):
        assert word in card


def test_the_page_of_a_machine_counts_what_its_reader_may_read(crm: Site, sign_in: SignIn) -> None:
    start = datetime.now(UTC) - timedelta(days=20)
    for owner, days in (("wang", 2), ("wang", 4), ("wu", 9)):
        values = {"name": "D", "amount": 5, "owner": user_id(crm, owner)}
        values["customer"] = customer(crm, values["owner"])
        (key,) = run(crm, lambda unit, values=values: unit.create("opportunity", [values]), start)
        run(
            crm,
            lambda unit, key=key: unit.transition("opportunity", [key], "propose"),
            start + timedelta(days=days),
        )
    page = sign_in("wang").get("/o/opportunity/states/opportunity_stage")
    assert page.status_code == 200
    assert "2天" in page.text
    assert "9天" not in page.text
    assert "9天" in sign_in("zhao").get("/o/opportunity/states/opportunity_stage").text


@pytest.mark.parametrize(
    "address", ["opportunity/states/nothing", "customer/states/opportunity_stage", "gone/states/x"]
)
def test_there_is_no_page_for_what_is_no_machine_of_the_object(crm: Site, sign_in: SignIn, address: str) -> None:
    assert sign_in("wang").get(f"/o/{address}").status_code == 404
