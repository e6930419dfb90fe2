"""Pages around the records: the recycle bin, jobs, the audit trail, the state of the site, and who may open them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime import jobs
from formline.runtime.audit.sealing import seal_next
from formline.runtime.tables import job as job_table
from formline.web.auth import accounts
from tests.web.test_notifications import a_customer

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.web.conftest import Person

SignIn = Callable[[str], "Person"]


def deleted_customer(crm: Site, person: Person) -> tuple[UUID, str]:
    """Make a customer with a contact, delete it, and return id and name."""
    person.submit("/o/customer/new", {"name": "Gone Ltd"})
    model = crm.release.model("customer")
    with crm.reading() as connection:
        key = connection.execute(select(model.id).where(model.column("name") == "Gone Ltd")).scalar_one()
    page = person.get(f"/o/customer/{key}").text
    assert person.post(f"/o/customer/{key}/delete", {}, page).status_code == 303
    return key, "Gone Ltd"


def test_what_was_deleted_comes_back(crm: Site, sign_in: SignIn) -> None:
    """One's own deletions are listed with their titles; restoring opens the record again; others see nothing of it."""
    wang = sign_in("wang")
    key, name = deleted_customer(crm, wang)
    assert wang.get(f"/o/customer/{key}").status_code == 404
    page = wang.get("/recycle-bin").text
    assert name in page
    assert "/purge" not in page
    assert name not in sign_in("wu").get("/recycle-bin?all=1").text
    address = re.search(r'action="(/recycle-bin/[^"]+/restore)', page)
    assert address is not None
    assert wang.post(address[1], {}, page).status_code == 303
    assert wang.get(f"/o/customer/{key}").status_code == 200
    assert name not in wang.get("/recycle-bin").text


def test_deleting_for_good_takes_the_right_to_manage_data(crm: Site, sign_in: SignIn) -> None:
    """The row is gone from its table, and cannot be restored; who lacks the right is refused."""
    wang, admin = sign_in("wang"), sign_in("admin")
    key, name = deleted_customer(crm, wang)
    page = wang.get("/recycle-bin").text
    restore = re.search(r'action="(/recycle-bin/[^"]+)/restore', page)
    assert restore is not None
    assert wang.post(f"{restore[1]}/purge", {}, page).status_code == 403
    page = admin.get("/recycle-bin?all=1").text
    assert name in page
    assert admin.post(f"{restore[1]}/purge", {}, page).status_code == 303
    model = crm.release.model("customer")
    with crm.reading() as connection:
        assert connection.execute(select(model.id).where(model.id == key)).first() is None
    assert wang.post(f"{restore[1]}/restore", {}, wang.get("/recycle-bin").text).status_code == 404


def test_a_job_is_its_owners_and_the_managers(crm: Site, sign_in: SignIn) -> None:
    """Its page shows progress and cancels it; a colleague finds nothing there."""
    with crm.writing() as connection:
        account = accounts.find(connection, crm.release, "wang")
        assert account is not None
        key = jobs.enqueue(connection, "import", {"name": "Customers of May"}, created_by=account.user_id)
    wang = sign_in("wang")
    assert "Customers of May" in wang.get("/jobs").text
    page = wang.get(f"/jobs/{key}").text
    assert 'hx-trigger="every 2s"' in page
    assert sign_in("wu").get(f"/jobs/{key}").status_code == 404
    assert "Customers of May" not in sign_in("wu").get("/jobs?all=1").text
    assert "Customers of May" in sign_in("admin").get("/jobs?all=1").text
    assert wang.post(f"/jobs/{key}/cancel", {}, page).status_code == 303
    assert "every 2s" not in wang.get(f"/jobs/{key}").text


def test_what_gave_up_is_tried_again_by_who_manages_the_site(crm: Site, sign_in: SignIn) -> None:
    """Listed with its error; tried again one by one or all at once; others are refused."""
    with crm.writing() as connection:
        keys = [jobs.enqueue(connection, "import", {"name": f"File {n}"}) for n in range(3)]
        failed = job_table.c.id.in_(keys)
        connection.execute(job_table.update().where(failed).values(state="failed", error="no such mapping"))
    admin = sign_in("admin")
    assert "/jobs/given-up" in admin.get("/jobs?all=1").text
    page = admin.get("/jobs/given-up").text
    assert page.count("no such mapping") == 3
    wang = sign_in("wang")
    assert wang.get("/jobs/given-up").status_code == 403
    assert "/jobs/given-up" not in wang.get("/jobs").text
    assert wang.post("/jobs/given-up/job/retry", {}, wang.get("/jobs").text).status_code == 403
    assert admin.post("/jobs/given-up/job/discard", {"id": str(keys[0])}, page).status_code == 303
    assert admin.get("/jobs/given-up").text.count("no such mapping") == 2
    assert admin.post("/jobs/given-up/job/retry", {}, page).status_code == 303
    assert "no such mapping" not in admin.get("/jobs/given-up").text
    with crm.reading() as connection:
        states = [found.state for key in keys if (found := jobs.get(connection, key))]
    assert states == ["discarded", "waiting", "waiting"]


def test_the_trail_tells_who_changed_what(crm: Site, sign_in: SignIn) -> None:
    """Filtered by person and object, with before and after; only for who may read the audit."""
    key, _name = a_customer(crm, "wang")
    wang = sign_in("wang")
    wang.submit(f"/o/customer/{key}/edit", {"region": "Suzhou Park"})
    with crm.writing() as connection:
        seal_next(connection, crm.keys.key("audit"), datetime.now(UTC))
    assert wang.get("/audit").status_code == 403
    admin = sign_in("admin")
    text = admin.get("/audit?object=customer").text
    assert "Suzhou Park" in text
    assert "Suzhou Park" not in admin.get("/audit?object=contact").text
    assert "Suzhou Park" not in admin.get("/audit?until=2020-01-01").text
    account = _user(crm, "wang")
    assert "Suzhou Park" in admin.get(f"/audit?person={account}").text
    assert "Suzhou Park" not in admin.get(f"/audit?person={_user(crm, 'wu')}").text
    assert admin.get("/audit?trail=security").status_code == 200


def _user(crm: Site, login: str) -> UUID:
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, login)
    assert account is not None
    return account.user_id


@pytest.mark.parametrize("login", ["admin", "wang"])
def test_the_state_of_the_site(crm: Site, sign_in: SignIn, login: str) -> None:
    """Administrators see version, database and releases; nobody else does, nor a way there."""
    person = sign_in(login)
    page = person.get("/system")
    assert page.status_code == (200 if login == "admin" else 403)
    assert ("first release" in page.text) == (login == "admin")
    assert ('href="/system"' in person.get("/o/customer").text) == (login == "admin")
