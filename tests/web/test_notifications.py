"""The drawer, its rights, the bell's number, and the stream that wakes whoever is concerned."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.runtime.keys import uuid7
from formline.runtime.notifications import Notice, notify
from formline.web import live
from formline.web.auth import accounts
from formline.web.live import OPENING, Hub

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.web.conftest import Person


def tell(site: Site, login: str, object_name: str, record_id: UUID | None, **more: object) -> None:
    """Tell a person of a record."""
    with site.writing() as connection:
        account = accounts.find(connection, site.release, login)
        assert account is not None
        object_id = site.release.physical[object_name].id
        notice = Notice("assigned", [account.user_id], object_id=object_id, record_id=record_id, **more)  # type: ignore[arg-type]
        assert notify(connection, [notice], actor_id=None, now=datetime.now(UTC)) == 1


def a_customer(site: Site, login: str) -> tuple[UUID, str]:
    """Return id and name of a customer that a person owns."""
    customer = site.release.model("customer")
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
        assert account is not None
        statement = select(customer.column("id"), customer.column("name")).where(
            customer.column("owner") == account.user_id
        )
        row = connection.execute(statement).first()
    assert row is not None
    return row[0], row[1]


def test_the_drawer_and_the_bell(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """A notice leads to its record by name; reading all of them empties the bell."""
    key, name = a_customer(crm, "wang")
    wang = sign_in("wang")
    assert 'id="bell-count" hidden' in wang.get("/o/customer").text
    tell(crm, "wang", "customer", key)
    page = wang.get("/o/customer").text
    assert re.search(r'id="bell-count">1<', page)
    drawer = wang.get("/notifications/drawer", headers={"HX-Request": "true"}).text
    assert name in drawer
    assert f'href="/o/customer/{key}"' in drawer
    wang.post("/notifications/read", {}, page)
    assert 'id="bell-count" hidden' in wang.get("/notifications/count").text
    assert "data-url" not in wang.get("/notifications/drawer", headers={"HX-Request": "true"}).text


def test_what_may_no_longer_be_seen_is_not_named(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """Neither the title nor a link of a record out of reach; nor of one that is gone."""
    key, name = a_customer(crm, "wang")
    tell(crm, "wu", "customer", key)
    tell(crm, "wu", "customer", uuid7())
    text = sign_in("wu").get("/notifications").text
    assert name not in text
    assert str(key) not in text
    assert text.count('class="entry unread"') == 2


def test_a_notice_of_somebody_else_stays_unread(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """Marking asks whose it is."""
    key, _name = a_customer(crm, "wang")
    tell(crm, "wang", "customer", key)
    wang, wu = sign_in("wang"), sign_in("wu")
    found = re.search(r'data-url="([^"]+)"', wang.get("/notifications/drawer", headers={"HX-Request": "true"}).text)
    assert found is not None
    assert wu.post(found[1], {}, wu.get("/profile").text).status_code == 204
    assert re.search(r'id="bell-count">1<', wang.get("/o/customer").text)
    assert wang.post(found[1], {}, wang.get("/profile").text).status_code == 204
    assert 'id="bell-count" hidden' in wang.get("/o/customer").text


def wanted(page: str) -> int:
    """Return how many kinds of notices are ticked on the profile."""
    return len(re.findall(r'name="wanted" value="[^"]*" checked', page))


def test_what_a_person_does_not_want_is_not_told(crm: Site, sign_in: Callable[[str], Person]) -> None:
    """Unticked kinds are not written for them; what else they chose stays."""
    key, _name = a_customer(crm, "wang")
    wang = sign_in("wang")
    page = wang.get("/profile").text
    assert page.count('name="wanted"') == wanted(page) > 4
    assert wang.post("/profile/notices", {"wanted": ["mentioned", "followed"]}, page).status_code == 303
    assert wanted(wang.get("/profile").text) == 2
    with pytest.raises(AssertionError):
        tell(crm, "wang", "customer", key)
    wang.post("/profile", {"language": "en", "time_zone": "", "theme": "dark"}, page)
    assert wanted(wang.get("/profile").text) == 2


def test_the_stream_needs_a_session(visitor: Person, sign_in: Callable[[str], Person]) -> None:
    """A server that cannot keep it open sends the opening alone."""
    assert visitor.get("/live").status_code == 302
    assert visitor.get("/live", headers={"Accept": "text/event-stream"}).status_code == 204
    answer = sign_in("wang").get("/live")
    assert (answer.mimetype, answer.text) == ("text/event-stream", OPENING)
    assert answer.headers["Cache-Control"] == "no-store"


def test_news_wake_those_concerned(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is told, the other is not; what was there before the stream began wakes nobody; close ends all."""
    monkeypatch.setattr(live, "POLL_SECONDS", 0.001)
    told: dict[UUID, UUID] = {}
    asked = asyncio.Event()
    loop: asyncio.AbstractEventLoop

    def read(since: datetime) -> Mapping[UUID, UUID]:
        loop.call_soon_threadsafe(asked.set)
        return dict(told)

    async def scene() -> tuple[list[str], list[str]]:
        nonlocal loop
        loop = asyncio.get_running_loop()
        ann, ben = uuid7(), uuid7()
        told[uuid7()] = ann
        hub = Hub(read)
        heard: dict[UUID, list[str]] = {ann: [], ben: []}

        async def listen(user: UUID) -> None:
            async for text in hub.events(user):
                heard[user].append(text)

        listening = [asyncio.create_task(listen(user)) for user in (ann, ben)]
        await asked.wait()
        asked.clear()
        await asked.wait()  # the first look is done: what was there is known
        assert heard == {ann: [OPENING], ben: [OPENING]}
        told[uuid7()] = ann
        while len(heard[ann]) < 2:
            await asyncio.sleep(0)
        hub.close()
        async with asyncio.timeout(60):
            await asyncio.gather(*listening)
        return heard[ann], heard[ben]

    with ThreadPoolExecutor(1) as thread:  # a browser test may have left a loop running in this one
        of_ann, of_ben = thread.submit(asyncio.run, scene()).result()
    assert of_ann[:2] == [OPENING, "event: notifications\ndata: changed\n\n"]
    assert of_ben == [OPENING]
