"""One change to many records of the shipped CRM: at once with undo, and as a job; on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from formline.runtime import bulk, bulk_undo, jobs
from tests.web.conftest import PASSWORD, Person
from tests.web.test_pages import ids, stored

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
LIST = "/o/opportunity"
TASKS = "/o/task"


def run_job(site: Site, key: str) -> None:
    """Do what a worker does with a job."""
    with site.writing() as connection:
        job = jobs.claim_one(connection, UUID(key), UUID(int=1), datetime.now(UTC))
    assert job is not None
    jobs.run(site, job, UUID(int=1))


def rows(person: Person, query: str = "f=stage~in~qualify,propose,negotiate", of: str = LIST) -> list[UUID]:
    return [UUID(key) for key in re.findall(r'<tr data-id="([0-9a-f-]{36})">', person.get(f"{of}?{query}").text)]


def test_the_dialog_asks_for_a_field_then_its_value(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    first, second, *_ = rows(person)
    asked = person.get(f"{LIST}/bulk?id={first}&id={second}&field=priority").text
    assert asked.count('name="id"') == 2
    assert 'value="priority" selected' in asked
    assert 'name="priority"' in asked
    assert '<option value="stage"' not in asked


def test_the_fields_are_those_of_the_form_in_its_order(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("admin")
    for name, last in (("customer", "owner"), ("product", "")):
        offered = re.findall(r'<option value="([a-z_]+)"', person.get(f"/o/{name}/bulk").text)
        obj = crm.release.catalog.object(name)
        assert [each for each in offered if obj.fields[each].unique] == []
        assert "record_type" not in offered
        layout = next(one for one in crm.release.catalog.all("layout").values() if one.object == name)
        placed = [each for section in layout.form for row in section.rows for each in row if each in offered]
        assert offered[: len(placed)] == placed
        assert not last or last in offered


def test_selected_records_are_changed_together_and_taken_back(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    chosen = rows(person)[:3]
    before = {key: stored(crm, "opportunity", key)["source"] for key in chosen}
    page = person.get(LIST).text
    sent = {"field": "source", "source": "referral", "id": [str(key) for key in chosen], "f": "stage~eq~qualify"}
    answer = person.post(f"{LIST}/bulk", sent, page)
    assert answer.status_code == 303, answer.text
    assert "f=stage~eq~qualify" in answer.headers["Location"]
    assert {stored(crm, "opportunity", key)["source"] for key in chosen} == {"referral"}
    shown = person.get(answer.headers["Location"]).text
    undo = re.search(r'data-undo="([^"]+)"', shown)
    assert undo is not None
    assert sign_in("wang").post(undo[1], {}, page).status_code in (400, 404)  # not wang's change
    assert person.post(undo[1], {}, shown).status_code == 204
    assert {key: stored(crm, "opportunity", key)["source"] for key in chosen} == before


def test_what_was_changed_since_stays_when_a_change_is_taken_back(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    first, second, *_ = rows(person)
    page = person.get(LIST).text
    sent = {"field": "source", "source": "referral", "id": [str(first), str(second)]}
    before = stored(crm, "opportunity", second)["source"]
    undo = person.post(f"{LIST}/bulk", sent, page).headers["Location"].partition("changed=")[2]
    person.post(f"{LIST}/bulk", {**sent, "source": "", "id": str(first)}, page)
    assert person.post(f"/changes/{undo}/undo", {}, page).status_code == 204
    assert stored(crm, "opportunity", first)["source"] is None
    assert stored(crm, "opportunity", second)["source"] == before


def test_one_refused_record_refuses_all_with_the_reason(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    won, open_deal = rows(person, "f=stage~eq~won")[0], rows(person)[0]
    before = stored(crm, "opportunity", open_deal)["amount"]
    sent = {"field": "amount", "amount": "5", "id": [str(open_deal), str(won)]}
    answer = person.post(f"{LIST}/bulk", sent, person.get(LIST).text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert stored(crm, "opportunity", open_deal)["amount"] == before


def test_records_of_others_cannot_be_changed(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    (wang,) = ids(crm, "user", login="wang")
    foreign = next(key for key in ids(crm, "opportunity") if stored(crm, "opportunity", key)["owner"] != wang)
    sent = {"field": "source", "source": "referral", "id": str(foreign)}
    assert person.post(f"{LIST}/bulk", sent, person.get(LIST).text).status_code in (403, 404)


@pytest.mark.parametrize("field", ["stage", "created_at", "nothing", ""])
def test_only_fields_a_person_may_write_are_changed(sign_in: SignIn, field: str) -> None:
    person = sign_in("zhao")
    assert person.post(f"{LIST}/bulk", {"field": field}, person.get(LIST).text).status_code == 404


def test_all_that_match_become_a_job_beyond_a_batch(
    crm: Site, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("formline.web.records.bulk_routes.MOST_ROWS", 2)
    monkeypatch.setattr(bulk, "BATCH", 2)
    person = sign_in("zhao")
    wanted = rows(person, "f=stage~eq~negotiate")
    sent = {"field": "source", "source": "referral", "all": "1", "f": "stage~eq~negotiate"}
    answer = person.post(f"{LIST}/bulk", sent, person.get(LIST).text)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert 'hx-trigger="every 1s"' in person.get(address).text
    assert sign_in("wang").get(address).status_code == 404
    (key,) = re.findall(r"/bulk/([0-9a-f-]{36})", address)
    run_job(crm, key)
    assert {stored(crm, "opportunity", one)["source"] for one in wanted} == {"referral"}
    done = person.get(address).text
    assert str(len(wanted)) in done
    assert "every 1s" not in done


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records are a batch: a job, and several transactions of it, are small."""
    monkeypatch.setattr("formline.web.records.bulk_routes.MOST_ROWS", 2)
    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setattr(bulk_undo, "BATCH", 2)


