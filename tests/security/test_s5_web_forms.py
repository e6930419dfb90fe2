"""S3, S4, S5 on forms of people outside: only the listed fields, no word of records, no markup, limits, frames."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import g
from sqlalchemy import select

from formline.errors import FormlineError, ValidationError
from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.access.rights import rights
from formline.runtime.copies.erasing import erase
from formline.runtime.keys import uuid7
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.tables import file, submission
from formline.runtime.unit import Change, run_unit
from formline.runtime.web_forms import storage, submitting
from formline.runtime.web_forms.suspicion import is_proof
from formline.web import create_app, limits
from formline.web.visit import Visit
from formline.web.web_forms import tokens
from formline.web.web_forms.queue_lines import lines_of
from tests.fixtures.sites import MakeSite
from tests.web.conftest import Person
from tests.web.test_web_forms import kept, leads, opened, send

SignIn = Callable[[str], Person]
MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
SHOP = """
kind: object
name: order
fields:
  name: {type: text, required: true}
  note: {type: long_text, visible: name == "long"}
  paid: {type: boolean}
  email: {type: email, unique: true}
  paper: {type: file, accept: [pdf], max_size: 1}
---
kind: web_form
name: order_form
object: order
fields: {name: {required: true}, note: {}, email: {}, paper: {}}
accepts: [https://shop.example]
proof_of_work: true
redirect: /f/order_form/thanks
"""


def test_only_the_listed_fields_are_taken(crm: Site, visitor: Person) -> None:
    page = send(visitor, crm, budget="1000000", source="phone", owner="x", status="converted", lost_reason="price")
    assert page.status_code == 303
    with crm.reading() as connection:
        query = Query(
            "lead", ("budget", "source", "status", "lost_reason"), {"field": "person", "op": "eq", "value": "Eva Lind"}
        )
        (row,) = fetch(connection, crm.release, Actor.system(), query).rows
    assert (row["budget"], row["source"], row["status"], row["lost_reason"]) == (None, "website", "new", None)


def test_a_sender_may_create_and_nothing_else(crm: Site) -> None:
    sender = Actor.sender("lead_enquiry")
    access = rights(crm.release, sender)
    assert not any(access.object(name).can(right) for name in crm.release.catalog.objects for right in RIGHTS)
    assert {n for n in crm.release.catalog.objects if access.object(n).can("create")} == {"lead"}
    with crm.reading() as connection:
        assert fetch(connection, crm.release, sender, Query("lead", ("id",))).rows == []
    (lead,) = run_unit(crm, sender, lambda unit: unit.create("lead", [{"name": "x", "person": "y"}]), confirm=True)
    for work in (
        lambda unit: unit.create("customer", [{"name": "x"}]),
        lambda unit: unit.update("lead", [Change(lead, {"name": "z"})]),
        lambda unit: unit.delete("lead", [lead]),
        lambda unit: unit.transition("lead", [lead], "contact"),
    ):
        with pytest.raises(FormlineError):
            run_unit(crm, sender, work)
    with pytest.raises(ValidationError):
        run_unit(crm, sender, lambda unit: unit.create("lead", [{"name": "x", "person": "y", "budget": "1"}]))
    assert rights(crm.release, Actor.sender("nothing")).object("lead").can("create") is False


RIGHTS = ("read", "update", "delete", "export", "import", "transfer", "set_state", "contact", "qualify")


def test_markup_stays_text_wherever_it_is_shown(crm: Site, visitor: Person, sign_in: SignIn) -> None:
    send(visitor, crm, seconds=0, name=MARKUP, organization=MARKUP, need=MARKUP)
    page = sign_in("gu").get("/forms/lead_enquiry").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    again = send(visitor, crm, email="wrong", name=MARKUP, need=MARKUP).text
    assert "<script>alert" not in again
    assert "<img src=x" not in again


def test_a_form_is_sent_so_often_from_one_address(crm: Site, visitor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WEB_FORM", replace(limits.WEB_FORM, count=3, seconds=86_400))
    answers = [send(visitor, crm, email=f"e{number}@x.example") for number in range(5)]
    assert [one.status_code for one in answers] == [303] * 3 + [429] * 2
    assert "Retry-After" in answers[-1].headers


def test_a_form_is_opened_so_often_from_one_address(visitor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WEB_FORM_PAGE", replace(limits.WEB_FORM_PAGE, count=4, block=2, seconds=86_400))
    answers = [visitor.client.get("/f/lead_enquiry") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 4 + [429] * 2


def test_nothing_tells_that_a_record_exists(crm: Site, visitor: Person) -> None:
    first, second = send(visitor, crm), send(visitor, crm)
    assert (first.status_code, first.headers["Location"], first.data) == (
        second.status_code,
        second.headers["Location"],
        second.data,
    )
    assert "Set-Cookie" not in second.headers
    assert len(leads(crm)) == 1


def test_a_form_is_framed_by_its_sites_alone(
    crm: Site, visitor: Person, make_site: MakeSite, database_url: str
) -> None:
    plain = visitor.client.get("/f/lead_enquiry").headers
    assert "frame-ancestors 'none'" in plain["Content-Security-Policy"]
    assert plain["X-Frame-Options"] == "DENY"


@pytest.fixture
def shop(make_site: MakeSite, database_url: str) -> Site:
    return make_site(SHOP, database_url)


def post(site: Site, /, files: dict[str, Any] | None = None, **values: str) -> Any:
    token = opened(site, "order_form")
    client = create_app(site).test_client()
    given = {"name": "Eva", "_token": token, "_proof": proof(site, token), **values, **(files or {})}
    return client.post("/f/order_form?lang=en", data=given, content_type="multipart/form-data")


def proof(site: Site, token: str) -> str:
    """Return what a browser finds out."""
    found = tokens.opened(site, "order_form", token, datetime.now(UTC))
    assert found is not None
    return next(str(number) for number in range(10**6) if is_proof(found.nonce, str(number)))


def test_frames_proofs_and_unique_values(shop: Site) -> None:
    client = create_app(shop).test_client()
    for answer in (client.get("/f/order_form"), client.post("/f/order_form"), client.get("/f/order_form/thanks")):
        assert "frame-ancestors https://shop.example;" in f"{answer.headers['Content-Security-Policy']};"
        assert "X-Frame-Options" not in answer.headers
    assert post(shop, email="a@b.example").headers["Location"] == "/f/order_form/thanks"
    assert post(shop, email="a@b.example").status_code == 303  # there is one: it waits, and nobody is told
    assert post(shop, _proof="1").status_code == 303
    assert [(row["state"], row["reasons"]) for row in kept(shop)] == [
        ("taken", []),
        ("held", ["duplicate"]),
        ("held", ["proof"]),
    ]


def test_files_of_people_outside_obey_their_field(shop: Site) -> None:
    evil = {"paper": (io.BytesIO(b"<script>alert(1)</script>"), "a.pdf")}
    large = {"paper": (io.BytesIO(b"%PDF-1.4\n" + b"x" * (1 << 20)), "a.pdf")}
    assert post(shop, evil).status_code == 422
    assert post(shop, large).status_code == 422
    assert kept(shop) == []
    good = {"paper": (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "../../a.pdf")}
    assert post(shop, good).status_code == 303
    with shop.reading() as connection:
        names = connection.execute(select(file.c.name, file.c.state).where(file.c.state == "attached")).all()
        assert [tuple(one) for one in names] == [("a.pdf", "attached")]
        uploaded = connection.execute(select(file.c.id).where(file.c.state == "attached")).scalar_one()
    # Naming somebody's file instead of sending one gives nothing.
    assert post(shop, paper=str(uploaded)).status_code == 303
    assert kept(shop)[-1]["state"] == "taken"
    with shop.reading() as connection:
        rows = fetch(connection, shop.release, Actor.system(), Query("order", ("paper",))).rows
    assert sorted(bool(row["paper"]) for row in rows) == [False, True]


def test_what_was_held_is_forgotten_with_its_files(shop: Site) -> None:
    good = {"paper": (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "a.pdf")}
    assert post(shop, good, _proof="").status_code == 303
    with shop.reading() as connection:
        assert connection.execute(select(file.c.state)).scalars().all() == ["held"]
    running: Any = SimpleNamespace(site=shop)
    assert storage.forget(running) == 0
    with shop.writing() as connection:
        connection.execute(submission.update().values(created_at=datetime.now(UTC) - timedelta(days=31)))
    assert storage.forget(running) == 1
    with shop.reading() as connection:
        assert connection.execute(select(file.c.state)).scalars().all() == ["released"]


def test_a_held_file_goes_with_what_is_accepted(shop: Site) -> None:
    good = {"paper": (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "a.pdf")}
    post(shop, good, _proof="")
    (row,) = kept(shop)
    form = shop.release.catalog.get("web_form", "order_form")
    made = submitting.accept(shop, form, row["id"], None, datetime.now(UTC))
    with shop.reading() as connection:
        assert [tuple(one) for one in connection.execute(select(file.c.state, file.c.record_id))] == [
            ("attached", made)
        ]


def test_a_field_that_rules_hide_is_not_written(shop: Site) -> None:
    answer = post(shop, note="hidden")
    assert answer.status_code in (303, 422)
    assert post(shop, name="long", note="seen").status_code == 303
    script = create_app(shop).test_client().get("/f/order_form/rules/x.js")
    assert '"note"' in script.text
    assert "server: []" in script.text


EVERYTHING = """
kind: object
name: thing
fields:
  name: {type: text, required: true}
  count: {type: integer}
  size: {type: decimal, scale: 2}
  share: {type: percent}
  price: {type: money, currency: CNY}
  day: {type: date}
  at: {type: datetime}
  clock: {type: time}
  long: {type: duration}
  yes: {type: boolean}
  pick: {type: choice, choices: [a, b]}
  picks: {type: multi_choice, choices: [a, b, c]}
  stars: {type: rating}
  tone: {type: color}
  mail: {type: email}
  phone: {type: phone}
  site: {type: url}
  person: {type: person_name}
  home: {type: address}
  place: {type: geolocation}
  city: {type: region, level: city}
rules:
  small: {check: count == null or count < 100, message: That is many., level: warning}
---
kind: web_form
name: everything
object: thing
fields: {name: {}, count: {}, size: {}, share: {}, price: {}, day: {}, at: {}, clock: {}, long: {}, yes: {}, pick: {},
  picks: {}, stars: {}, tone: {}, mail: {}, phone: {}, site: {}, person: {}, home: {}, place: {}, city: {}}
"""
TYPED = {
    "name": "Lamp", "count": "12", "size": "1,234.50", "share": "12.5", "price": "1,234.50", "day": "2026-03-02",
    "at": "2026-03-02 09:30", "clock": "09:30", "long": "1h 30m", "yes": "true", "yes.given": "1", "pick": "b",
    "picks": ["a", "c"], "picks.given": "1", "stars": "4", "tone": "#00ff00", "mail": "a@b.example",
    "phone": "13912345678", "site": "https://b.example", "person.family": "王", "person.given": "小明",
    "home.country": "CN", "home.city": "深圳市", "home.street": "1 Road", "place.lat": "22.5", "place.lon": "114.1",
    "city": "440300",
}  # fmt: skip


def test_every_type_comes_out_of_a_held_form_as_it_does_of_one_that_was_not(
    make_site: MakeSite, database_url: str
) -> None:
    site = make_site(EVERYTHING, database_url)
    client = create_app(site).test_client()
    for seconds in (60, 0):
        given = {**TYPED, "_token": opened(site, "everything", seconds)}
        assert client.post("/f/everything?lang=en", data=given).status_code == 303
    form = site.release.catalog.get("web_form", "everything")
    held = next(row for row in kept(site) if row["state"] == "held")
    submitting.accept(site, form, held["id"], None, datetime.now(UTC))
    with site.reading() as connection:
        rows = fetch(connection, site.release, Actor.system(), Query("thing", form.names)).rows
    first, second = ({name: row[name] for name in form.names} for row in rows)
    assert first == second
    assert {name for name, value in first.items() if value is None} == set()
    assert (str(first["size"]), first["picks"], str(first["day"])) == ("1234.50", ("a", "c"), "2026-03-02")


def test_a_warning_is_shown_once_and_then_accepted(make_site: MakeSite, database_url: str) -> None:
    site = make_site(EVERYTHING, database_url)
    client = create_app(site).test_client()
    for seconds, state in ((60, "taken"), (0, "held")):
        given = {"name": "Lamps", "count": "500", "_token": opened(site, "everything", seconds)}
        asked = client.post("/f/everything?lang=en", data=given)
        assert asked.status_code == 422
        assert "That is many." in asked.text
        assert client.post("/f/everything?lang=en", data={**given, "_confirm": "1"}).status_code == 303
        assert kept(site)[-1]["state"] == state


def test_who_is_erased_is_gone_from_what_waits(crm: Site, visitor: Person) -> None:
    send(visitor, crm)
    send(visitor, crm)  # waits: it resembles the first
    send(visitor, crm, email="other@polar.example", organization="Another", seconds=0)
    (lead,) = leads(crm)
    erase(crm, Actor.system(), "lead", lead["id"])
    assert [(row["state"], row["values"]["email"]) for row in kept(crm)] == [("held", "other@polar.example")]


CLERK = """
---
kind: role
name: clerk
objects:
  order: {create: true, import: true, read: all, fields: {note: hidden, email: masked}}
"""


def test_the_queue_shows_what_its_reader_may_see_of_the_record(make_site: MakeSite, database_url: str) -> None:
    site = make_site(SHOP + CLERK, database_url)
    assert post(site, name="long", note="not for clerks", email="eva@polar.example", _proof="").status_code == 303
    form = site.release.catalog.get("web_form", "order_form")
    clerk = Actor(ActorKind.USER, uuid7(), frozenset({"clerk"}))
    with create_app(site).test_request_context():
        for actor, told in ((Actor.system(), "eva@polar.example"), (clerk, "e****@polar.example")):
            g.visit = Visit(site, site.release, actor)
            (line,) = lines_of(g.visit, form, kept(site))  # type: ignore[arg-type]  # rows as the table has them
            texts = [text for _label, text in line.values]
            assert [text for text in texts if "@" in text] == [told]
            assert ("not for clerks" in texts) == (actor is not clerk)
