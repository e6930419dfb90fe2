"""The record's timeline, the box that writes to it, mentions, followers, and values changed on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from formline.runtime import following
from formline.runtime.keys import uuid7
from formline.runtime.tables import notification
from formline.runtime.worker import Worker, consumers_of
from formline.web.auth import accounts
from tests.web.conftest import token_of
from tests.web.test_notifications import a_customer

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.web.conftest import Person

SignIn = Callable[[str], "Person"]


def user_of(crm: Site, login: str) -> UUID:
    """Return the id of a person."""
    with crm.reading() as connection:
        account = accounts.find(connection, crm.release, login)
    assert account is not None
    return account.user_id


def notices(crm: Site, login: str, kind: str) -> list[UUID | None]:
    """Return the records that a person was told of."""
    mine = (notification.c.user_id == user_of(crm, login)) & (notification.c.kind == kind)
    with crm.reading() as connection:
        return list(connection.execute(select(notification.c.record_id).where(mine)).scalars())


def deliver(worker: Worker) -> None:
    """Let a worker hand out what happened."""
    while worker.step():
        pass


def write(person: Person, address: str, text: str, **more: str) -> int:
    """Write a follow-up as the box does, and return the status."""
    page = person.get(address).text
    headers = {"HX-Request": "true", **({"Idempotency-Key": more.pop("key")} if "key" in more else {})}
    data = {"csrf_token": token_of(page), "summary": text, "method": "call", **more}
    return person.client.post(f"{address}/activities", data=data, headers=headers).status_code


def test_a_follow_up_stands_on_the_timeline_once(crm: Site, sign_in: SignIn) -> None:
    """Sent twice with one key it is written once; the kinds of the timeline narrow it."""
    key, _name = a_customer(crm, "wang")
    wang, address = sign_in("wang"), f"/o/customer/{key}"
    for _ in range(2):
        assert write(wang, address, "We agreed on the price", key="one") == 204
    assert wang.get(address).text.count("We agreed on the price") == 1
    for kind, there in (("activities", True), ("changes", False), ("transitions", False), ("nonsense", True)):
        assert ("We agreed" in wang.get(f"{address}/timeline?kind={kind}").text) == there, kind
    assert write(wang, address, "") == 422


def test_the_timeline_goes_on_page_by_page(crm: Site, sign_in: SignIn) -> None:
    """Every entry once, newest first, changes and follow-ups mixed."""
    key, _name = a_customer(crm, "wang")
    wang, address = sign_in("wang"), f"/o/customer/{key}"
    for number in range(20):
        assert write(wang, address, f"note-{number:02d}") == 204
    wang.submit(f"{address}/edit", {"region": "Everywhere"})
    text, pages = wang.get(f"{address}/timeline").text, []
    for _ in range(10):
        pages.append(text)
        more = re.search(r'hx-get="([^"]+before=[^"]+)"', text)
        if more is None:
            break
        text = wang.get(more[1].replace("&amp;", "&")).text
    told = re.findall(r"note-\d\d", "".join(pages))
    assert told[: len(told)] == sorted(told, reverse=True)
    assert len(told) == len(set(told)) == 20
    assert "".join(pages).count("Everywhere") == 1


def test_who_is_mentioned_must_be_able_to_read(crm: Site, sign_in: SignIn) -> None:
    """The superior is told in the follow-up's transaction; a colleague elsewhere is refused, and nothing is written."""
    key, _name = a_customer(crm, "wang")
    wang, address = sign_in("wang"), f"/o/customer/{key}"
    assert write(wang, address, "Not for wu", mention=str(user_of(crm, "wu"))) == 422
    assert "Not for wu" not in wang.get(address).text
    assert notices(crm, "wu", "mentioned") == []
    assert write(wang, address, "Please look", mention=str(user_of(crm, "zhao"))) == 204
    assert notices(crm, "zhao", "mentioned") == [key]
    with crm.reading() as connection:
        people = crm.release.model("user")
        found = connection.execute(select(people.column("login"), people.column("name")))
        names = {row[0]: row[1] for row in found}
    for login, there in (("zhao", True), ("wu", False), ("wang", False)):
        offered = wang.get(f"{address}/people", query_string={"q": names[login]}).get_json()
        assert (str(user_of(crm, login)) in {one["id"] for one in offered}) == there, login


def test_followers_hear_of_what_they_may_read(crm: Site, sign_in: SignIn) -> None:
    """Of changes and of new children, once until they read it; nobody of their own doing."""
    key, _name = a_customer(crm, "wang")
    wang, zhao, address = sign_in("wang"), sign_in("zhao"), f"/o/customer/{key}"
    worker = Worker(crm, [one for one in consumers_of(crm) if one.name == "followers"])
    for person in (wang, zhao):
        assert person.post(f"{address}/follow", {}, person.get(address).text).status_code == 303
    with crm.writing() as connection:  # from the time when it was shared with wu
        object_id = crm.release.physical["customer"].id
        following.follow(connection, object_id, key, user_of(crm, "wu"), datetime.now(UTC))
    deliver(worker)
    wang.submit(f"{address}/edit", {"region": "Moved"})
    assert write(wang, address, "And called") == 204
    deliver(worker)
    assert notices(crm, "zhao", "followed") == [key]
    assert notices(crm, "wang", "followed") == []
    assert notices(crm, "wu", "followed") == []
    zhao.post(f"{address}/follow", {"off": "1"}, zhao.get(address).text)
    assert 'aria-pressed="true">' not in zhao.get(address).text.partition('id="follow"')[2][:600]


def test_what_is_out_of_reach_has_no_timeline(crm: Site, sign_in: SignIn) -> None:
    """Neither reading, writing, mentioning nor following tells whether there is such a record."""
    key, _name = a_customer(crm, "wang")
    wu = sign_in("wu")
    page = wu.get("/o/customer").text
    for record_id in (key, uuid7()):
        address = f"/o/customer/{record_id}"
        assert wu.get(f"{address}/timeline").status_code == 404
        assert wu.get(f"{address}/people").status_code == 404
        assert wu.post(f"{address}/activities", {"summary": "x"}, page).status_code == 404
        assert wu.post(f"{address}/follow", {}, page).status_code == 404
