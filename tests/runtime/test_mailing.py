"""Mail: sent by a job after the commit, through the operator's server or into a folder; its words are sealed."""

from __future__ import annotations

import dataclasses
import email
import email.policy
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from formline.runtime import bounces, jobs, mailing
from formline.runtime.keys import uuid7
from formline.runtime.site import Site
from formline.runtime.tables import job
from tests.fixtures.sites import MakeSite
from tests.fixtures.smtp import MailServer

OBJECT = "kind: object\nname: thing\nfields: {name: {type: text}}"


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    return make_site([OBJECT], database_url)


def run_all(site: Site) -> list[jobs.Job]:
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder := uuid7(), datetime.now(UTC), 10)
    for each in claimed:
        jobs.run(site, each, holder)
    with site.reading() as connection:
        return [found for each in claimed if (found := jobs.get(connection, each.id)) is not None]


def test_without_a_server_mails_are_files(site: Site) -> None:
    with site.writing() as connection:
        mailing.send(site, connection, "li@example.com", "重置密码", "A secret link", html="<p>A secret link</p>")
    with site.reading() as connection:
        assert "secret" not in str(connection.execute(select(job.c.args)).scalars().all())
    (done,) = run_all(site)
    assert done.state == "done"
    (file,) = (site.settings.data_dir / mailing.FOLDER).iterdir()
    message: Any = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("li@example.com", "重置密码")
    assert message["Message-ID"] == f"<{done.id}@127.0.0.1>"
    assert message.get_body(("plain",)).get_content() == "A secret link\n"
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("to", "subject"), [("a@b.c\r\nBcc: x@y.z", "s"), ("a@b.c", "s\nBcc: x@y.z"), ("nobody", "s")])
def test_headers_are_not_forged(site: Site, to: str, subject: str) -> None:
    with site.writing() as connection, pytest.raises(mailing.MailError):
        mailing.send(site, connection, to, subject, "text")


@pytest.mark.parametrize(("to", "state"), [("li@example.com", "done"), ("nobody@example.com", "failed")])
def test_mails_go_through_the_operators_server(site: Site, smtp: MailServer, to: str, state: str) -> None:
    smtp.serve(site)
    with site.writing() as connection:
        mailing.send(site, connection, to, "Hello", "Text")
    (ended,) = run_all(site)
    assert ended.state == state
    assert ["From: crm@example.com" in text for text in smtp.received] == [True] * (state == "done")
    with site.reading() as connection:
        assert bounces.marked(connection, site.keys, [to]) == ({to} if state == "failed" else set())


def test_what_a_server_refuses_for_now_is_tried_again(site: Site, smtp: MailServer) -> None:
    smtp.serve(site)
    smtp.busy = True
    with site.writing() as connection:
        mailing.send(site, connection, "li@example.com", "Hello", "Text")
    (waiting,) = run_all(site)
    assert (waiting.state, smtp.received) == ("waiting", [])
    with site.reading() as connection:
        assert bounces.marked(connection, site.keys, ["li@example.com"]) == set()


REPORT = """From: MAILER-DAEMON@mx.example.com
Content-Type: multipart/report; report-type=delivery-status; boundary=x
MIME-Version: 1.0

--x
Content-Type: text/plain

It failed.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; Li@Example.com
Action: {action}
Status: {status}

--x
Content-Type: text/rfc822-headers

Message-ID: <{identity}@127.0.0.1>
To: li@example.com

--x--
"""


@pytest.mark.parametrize(
    ("action", "status", "known", "marked"),
    [
        ("failed", "5.1.1", True, 1),
        ("delayed", "4.4.1", True, 0),
        ("failed", "4.2.2", True, 0),
        ("failed", "5.1.1", False, 0),  # anybody can write a report
    ],
)
def test_a_report_marks_the_address(site: Site, action: str, status: str, known: bool, marked: int) -> None:
    with site.writing() as connection:
        sent = mailing.send(site, connection, "li@example.com", "Hello", "Text")
    raw = REPORT.format(action=action, status=status, identity=sent if known else uuid7()).encode()
    now = datetime.now(UTC)
    assert bounces.report(site, raw, now) == marked
    assert bounces.report(site, raw, now) == marked  # twice is once
    with site.writing() as connection:
        assert len(bounces.marked(connection, site.keys, ["LI@example.com", "wu@example.com"])) == marked
        bounces.clear(connection, site.keys, "li@EXAMPLE.com")
        assert bounces.marked(connection, site.keys, ["li@example.com"]) == set()


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"Content-Type: message/delivery-status\n\n", b"x" * 3_000_000])
def test_nonsense_marks_nothing(site: Site, raw: bytes) -> None:
    assert bounces.report(site, raw, datetime.now(UTC)) == 0


def test_a_server_that_is_away_is_tried_again(site: Site) -> None:
    site.settings = dataclasses.replace(site.settings, smtp_host="127.0.0.1", smtp_port=1, smtp_security="none")
    with site.writing() as connection:
        mailing.send(site, connection, "li@example.com", "Hello", "Text")
    (waiting,) = run_all(site)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