@pytest.mark.usefixtures("many")
def test_a_change_that_ran_as_a_job_is_taken_back_but_for_what_changed_since(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    wanted = rows(person, "f=stage~eq~negotiate")
    before = {key: stored(crm, "opportunity", key)["source"] for key in wanted}
    sent = {"field": "source", "source": "referral", "all": "1", "f": "stage~eq~negotiate"}
    address = person.post(f"{LIST}/bulk", sent, person.get(LIST).text).headers["Location"]
    (key,) = re.findall(r"/bulk/([0-9a-f-]{36})", address)
    assert "/undo" not in person.get(address).text
    run_job(crm, key)
    done = person.get(address).text
    assert f"/bulk/{key}/undo" in done
    wang = sign_in("wang")
    assert wang.post(f"/bulk/{key}/undo", {}, wang.get(LIST).text).status_code == 404

    since = wanted[0]
    person.post(f"{LIST}/bulk", {"field": "source", "source": "exhibition", "id": str(since)}, done)
    undoing = person.post(f"/bulk/{key}/undo", {}, done).headers["Location"]
    run_job(crm, undoing.rpartition("/")[2])
    page = person.get(undoing).text
    assert "every 1s" not in page
    now = {one: stored(crm, "opportunity", one)["source"] for one in wanted}
    assert now == {**before, since: "exhibition"}


@pytest.mark.usefixtures("many")
def test_all_that_match_are_deleted_by_a_job_and_brought_back(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("admin")
    query = "f=status~eq~open"
    wanted = rows(person, query, TASKS)
    assert len(wanted) > 2
    form = person.get(f"{TASKS}/bulk/delete?{query}&id={wanted[0]}").text
    assert 'name="all" value="1"' in form
    sent = {"all": "1", "f": "status~eq~open"}
    address = person.post(f"{TASKS}/bulk/delete", sent, form).headers["Location"]
    (key,) = re.findall(r"/bulk/([0-9a-f-]{36})", address)
    run_job(crm, key)
    assert rows(person, query, TASKS) == []
    undoing = person.post(f"/bulk/{key}/undo", {}, person.get(address).text).headers["Location"]
    run_job(crm, undoing.rpartition("/")[2])
    assert set(rows(person, query, TASKS)) == set(wanted)


@pytest.mark.usefixtures("many")
def test_a_deletion_of_more_than_a_job_may_take_is_refused(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_DELETED", 3)
    person = sign_in("admin")
    before = rows(person)
    answer = person.post(f"{LIST}/bulk/delete", {"all": "1"}, person.get(LIST).text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert rows(person) == before


def test_selected_records_are_deleted_together_or_not_at_all(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("admin")
    first, second, third, *_ = rows(person, "", TASKS)
    sent = {"id": [str(first), str(second)], "q": ""}
    answer = person.post(f"{TASKS}/bulk/delete", sent, person.get(TASKS).text)
    assert third in rows(person, "", TASKS)
    assert not {first, second} & set(rows(person, "", TASKS))
    shown = person.get(answer.headers["Location"]).text
    (undo,) = re.findall(r'data-undo="(/deletions/[^"]+)"', shown)
    assert person.post(undo, {}, shown).status_code == 204
    assert {first, second} <= set(rows(person, "", TASKS))


@pytest.mark.usefixtures("many")
def test_what_reaches_very_many_records_or_rights_asks_again_who_one_is(
    crm: Site, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = sign_in("admin")
    page = person.get(LIST).text
    (wang,) = ids(crm, "user", login="wang")
    monkeypatch.setattr("formline.web.step_up.RECENT", timedelta(0))
    for address, sent in (
        (f"{LIST}/bulk", {"field": "source", "source": "referral", "all": "1"}),
        (f"{LIST}/bulk/delete", {"all": "1"}),
        ("/o/user/bulk", {"field": "active", "active": "", "id": str(wang)}),
    ):
        answer = person.post(address, sent, page)
        assert answer.status_code == 403, address
        assert 'name="step_up_secret"' in answer.text
    confirmed = {"all": "1", "f": "stage~eq~qualify", "step_up_secret": PASSWORD}
    assert "/bulk/" in person.post(f"{LIST}/bulk/delete", confirmed, page).headers["Location"]
