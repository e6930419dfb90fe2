"""Notices by mail: as each person chose, in their language, once, only to who may still read what they tell of."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from formline.runtime import bounces, jobs, mail_rhythm, notifications
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.notifications import Notice, notify
from formline.runtime.site import Site
from formline.runtime.tables import account
from formline.runtime.unit import Change, run_unit
from formline.web import one_click
from formline.web.notifications import mails
from tests.fixtures.smtp import MailServer
from tests.web.conftest import Person

SignIn = Callable[[str], Person]
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SOON = NOW + mail_rhythm.PATIENCE


@pytest.fixture
def site(crm: Site, smtp: MailServer) -> Site:
    """Return the CRM, sending its mails to a server that keeps them; nobody has notices yet."""
    smtp.serve(crm)
    with crm.writing() as connection:
        connection.execute(update(notifications.notification).values(mail_at=None))
    return crm


def person(site: Site, login: str, **values: Any) -> UUID:
    """Return a person, changed as wanted."""
    model = site.release.model("user")
    with site.reading() as connection:
        key: UUID = connection.execute(select(model.id).where(model.column("login") == login)).scalar_one()
    given = {"language": "en", "email": f"{login}@example.com", **values}
    run_unit(site, Actor.system(), lambda unit: unit.update("user", [Change(key, given)]), source="system")
    return key


def prefers(site: Site, key: UUID, **values: Any) -> None:
    with site.writing() as connection:
        connection.execute(update(account).where(account.c.user_id == key).values(preferences=values))


def customer(site: Site, owner: UUID, name: str = "Lotus Trading") -> UUID:
    def work(unit: Any) -> UUID:
        key: UUID = unit.create("customer", [{"name": name, "owner": owner}])[0]
        return key

    key: UUID = run_unit(site, Actor.system(), work, source="system")
    with site.writing() as connection:
        connection.execute(update(notifications.notification).values(mail_at=None))
    return key


def tell(site: Site, *notices: Notice, at: datetime = NOW) -> None:
    with site.writing() as connection:
        notify(connection, notices, actor_id=None, now=at)


def about(site: Site, user: UUID, record: UUID, kind: str = "mentioned") -> Notice:
    return Notice(kind, [user], object_id=site.release.physical["customer"].id, record_id=record)


def deliver(site: Site, now: datetime = SOON) -> int:
    """Do what a worker does at a moment: enqueue mails, then send them."""
    count = mails.send_due(site, now)
    holder = uuid7()
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder, datetime.now(UTC), 100)
    for each in claimed:
        jobs.run(site, each, holder)
    return count


def test_one_mail_for_one_notice_in_the_readers_language(site: Site, smtp: MailServer) -> None:
    wang, wu = person(site, "wang"), person(site, "wu", language="zh_TW")
    record = customer(site, wang)
    run_unit(site, Actor.system(), lambda unit: unit.update("customer", [Change(record, {"owner": wang})]))
    tell(site, about(site, wang, record), Notice("hello", [wu], title="Everybody meets at five", body="In the hall"))
    assert deliver(site, NOW) == 0  # it waits for two minutes, in case they read it
    assert deliver(site) == 2
    assert deliver(site) == 0
    first, second = sorted(smtp.messages, key=lambda each: each["To"])
    assert (first["To"], first["Subject"]) == ("wang@example.com", "You are mentioned at Lotus Trading")
    assert f"/o/customer/{record}" in first.get_content()
    assert second["Subject"] == "Everybody meets at five"
    assert "In the hall" in second.get_content()
    assert "Which mails you get" in first.get_content()
    assert "Which mails you get" not in second.get_content()


def test_a_notification_of_the_definitions_speaks_the_readers_language(
    site: Site, smtp: MailServer, sign_in: SignIn
) -> None:
    wang, wu = person(site, "wang"), person(site, "wu", language="zh_CN")
    name = sorted(site.release.catalog.names("notification"))[0]
    label = str(site.release.catalog.source("notification", name).data["label"])
    tell(site, Notice(f"custom_{name}", [wang, wu], values={"notification": name}))
    assert deliver(site) == 2
    english, chinese = sorted(smtp.messages, key=lambda each: each["To"])
    assert english["Subject"] == label
    assert chinese["Subject"] == site.release.catalog.translate("zh_CN", "notification", name, ("label",), label)
    assert chinese["Subject"] != label
    assert label in sign_in("wang").get("/notifications").text


def test_what_was_read_meanwhile_is_not_sent(site: Site, smtp: MailServer) -> None:
    wang = person(site, "wang")
    tell(site, Notice("hello", [wang], title="Read"), Notice("hello", [wang], title="Unread"))
    with site.writing() as connection:
        newest = notifications.newest(connection, wang, 2)
        read = next(row["id"] for row in newest if row["title"] == "Read")
        notifications.mark_read(connection, wang, NOW, read)
    assert deliver(site) == 1
    assert [each["Subject"] for each in smtp.messages] == ["Unread"]


def test_many_together(site: Site, smtp: MailServer) -> None:
    wang = person(site, "wang")
    prefers(site, wang, mail_rhythm="daily", mail_zone="Asia/Shanghai")
    tell(site, *(Notice("hello", [wang], title=f"Number {number}") for number in range(3)))
    assert deliver(site, NOW + timedelta(hours=20)) == 0
    assert deliver(site, NOW + timedelta(days=1)) == 1
    (mail,) = smtp.messages
    assert mail["Subject"] == "3 notifications"
    assert [f"Number {number}" in mail.get_content() for number in range(3)] == [True] * 3


@pytest.mark.parametrize(
    "chosen",
    [{"mail_rhythm": "never"}, {"unmailed_notices": ["hello"]}, {"muted_notices": ["hello"]}],
    ids=lambda chosen: next(iter(chosen)),
)
def test_nobody_gets_what_they_do_not_want(site: Site, smtp: MailServer, chosen: dict[str, Any]) -> None:
    wang = person(site, "wang")
    prefers(site, wang, **chosen)
    tell(site, Notice("hello", [wang], title="No"))
    assert deliver(site, NOW + timedelta(days=2)) == 0
    assert smtp.received == []


def test_rights_are_asked_when_it_is_sent(site: Site, smtp: MailServer) -> None:
    """Between the notice and the mail a record may have moved out of reach."""
    wang, wu = person(site, "wang"), person(site, "wu")
    record = customer(site, wang, "Secret plans")
    tell(site, about(site, wang, record))
    run_unit(site, Actor.system(), lambda unit: unit.update("customer", [Change(record, {"owner": wu})]))
    with site.writing() as connection:
        mine = notifications.notification.c.user_id == wu
        connection.execute(update(notifications.notification).where(mine).values(mail_at=None))
    assert deliver(site) == 0
    assert smtp.received == []


def test_no_mail_to_an_address_that_bounced_until_it_changes(site: Site, smtp: MailServer, sign_in: SignIn) -> None:
    wang = person(site, "wang", email="nobody@example.com")
    tell(site, Notice("hello", [wang], title="First"))
    assert deliver(site) == 1  # the server refuses it
    with site.reading() as connection:
        assert bounces.marked(connection, site.keys, ["nobody@example.com"])
    tell(site, Notice("hello", [wang], title="Second"))
    assert deliver(site) == 0
    me = sign_in("wang")
    page = me.get("/profile").text
    assert "nobody@example.com" in page
    assert 'name="again"' in page
    assert me.post("/profile/mails", {"rhythm": "each", "again": "1"}, page).status_code == 303
    assert 'name="again"' not in me.get("/profile").text
    person(site, "wang", email="wang2@example.com")
    tell(site, Notice("hello", [wang], title="Third"))
    assert deliver(site) == 1
    assert [each["To"] for each in smtp.messages] == ["wang2@example.com"]


def test_people_without_address_or_account_get_none(site: Site, smtp: MailServer) -> None:
    wang, wu = person(site, "wang", email=None), person(site, "wu")
    tell(site, Notice("hello", [wang, wu], title="Gone"))
    run_unit(site, Actor.system(), lambda unit: unit.update("user", [Change(wu, {"active": False})]), source="system")
    assert deliver(site) == 0
    assert smtp.received == []


def test_a_worker_killed_in_between_sends_each_once(site: Site, smtp: MailServer) -> None:
    """The mail is enqueued in the transaction that marks the notice."""
    wang = person(site, "wang")
    tell(site, Notice("hello", [wang], title="One"), Notice("hello", [wang], title="Two"))

    class Killed(BaseException):
        pass

    real = mails.mailing.send
    calls: list[str] = []

    def killed(*arguments: Any, **named: Any) -> Any:
        calls.append("")
        if len(calls) == 2:
            raise Killed
        return real(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mails.mailing, "send", killed)
        with pytest.raises(Killed):
            mails.send_due(site, SOON)
    assert deliver(site) == 2
    assert sorted(each["Subject"] for each in smtp.messages) == ["One", "Two"]


def test_one_click_ends_the_mails_and_a_get_does_not(site: Site, smtp: MailServer, visitor: Person) -> None:
    wang = person(site, "wang")
    tell(site, Notice("hello", [wang], title="One"))
    deliver(site)
    (mail,) = smtp.messages
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<http://127\.0\.0\.1:8000(/unsubscribe/[\w.-]+)>", mail["List-Unsubscribe"])
    assert link is not None
    assert "http://127.0.0.1:8000" + link[1] in mail.get_content()
    assert visitor.get(link[1]).status_code == 200
    tell(site, Notice("hello", [wang], title="Two"))
    assert deliver(site) == 1
    posted = visitor.client.post(link[1], data={"List-Unsubscribe": "One-Click"})
    assert posted.status_code == 200
    tell(site, Notice("hello", [wang], title="Three"))
    assert deliver(site) == 0
    forged = link[1][:-2] + ("aa" if link[1][-2:] != "aa" else "bb")
    assert visitor.client.post(forged).status_code == 404
    other = one_click.link(site, person(site, "wu")).partition("/unsubscribe/")[2]
    mixed = link[1].rpartition("/")[2].partition(".")[0] + "." + other.partition(".")[2]
    assert visitor.client.post(f"/unsubscribe/{mixed}").status_code == 404


def test_the_profile_keeps_what_was_chosen(site: Site, sign_in: SignIn) -> None:
    me = sign_in("wang")
    page = me.get("/profile").text
    assert me.post("/profile/mails", {"rhythm": "hourly"}, page).status_code == 303
    assert me.post("/profile/mails", {"rhythm": "nonsense"}, page).status_code == 303
    page = me.get("/profile").text
    assert 'value="hourly" selected' in page
    me.post("/profile/notices", {"wanted": "mentioned", "mailed": "mentioned"}, page)
    with site.reading() as connection:
        chosen = connection.execute(
            select(account.c.preferences).where(account.c.user_id == person(site, "wang"))
        ).scalar_one()
    assert "mentioned" not in chosen["unmailed_notices"]
    assert "assigned" in chosen["unmailed_notices"]
    assert chosen["mail_rhythm"] == "hourly"


@given(
    rhythm=st.sampled_from([*mail_rhythm.RHYTHMS, None, 3]),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Nowhere/At/All", ""]),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda value: value.replace(tzinfo=UTC)),
)
def test_when_a_mail_is_due(rhythm: Any, zone: str, now: datetime) -> None:
    """Never in the past, never more than the rhythm's length away; a morning is a morning where the reader is."""
    due = mail_rhythm.due({"mail_rhythm": rhythm, "mail_zone": zone}, "mentioned", now)
    longest = {"hourly": timedelta(hours=1), "daily": timedelta(hours=25)}.get(rhythm, mail_rhythm.PATIENCE)
    if rhythm == "never":
        assert due is None
    else:
        assert due is not None
        assert now < due <= now + longest
    if rhythm == "daily" and due is not None and "/" in zone and zone.startswith(("Asia", "America")):
        from zoneinfo import ZoneInfo

        assert due.astimezone(ZoneInfo(zone)).hour == 8
