"""Input that was not saved: kept per person and form, offered, taken up again, gone when saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from formline.runtime import drafts
from tests.web.conftest import inputs, token_of
from tests.web.test_notifications import a_customer

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.web.conftest import Person

SignIn = Callable[[str], "Person"]
OFFER = 'href="?draft=1"'


def keep(person: Person, form: str, **changes: str) -> None:
    """Keep the input of a form as its script does."""
    page = person.get(form).text
    body = {**inputs(page), **changes, "form": form, "csrf_token": token_of(page)}
    assert person.client.post("/drafts", data=body).status_code == 204


def test_a_draft_is_offered_and_goes_when_it_is_saved(sign_in: SignIn) -> None:
    """Only to the person who typed it; the form is as it was left; saving drops it."""
    wang = sign_in("wang")
    assert OFFER not in wang.get("/o/customer/new").text
    keep(wang, "/o/customer/new", name="Half Ltd", employees="12")
    assert OFFER in wang.get("/o/customer/new").text
    assert OFFER not in sign_in("wu").get("/o/customer/new").text
    page = wang.get("/o/customer/new?draft=1").text
    assert inputs(page)["name"] == "Half Ltd"
    assert inputs(page)["employees"] == "12"
    assert wang.submit("/o/customer/new", drawn=page).status_code == 303
    assert OFFER not in wang.get("/o/customer/new").text


def test_a_draft_of_a_record_that_changed_meanwhile_is_merged(crm: Site, sign_in: SignIn) -> None:
    """It keeps the version it was typed on, so saving it finds out."""
    key, _name = a_customer(crm, "wang")
    wang, address = sign_in("wang"), f"/o/customer/{key}/edit"
    keep(wang, address, region="Mine")
    wang.submit(address, {"region": "Theirs", "employees": "77"})
    keep_gone = wang.get(address).text
    assert OFFER not in keep_gone  # saved is saved
    keep(wang, address, region="Mine")
    sign_in("admin").submit(address, {"region": "Theirs again"})
    page = wang.get(f"{address}?draft=1").text
    assert inputs(page)["region"] == "Mine"
    assert wang.submit(address, drawn=page).status_code == 409


def test_a_draft_is_discarded_on_request_and_after_a_month(crm: Site, sign_in: SignIn) -> None:
    """Other addresses than forms keep nothing."""
    wang = sign_in("wang")
    keep(wang, "/o/customer/new", name="Half Ltd")
    page = wang.get("/o/customer/new").text
    assert wang.post("/drafts", {"form": "/o/customer/new", "discard": "1"}, page).status_code == 204
    assert OFFER not in wang.get("/o/customer/new").text
    assert wang.post("/drafts", {"form": "/profile", "name": "x"}, page).status_code == 404
    keep(wang, "/o/customer/new", name="Half Ltd")
    with crm.writing() as connection:
        assert drafts.forget(connection, datetime.now(UTC) + timedelta(days=29)) == 0
        assert drafts.forget(connection, datetime.now(UTC) + timedelta(days=31)) == 1
