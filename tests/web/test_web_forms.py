"""Forms that people outside fill in: what becomes a record, what waits, and what nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.tables import submission
from formline.web.web_forms import tokens
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


def test_what_is_sent_becomes_a_lead_that_somebody_owns(crm: Site, visitor: Person) -> None:
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
