"""Calendars of the shipped CRM: entries within the rights, moving them; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.web.conftest import Person, token_of
from tests.web.test_pages import stored

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
CALENDAR = "/o/opportunity/calendar"
HEADERS = {"HX-Request": "true"}


def entries(person: Person, query: str = "") -> list[dict[str, Any]]:
    """Return a year of entries."""
    first = date.today() - timedelta(days=180)
    answer = person.get(f"{CALENDAR}/entries?start={first}&end={first + timedelta(days=365)}{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["cut"] is False
    return list(answer.json["entries"])


def move(person: Person, body: object) -> TestResponse:
    token = token_of(person.get("/profile").text)
    return person.client.post(f"{CALENDAR}/move", json=body, headers={"X-CSRFToken": token})


def test_entries_are_the_records_of_the_days_asked_within_the_rights(crm: Site, sign_in: SignIn) -> None:
    found = entries(sign_in("zhao"))
    assert found
    for entry in found:
        record = stored(crm, "opportunity", UUID(entry["id"]))
        assert entry["start"] == str(record["close_date"])
        assert entry["title"] == record["name"]
    own = {entry["id"] for entry in entries(sign_in("wang"))}
    assert own < {entry["id"] for entry in found}
    assert len(entries(sign_in("zhao"), "&f=stage~eq~won")) < len(found)


def test_an_entry_is_moved_and_a_stale_one_is_refused(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    entry = next(one for one in entries(person, "&f=stage~eq~qualify"))
    day = date.fromisoformat(entry["start"]) + timedelta(days=3)
    body = {"id": entry["id"], "version": entry["extendedProps"]["version"], "start": f"{day}T00:00:00"}
    answer = move(person, body)
    assert answer.status_code == 200, answer.text
    assert stored(crm, "opportunity", UUID(entry["id"]))["close_date"] == day
    again = move(person, {**body, "start": f"{day + timedelta(days=1)}T00:00:00"})
    assert again.status_code == 409
    assert stored(crm, "opportunity", UUID(entry["id"]))["close_date"] == day


def test_a_rule_refuses_a_move_with_its_message(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    entry = next(one for one in entries(person) if stored(crm, "opportunity", UUID(one["id"]))["engaged_on"])
    answer = move(person, {"id": entry["id"], "start": "2001-01-01T00:00:00"})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["detail"]


@pytest.mark.parametrize("body", [[], {}, {"id": "x"}])
def test_what_is_no_move_is_not_found(sign_in: SignIn, body: object) -> None:
    assert move(sign_in("zhao"), body).status_code == 404


@pytest.mark.parametrize(
    "days", ["start=x&end=y", "start=2026-01-01&end=2026-01-01", "start=2020-01-01&end=2026-01-01"]
)
def test_a_stretch_must_be_days_and_not_too_many(sign_in: SignIn, days: str) -> None:
    assert sign_in("zhao").get(f"{CALENDAR}/entries?{days}").status_code == 404


def test_the_dialog_of_an_entry_changes_its_day_by_typing(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    entry = next(one for one in entries(person, "&f=stage~eq~qualify"))
    dialog = f"/o/opportunity/{entry['id']}/when"
    drawn = person.get(dialog, headers=HEADERS).text
    version = entry["extendedProps"]["version"]
    day = date.fromisoformat(entry["start"]) + timedelta(days=5)
    wrong = person.post(dialog, {"version": version, "close_date": "soon"}, drawn, headers=HEADERS)
    assert wrong.status_code == 422
    done = person.post(dialog, {"version": version, "close_date": str(day)}, drawn, headers=HEADERS)
    assert done.status_code == 204, done.text
    assert stored(crm, "opportunity", UUID(entry["id"]))["close_date"] == day
    stale = person.post(dialog, {"version": version, "close_date": str(day)}, drawn, headers=HEADERS)
    assert stale.status_code == 409


def test_an_object_without_a_calendar_has_none(sign_in: SignIn) -> None:
    assert sign_in("zhao").get("/o/product/calendar").status_code == 404
    assert sign_in("zhao").get(CALENDAR).status_code == 200
    assert sign_in("zhao").get("/o/follow_up/calendar").status_code == 200
