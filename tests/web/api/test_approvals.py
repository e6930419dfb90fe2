"""Approvals through the API: the inbox, one approval, deciding once, conflicts that name who was faster, scopes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.api.conftest import Caller
from tests.web.inbox import conftest as offices
from tests.web.inbox.conftest import Office

CallerFor = Callable[..., Caller]
office = offices.office


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: what the pages ask is tested on both databases where it lives."""
    return "sqlite"


def test_submit_list_decide(office: Office, caller: CallerFor) -> None:
    record = office.contract()
    wang, li = caller("wang"), caller("li")
    sent = {"signed_on": "2026-03-02", "starts_on": "2026-03-02", "ends_on": "2027-04-02"}
    assert wang("POST", f"/contract/{record}/transitions/sign", sent).status_code == 200
    (mine,) = wang("GET", "/approvals?list=mine").get_json()["data"]
    assert (mine["object"], mine["record"], mine["status"]) == ("contract", str(record), "running")
    (row,) = li("GET", "/approvals?q=test").get_json()["data"]
    one = li("GET", f"/approvals/{row['id']}").get_json()
    (task,) = one["tasks"]
    assert task["task"] == row["task"]
    assert one["proposal"]["ends_on"] == "2027-04-02"
    assert "withdraw" in wang("GET", f"/approvals/{row['id']}").get_json()["actions"]
    path = f"/approvals/{row['id']}/decide"
    stale = li("POST", path, {"task": task["task"], "choice": "approve", "seen": "other"})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "approval_changed")
    done = li("POST", path, {"task": task["task"], "choice": "approve", "seen": task["seen"], "opinion": "Good."})
    assert done.get_json() == {"status": "approved"}
    again = li("POST", path, {"task": task["task"], "choice": "reject", "opinion": "No."}).get_json()
    assert (again["code"], again["choice"], again["by"]) == ("approval_decided", "approved", task["for"])
    assert caller("wang")("GET", f"/contract/{record}?fields=status").get_json()["status"] == "active"


def test_other_actions(office: Office, caller: CallerFor) -> None:
    approval = office.submit(office.contract())
    wang, li = caller("wang"), caller("li")
    task = li("GET", approval).get_json()["tasks"][0]["task"]
    to = str(office.actor("zhao").user_id)
    asked = li("POST", f"{approval}/act", {"action": "consult", "task": task, "to": to})
    assert asked.get_json() == {"status": "running"}
    said = caller("zhao")("POST", f"{approval}/act", {"action": "opinion", "task": task, "opinion": "Fine."})
    assert said.get_json() == {"status": "running"}
    back = {"action": "return", "task": task, "opinion": "Terms?"}
    assert li("POST", f"{approval}/act", back).get_json() == {"status": "returned"}
    assert wang("POST", f"{approval}/act", {"action": "resubmit"}).get_json() == {"status": "running"}
    assert wang("POST", f"{approval}/act", {"action": "comment", "opinion": "Done."}).status_code == 200
    assert wang("POST", f"{approval}/act", {"action": "withdraw"}).get_json() == {"status": "withdrawn"}
    events = [one["event"] for one in wang("GET", approval).get_json()["log"]]
    assert events[-3:] == ["StepOpened", "Commented", "Withdrawn"]


def test_strangers_scopes_and_other_bodies(office: Office, caller: CallerFor) -> None:
    approval = office.submit(office.contract())
    assert caller("gu")("GET", approval).status_code == 404
    assert caller("gu")("POST", f"{approval}/act", {"action": "comment", "opinion": "x"}).status_code == 404
    reading = caller("li", scopes=["contract:read"])
    assert reading("GET", approval).status_code == 200
    assert reading("POST", f"{approval}/decide", {"task": "x", "choice": "approve"}).status_code == 403
    assert caller("li", scopes=["customer:read"])("GET", "/approvals").get_json()["data"] == []
    li = caller("li")
    for sent in ({}, {"task": "x"}, {"task": "x", "choice": "maybe"}, {"task": 1, "choice": "approve"}, {"a": 1}):
        assert li("POST", f"{approval}/decide", sent).status_code == 422, sent
    assert li("POST", f"{approval}/act", {"action": "fly"}).status_code == 422
    assert li("GET", "/approvals?list=all").status_code == 422
    assert li("GET", "/approvals?limit=0").status_code == 422
    assert "/approvals/{id}/decide" in li("GET", "/openapi.json").get_json()["paths"]
