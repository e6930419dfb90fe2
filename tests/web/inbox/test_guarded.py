"""Changes and deletions that an approval guards, from the form and the page of a record, on a small site of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from formline.runtime.tables import account, approval
from formline.web import create_app
from formline.web.auth import accounts, passwords
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.databases import Databases
from tests.fixtures.sites import publish, settings_for
from tests.web.conftest import PASSWORD, Person, token_of
from tests.web.inbox.conftest import Office, hidden
from tests.workflow.approvals.firm import CHANGE, CONTRACT, DELETION, Firm

CHOOSING = """
kind: approval
name: signing
label: Signing
object: contract
guards: {transition: sign}
requires: [note]
steps:
  - {approve: looked_at, label: Looked at, approvers: {chosen_by: submitter}, when_empty: fail_submit}
"""


@pytest.fixture
def firm(databases: Databases, tmp_path: Path) -> Iterator[Firm]:
    """Return a firm whose people can sign in."""
    settings = settings_for(databases.create(), tmp_path)
    prepare(settings)
    site = Site.open(settings)
    user = ORGANISATION["user"] + "  language: {type: text}\n  time_zone: {type: text}\n"
    publish(site, [*{**ORGANISATION, "user": user}.values(), CONTRACT, CHOOSING, CHANGE, DELETION])
    made = Firm(site)
    hashed = passwords.hash_password(PASSWORD)
    with site.writing() as connection:
        for name, key in made.ids.items():
            connection.execute(account.delete().where(account.c.user_id == key))
            accounts.save_password(connection, key, name, hashed)
    yield made
    site.close()


@pytest.fixture
def at(firm: Firm) -> Callable[[str], Person]:
    """Return ``at(name) -> Person``, signed in."""
    app = create_app(firm.site)

    def signed_in(name: str) -> Person:
        person = Person(app.test_client())
        person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        answer = person.post("/login", {"login": name, "password": PASSWORD}, person.get("/login").text)
        assert answer.status_code == 303, answer.text
        return person

    return signed_in


def _signed(firm: Firm) -> UUID:
    key = firm.contract(1000, note="x")
    model = firm.site.release.model("contract")
    with firm.site.writing() as connection:
        connection.execute(model.table.update().where(model.id == key).values(**{model.column("stage").name: "signed"}))
    return key


def test_a_change_shows_its_path_before_it_waits(firm: Firm, at: Callable[[str], Person]) -> None:
    key = _signed(firm)
    sam = at("sam")
    shown = sam.submit(f"/o/contract/{key}/edit", {"amount": "2000"})
    assert shown.status_code == 422
    assert "Change of the amount" in shown.text
    assert "fritz" in shown.text
    assert firm.approval_of(key) is None, "only shown so far"
    saved = sam.submit(f"/o/contract/{key}/edit", {"amount": "2000"}, drawn=shown.text)
    assert saved.status_code == 303, saved.text
    approval_id = firm.approval_of(key)
    assert approval_id is not None
    assert firm.record(key)["amount"] == 1000
    page = at("fay").get(f"/approvals/{approval_id}").text
    assert re.search(r"<del>.*1,000.*</del>.*<ins>.*2,000.*</ins>", page)


def test_what_is_not_guarded_is_saved_at_once(firm: Firm, at: Callable[[str], Person]) -> None:
    key = _signed(firm)
    assert at("sam").submit(f"/o/contract/{key}/edit", {"note": "other"}).status_code == 303
    assert firm.approval_of(key) is None


def test_a_deletion_is_asked_for(firm: Firm, at: Callable[[str], Person]) -> None:
    key = firm.contract()
    sam = at("sam")
    page = sam.get(f"/o/contract/{key}").text
    assert f"/o/contract/{key}/delete" not in page
    address = f"/o/contract/{key}/ask-deletion"
    assert address in page
    dialog = sam.get(address).text
    assert "lea" in dialog
    assert sam.client.post(address, data=hidden(dialog)).status_code == 303
    assert sam.client.post(address, data=hidden(dialog)).status_code == 409
    approval_id = firm.approval_of(key)
    lea = at("lea")
    href = re.search(r'href="([^"]*/do/approve[^"]*)"', lea.get(f"/approvals/{approval_id}").text)
    assert href is not None
    dialog = lea.get(unescape(href[1])).text
    assert lea.client.post(unescape(href[1]), data=hidden(dialog)).status_code == 303
    assert firm.record(key) == {}


def test_people_are_chosen_and_fields_required_at_the_submission(firm: Firm, at: Callable[[str], Person]) -> None:
    key = firm.contract()
    sam = at("sam")
    address = f"/o/contract/{key}/transitions/stage.sign"
    dialog = sam.get(address).text
    assert 'name="chosen.looked_at"' in dialog
    assert 'name="note"' in dialog
    assert f'"{firm.ids["lea"]}"' in sam.get("/o/contract/choosable?q=lea").text
    sent = {"csrf_token": token_of(dialog), "chosen.looked_at": str(firm.ids["lea"])}
    assert sam.client.post(address, data=sent).status_code == 422
    assert sam.client.post(address, data={**sent, "note": "Done", "chosen.looked_at": "x"}).status_code == 422
    assert sam.client.post(address, data={**sent, "note": "Done"}).status_code == 303
    approval_id = firm.approval_of(key)
    assert approval_id is not None
    assert firm.open(approval_id) == ["lea@looked_at"]
    with firm.site.reading() as connection:
        (when,) = connection.execute(select(approval.c.submitted_at).where(approval.c.id == approval_id)).one()
    assert when <= datetime.now(UTC)


def test_a_record_in_approval_offers_only_what_is_free(office: Office) -> None:
    record = office.contract()
    wang = office.at("wang")
    before = wang.get(f"/o/contract/{record}").text
    assert "transitions/status.sign" in before
    assert 'data-cell="amount"' in before
    approval = office.submit(record)
    shown = wang.get(f"/o/contract/{record}").text
    assert "transitions/status." not in shown
    assert re.findall(r'data-cell="([a-z_]+)"', shown) == ["terms"]
    form = wang.get(f"/o/contract/{record}/edit").text
    (amount,) = re.findall(r'<input[^>]*name="amount"[^>]*>', form)
    (terms,) = re.findall(r'<textarea[^>]*name="terms"[^>]*>', form)
    assert ("readonly" in amount, "readonly" in terms) == (True, False)
    office.act(office.at("li"), approval, "return", opinion="Name the terms.", step="submitter")
    back = wang.get(f"/o/contract/{record}").text
    assert 'data-cell="amount"' in back
    assert "transitions/status.sign" not in back, "it is submitted again where it came back from"
