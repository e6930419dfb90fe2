"""Mails become records once: whatever program wrote them, however they arrive, and nothing goes round in a circle."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.tables import file, submission
from formline.runtime.web_forms import mails, receiving, storage, submitting
from tests.fixtures.sites import MakeSite

DESK = """
kind: object
name: ticket
title: subject
fields:
  number:  {type: auto_number, pattern: "T-{n:5}"}
  subject: {type: text, required: true, max_length: 60}
  body:    {type: long_text}
  email:   {type: email}
  person:  {type: text}
  channel: {type: choice, choices: [web, mail]}
---
kind: object
name: answer
title: subject
default_access: controlled_by_parent
fields:
  ticket:  {type: parent, to: ticket, reverse: answers, required: true}
  subject: {type: text, required: true}
  body:    {type: long_text}
  sender:  {type: email}
---
kind: web_form
name: report
object: ticket
fields: {subject: {}, body: {}, email: {}}
set: {channel: web}
mail:
  subject: subject
  text: body
  address: email
  person: person
  number: number
  set: {channel: mail}
  replies: {object: answer, link: ticket, subject: subject, text: body, address: sender}
"""
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    return make_site(DESK, database_url)


def mail(subject: str = "It beeps", text: str = "All day.", /, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.pop("sender", "Eva Lind <Eva@Polar.example>")
    message["To"] = "help@factory.example"
    message["Subject"] = subject
    message["Message-ID"] = headers.pop("identity", "<first@polar.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def take(site: Site, message: EmailMessage | bytes) -> receiving.Received:
    return receiving.receive(site, "report", message if isinstance(message, bytes) else bytes(message), NOW)


def rows(site: Site, name: str, *fields: str) -> list[dict[str, Any]]:
    with site.reading() as connection:
        return fetch(connection, site.release, Actor.system(), Query(name, ("id", *fields), limit=50)).rows


def test_a_mail_becomes_a_record_once(site: Site) -> None:
    first = take(site, mail())
    (row,) = rows(site, "ticket", "subject", "body", "email", "person", "channel", "number")
    assert (row["id"], row["subject"], row["body"]) == (first.record, "It beeps", "All day.")
    assert (row["email"], row["person"], row["channel"]) == ("eva@polar.example", "Eva Lind", "mail")
    assert take(site, mail()).refused == "it came before"
    assert len(rows(site, "ticket")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example>"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@polar.example"},
        {"sender": "formline@localhost"},
        {"sender": ""},
    ],
)
def test_what_no_person_wrote_becomes_nothing(site: Site, headers: dict[str, str]) -> None:
    assert take(site, mail(**headers)).refused
    assert rows(site, "ticket") == []


def test_an_answer_goes_to_what_it_answers(site: Site) -> None:
    ticket = take(site, mail()).record
    (row,) = rows(site, "ticket", "number")
    by_reference = take(site, mail("Re: It beeps", "Still.", identity="<2@x>", In_Reply_To="<first@polar.example>"))
    by_number = take(site, mail(f"AW: [{row['number']}] It beeps", "And now?", identity="<3@x>"))
    chained = take(site, mail("Re: Re:", "Hello?", identity="<4@x>", References="<unknown@x> <2@x>"))
    assert {one.answers for one in (by_reference, by_number, chained)} == {ticket}
    told = rows(site, "answer", "body", "ticket", "sender")
    assert {(one["body"], one["ticket"], one["sender"]) for one in told} == {
        (text, ticket, "eva@polar.example") for text in ("Still.", "And now?", "Hello?")
    }
    assert len(rows(site, "ticket")) == 1


def test_a_number_is_believed_only_of_who_wrote_first(site: Site) -> None:
    take(site, mail())
    (row,) = rows(site, "ticket", "number")
    other = take(site, mail(f"{row['number']}", "Tell me more", identity="<5@y>", sender="mallory@evil.example"))
    assert other.answers is None
    assert rows(site, "answer") == []
    assert len(rows(site, "ticket")) == 2


def test_files_are_attached_and_those_not_taken_are_named(site: Site) -> None:
    message = mail("With files")
    message.add_attachment(b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename="报价.pdf")
    message.add_attachment(b"<script>alert(1)</script>", maintype="text", subtype="html", filename="evil.html")
    made = take(site, message).record
    (row,) = rows(site, "ticket", "body")
    assert "[evil.html]" in row["body"]
    with site.reading() as connection:
        kept = connection.execute(select(file.c.name, file.c.state).where(file.c.record_id == made)).all()
    assert [tuple(one) for one in kept] == [("报价.pdf", "attached")]


def test_spam_waits_with_its_files_until_somebody_decides(site: Site) -> None:
    message = mail("Cheap", "http://a.example http://b.example http://c.example", X_Spam_Flag="YES")
    message.add_attachment(b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename="a.pdf")
    assert take(site, message).held
    assert rows(site, "ticket") == []
    with site.reading() as connection:
        (held,) = storage.held(connection, "report", limit=5)
        assert connection.execute(select(file.c.state)).scalars().all() == ["held"]
    assert held["reasons"] == ["links", "spam"]
    form = site.release.catalog.get("web_form", "report")
    made = submitting.accept(site, form, held["id"], None, NOW)
    with site.reading() as connection:
        kept = connection.execute(select(file.c.state, file.c.record_id)).all()
    assert [tuple(one) for one in kept] == [("attached", made)]


def test_more_mails_than_usual_wait(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_AN_HOUR", 2)
    found = [take(site, mail(identity=f"<{number}@flood>")).held for number in range(4)]
    assert found == [False, False, True, True]


def test_too_large_mails_and_unknown_forms_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_BYTES", 100)
    with pytest.raises(receiving.MailRefusedError):
        take(site, mail())
    with pytest.raises(receiving.NotFoundError):
        receiving.receive(site, "nothing", b"", NOW)


READ = [
    (b"Content-Type: text/plain; charset=gb2312\n\n" + "镕基兄：请回电。".encode("gb18030"), "镕基兄：请回电。"),
    (b"Content-Type: text/plain; charset=gb18030\n\n" + "𠀀你好".encode("gb18030"), "𠀀你好"),
    (b"Content-Type: text/plain; charset=nonsense\n\n" + "grüß".encode(), "grüß"),
    (b"\n\xff\xfe\x80", ""),
    (b"Content-Type: text/html\n\n<style>p{}</style><p>One</p><p>Two &amp; <b>three</b></p>", "One\n\nTwo & three"),
    (b"Content-Type: text/html\n\n<script>alert(1)</script><img src=x onerror=alert(1)>Hello", "Hello"),
    (b"Content-Type: text/plain\n\na\x00b\x1b[31mc", "ab[31mc"),
]


@pytest.mark.parametrize(("raw", "text"), READ)
def test_text_is_read_whatever_wrote_it(raw: bytes, text: str) -> None:
    found = mails.read(b"From: a@b.example\n" + raw).text
    assert found == text or (not text and found.isprintable())


def test_headers_are_read_whatever_wrote_them() -> None:
    coded = "=?gb2312?B?" + base64.b64encode("询价单".encode("gb18030")).decode() + "?="
    raw = f"From: =?utf-8?q?J=C3=B6rg?= <j@x.example>\nSubject: {coded}\n\n".encode()
    found = mails.read(raw)
    assert (found.person, found.address, found.subject) == ("Jörg", "j@x.example", "询价单")
    bare = "Subject: 裸字节\nFrom: a@b.example\n\n".encode("gb18030")
    assert mails.read(bare).subject == "裸字节"
    assert mails.read(b"").address == ""
    assert mails.read(b"\x00\xff" * 500).address == ""
    assert mails.read(b"Subject: x\n\n").identity == mails.read(b"Subject: x\n\n").identity


def test_what_is_remembered_of_mails_is_a_hash(site: Site) -> None:
    take(site, mail())
    with site.reading() as connection:
        (row,) = connection.execute(select(submission)).mappings()
        assert connection.execute(select(func.count()).select_from(submission)).scalar_one() == 1
    assert "polar" not in str({key: value for key, value in row.items() if not isinstance(value, UUID)})


def test_names_of_files_not_taken_make_the_text_no_longer_than_its_field(site: Site) -> None:
    message = mail("Many files", "x" * 30_000)
    for number in range(60):
        message.add_attachment(b"MZ", maintype="application", subtype="x-msdownload", filename=f"{number}{'n' * 200}")
    taken = receiving.receive(site, "report", message.as_bytes(), NOW)
    assert taken.record is not None
    with site.reading() as connection:
        (row,) = fetch(connection, site.release, Actor.system(), Query("ticket", ("body",))).rows
    assert row["body"].endswith(", …]")
