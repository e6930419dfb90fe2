"""Forms that people outside fill in: what becomes a record, what waits, and what nobody is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.tables import notification, submission
from formline.runtime.unit import run_unit
from formline.runtime.web_forms import receiving
from formline.web.web_forms import tokens
from tests.runtime.test_receiving_mail import mail
from tests.runtime.webhooks.shop import work_off
from tests.web.conftest import Person

SignIn = Callable[[str], Person]
ASKED = {
    "name": "Two hundred scanners",
    "organization": "Polar Logistics",
    "person": "Eva Lind",
    "email": "eva@polar.example",
    "need": "For a new warehouse.",
    "_consent": "1",
}


def opened(site: Site, form: str = "lead_enquiry", seconds: int = 60) -> str:
    """Return the token of a form opened so long ago."""
    return tokens.issue(site, form, datetime.now(UTC) - timedelta(seconds=seconds))


def send(visitor: Person, site: Site, form: str = "lead_enquiry", /, seconds: int = 60, **more: Any) -> Any:
    values = {**ASKED, "_token": opened(site, form, seconds), **more}
    return visitor.client.post(f"/f/{form}?lang=en", data={key: one for key, one in values.items() if one is not None})


def leads(site: Site, email: str = "eva@polar.example") -> list[dict[str, Any]]:
    names = ("id", "name", "source", "owner", "created_by", "status", "organization")
    where = {"field": "email", "op": "eq", "value": email}
    with site.reading() as connection:
        return fetch(connection, site.release, Actor.system(), Query("lead", names, where=where)).rows


def kept(site: Site) -> list[dict[str, Any]]:
    with site.reading() as connection:
        rows = connection.execute(select(submission).order_by(submission.c.id)).mappings()
        return [dict(row) for row in rows]


def test_what_is_sent_becomes_a_lead_that_somebody_owns(crm: Site, visitor: Person, sign_in: SignIn) -> None:
    page = visitor.client.get("/f/lead_enquiry?lang=en").text
    assert "What is it about?" in page
    answer = send(visitor, crm)
    assert answer.status_code == 303, answer.text
    assert "Thank you" in visitor.client.get(answer.headers["Location"]).text
    work_off(crm)
    (lead,) = leads(crm)
    assert lead["source"] == "website"
    assert lead["owner"] is not None
    assert lead["created_by"] is None
    (row,) = kept(crm)
    assert (row["state"], row["record_id"], row["values"]) == ("taken", lead["id"], None)
    assert "外部人员" in sign_in("gu").get(f"/o/lead/{lead['id']}").text


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"seconds": 0}, "fast"),
        ({"_homepage": "https://casino.example"}, "trap"),
        ({"need": "see http://a.example http://b.example www.c.example"}, "links"),
        ({"need": "[url=http://a.example]cheap[/url]"}, "markup"),
    ],
)
def test_what_looks_like_spam_waits_and_is_thanked_for(
    crm: Site, visitor: Person, sign_in: SignIn, how: dict[str, Any], reason: str
) -> None:
    answer = send(visitor, crm, **how)
    assert answer.status_code == 303
    assert leads(crm) == []
    (row,) = kept(crm)
    assert (row["state"], row["reasons"]) == ("held", [reason])
    judge = sign_in("gu")
    page = judge.get("/forms/lead_enquiry").text
    assert "Polar Logistics" in page
    accepted = judge.post(f"/forms/lead_enquiry/held/{row['id']}/accept", {}, page)
    assert accepted.status_code == 303
    assert judge.post(f"/forms/lead_enquiry/held/{row['id']}/accept", {}, page).status_code == 404
    work_off(crm)
    (lead,) = leads(crm)
    assert (lead["source"], lead["owner"] is not None) == ("website", True)
    (row,) = kept(crm)
    assert (row["state"], row["values"], row["record_id"]) == ("taken", None, lead["id"])


def test_the_same_page_sent_twice_makes_one_record(crm: Site, visitor: Person) -> None:
    token = opened(crm)
    for _ in range(2):
        assert send(visitor, crm, _token=token).status_code == 303
    assert len(leads(crm)) == 1


def test_a_duplicate_waits_with_the_record_it_resembles_and_nobody_outside_is_told(
    crm: Site, visitor: Person, sign_in: SignIn
) -> None:
    first, second = send(visitor, crm), send(visitor, crm)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    (lead,) = leads(crm)
    held = [row for row in kept(crm) if row["state"] == "held"]
    assert [(row["reasons"], row["hits"][0][:2]) for row in held] == [(["duplicate"], ["lead", str(lead["id"])])]
    judge = sign_in("gu")
    page = judge.get("/forms/lead_enquiry").text
    assert f"/o/lead/{lead['id']}" in page
    discarded = judge.post(f"/forms/lead_enquiry/held/{held[0]['id']}/discard", {}, page)
    after = judge.get(discarded.headers["Location"]).text
    assert f"/forms/lead_enquiry/held/{held[0]['id']}/back" in after
    assert f"/held/{held[0]['id']}/accept" not in after
    judge.post(f"/forms/lead_enquiry/held/{held[0]['id']}/back", {}, page)
    assert f"/held/{held[0]['id']}/accept" in judge.get("/forms/lead_enquiry").text
    judge.post(f"/forms/lead_enquiry/held/{held[0]['id']}/accept", {}, page)
    assert len(leads(crm)) == 2


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"email": "nobody"}, "name@example.com"),
        ({"person": ""}, "Fill this in."),
        ({"_consent": None}, "agree"),
        ({"_token": "made up"}, "once more"),
        ({"seconds": 90_000}, "once more"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    crm: Site, visitor: Person, how: dict[str, Any], said: str
) -> None:
    answer = send(visitor, crm, **how)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Polar Logistics" in answer.text
    assert (leads(crm), kept(crm)) == ([], [])
    token = re.search(r'name="_token" value="([^"]+)"', answer.text)
    assert token is not None


def test_a_form_speaks_the_language_asked_for(crm: Site, visitor: Person) -> None:
    get = visitor.client.get
    assert "在线咨询" in get("/f/lead_enquiry?lang=zh_CN").text
    assert "線上諮詢" in get("/f/lead_enquiry", headers={"Accept-Language": "zh-TW"}).text
    page = get("/f/lead_enquiry?lang=en").text
    assert 'lang="en"' in page
    assert "Ask us" in page


def test_a_form_is_switched_off_and_on_by_who_manages_integrations(crm: Site, visitor: Person, sign_in: SignIn) -> None:
    admin, judge = sign_in("admin"), sign_in("gu")
    page = admin.get("/forms/lead_enquiry").text
    assert judge.post("/forms/lead_enquiry/off", {}, judge.get("/forms").text).status_code == 403
    assert admin.post("/forms/lead_enquiry/off", {}, page).status_code == 303
    assert visitor.client.get("/f/lead_enquiry").status_code == 404
    assert send(visitor, crm).status_code == 404
    admin.post("/forms/lead_enquiry/on", {}, page)
    assert visitor.client.get("/f/lead_enquiry").status_code == 200


def test_only_who_brings_in_such_records_sees_what_waits(crm: Site, visitor: Person, sign_in: SignIn) -> None:
    send(visitor, crm, seconds=0)
    (row,) = kept(crm)
    person = sign_in("wang")
    assert person.get("/forms/lead_enquiry").status_code == 403
    token = person.get("/profile").text
    for act in ("accept", "discard", "back"):
        assert person.post(f"/forms/lead_enquiry/held/{row['id']}/{act}", {}, token).status_code == 403
    assert sign_in("gu").get("/forms/nothing").status_code == 404


def test_a_case_is_linked_to_who_is_known_and_waits_without_otherwise(crm: Site, visitor: Person) -> None:
    asked = {"subject": "It beeps", "description": "All day.", "reporter": "Huber", "name": None}
    run_unit(crm, Actor.system(), lambda unit: unit.create("contact", [_contact(crm)]), confirm=True)
    for email in ("Known@factory.example", "other@factory.example"):
        assert send(visitor, crm, "case_report", **asked, reporter_email=email).status_code == 303
    work_off(crm)
    names = ("customer", "channel", "owner", "reporter_email")
    where = {"field": "subject", "op": "eq", "value": "It beeps"}
    with crm.reading() as connection:
        rows = fetch(connection, crm.release, Actor.system(), Query("case", names, where=where)).rows
    found = {row["reporter_email"]: row for row in rows}
    assert found["Known@factory.example"]["customer"] is not None
    assert found["other@factory.example"]["customer"] is None
    assert all(row["channel"] == "web" and row["owner"] is not None for row in rows)


def _contact(site: Site) -> dict[str, Any]:
    with site.reading() as connection:
        rows = fetch(connection, site.release, Actor.system(), Query("customer", ("id",), limit=1)).rows
    customer: UUID = rows[0]["id"]
    return {"name": "Known", "customer": customer, "email": "known@factory.example"}


def test_mails_become_leads_and_cases_and_answers_are_told_of(crm: Site) -> None:
    def take(form: str, subject: str, identity: str, **headers: str) -> receiving.Received:
        message = mail(subject, "The text.", identity=identity, **headers)
        return receiving.receive(crm, form, bytes(message), datetime.now(UTC))

    assert take("lead_enquiry", "Scanners", "<lead@x>").record is not None
    (lead,) = leads(crm, "eva@polar.example")
    assert (lead["name"], lead["source"]) == ("Scanners", "website")
    first = take("case_report", "It beeps", "<case@x>")
    work_off(crm)
    answer = take("case_report", "Re: It beeps", "<answer@x>", In_Reply_To="<case@x>")
    assert answer.answers == first.record
    work_off(crm)
    with crm.reading() as connection:
        mine = {"field": "id", "op": "eq", "value": first.record}
        query = Query("case", ("owner", "channel", "last_message_at"), mine)
        (case,) = fetch(connection, crm.release, Actor.system(), query).rows
        told = connection.execute(select(notification.c.user_id, notification.c.kind)).all()
    assert case["channel"] == "mail"
    assert case["last_message_at"] is not None
    assert {(case["owner"], "custom_case_assigned"), (case["owner"], "custom_case_answered")} <= {
        tuple(one) for one in told
    }
