"""Pages about automations: a button that asks, what ran for a record and why not, failed runs, trying one out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from formline.runtime.access import Actor
from formline.runtime.keys import uuid7
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import automation_run
from formline.runtime.unit import run_unit
from formline.web.auth import accounts
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
BUTTON = "split_contract_evenly"


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def contract(site: Site, login: str) -> UUID:
    """Return a draft contract of somebody over 100 without instalments."""
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None
    owner = account.user_id
    (customer,) = run_unit(site, Actor.system(), lambda unit: unit.create("customer", [{"name": "A", "owner": owner}]))
    values = {"name": "Frame", "customer": customer, "amount": 100, "owner": owner}
    made: list[UUID] = run_unit(site, Actor.system(), lambda unit: unit.create("contract", [values]), confirm=True)
    return made[0]


def instalments(site: Site, key: UUID) -> list[dict[str, Any]]:
    query = Query("instalment", where={"field": "contract", "op": "eq", "value": key}, limit=99)
    with site.reading() as connection:
        return fetch(connection, site.release, Actor.system(), query).rows


def test_a_button_asks_and_makes_equal_instalments(crm: Site, sign_in: SignIn) -> None:
    """Only its owner sees it; what is missing is said at the question; afterwards the dialog tells what ran."""
    key = contract(crm, "wang")
    wang, address = sign_in("wang"), f"/o/contract/{key}/press/{BUTTON}"
    assert address in wang.get(f"/o/contract/{key}").text
    page = wang.get(address).text
    assert 'type="number"' in page
    refused = wang.post(address, {"count": "90", "first_due": "2027-01-31"}, page)
    assert (refused.status_code, "is-invalid" in refused.text) == (422, True)
    assert instalments(crm, key) == []
    answer = wang.post(address, {"count": "3", "first_due": "2027-01-31"}, page)
    assert answer.status_code == 303
    found = sorted((str(row["due_on"]), row["amount"], row["name"]) for row in instalments(crm, key))
    assert found == [
        ("2027-01-31", Decimal("33.33"), "1/3"),
        ("2027-02-28", Decimal("33.33"), "2/3"),
        ("2027-03-31", Decimal("33.34"), "3/3"),
    ]
    assert wang.get(address).status_code == 404  # it is there only while nothing is planned
    told = wang.get(f"/o/contract/{key}/automations").text
    assert "拆分为多期" in told
    assert "1/3" in told
    assert "还没有" in told or "尚未" in told  # others did not run, with the reason
    assert sign_in("wu").get(f"/o/contract/{key}/automations").status_code == 404


def test_failed_runs_are_listed_and_tried_again_by_who_manages_definitions(crm: Site, sign_in: SignIn) -> None:
    key = contract(crm, "wang")
    identifier = uuid7()
    row = {
        "id": identifier,
        "origin": "automation/remind_of_contract_end",
        "object_id": crm.release.model("contract").object_id,
        "record_id": key,
        "cause": "date -30d 2027-01-01",
        "trigger": "date",
        "state": "failed",
        "actor_kind": "system",
        "run_as": "system",
        "depth": 0,
        "chain": [],
        "error": "0 notify: nobody there",
        "trace": [],
        "attempts": 1,
        "at": datetime.now(UTC),
        "milliseconds": 1,
    }
    with crm.writing() as connection:
        connection.execute(insert(automation_run).values(row))
    assert sign_in("wang").get("/automations").status_code == 403
    assert "nobody there" not in sign_in("wang").get(f"/o/contract/{key}/automations").text
    admin = sign_in("admin")
    page = admin.get("/automations").text
    assert "nobody there" in page
    answer = admin.post(f"/automations/runs/{identifier}/retry", {}, page)
    assert answer.status_code == 303
    with crm.reading() as connection:
        c = automation_run.c
        again = connection.execute(select(automation_run).where(c.record_id == key, c.cause == row["cause"])).one()
    assert (again.attempts, again.state) == (2, "skipped")  # the draft does not end: its condition does not hold
    assert admin.post(f"/automations/runs/{again.id}/retry", {}, page).status_code == 409


def test_trying_one_out_keeps_nothing(crm: Site, sign_in: SignIn) -> None:
    key = contract(crm, "wang")
    admin, address = sign_in("admin"), f"/automations/{BUTTON}/try"
    page = admin.get(address).text
    tried = admin.post(address, {"record": str(key), "count": "2", "first_due": "2027-01-31"}, page)
    assert (tried.status_code, "50.00" in tried.text) == (200, True)
    assert instalments(crm, key) == []
    assert admin.post(address, {"record": str(uuid7())}, page).status_code in (404, 422)
    assert sign_in("wang").get(address).status_code == 403
