"""Messages out: made of events exactly once, signed, cut to the account's rights, tried again, paused, sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from formline.runtime import webhooks
from formline.runtime.site import Site
from formline.runtime.tables import integration, job, notification
from formline.runtime.unit import Change
from formline.runtime.webhooks import bindings, sending, signing, telling
from formline.runtime.webhooks.connectors import Connector, Request
from tests.fixtures.receivers import Receiver
from tests.fixtures.sites import MakeSite
from tests.runtime.webhooks.shop import (
    SECRET,
    TEXTS,
    allowing,
    an_account,
    bind,
    later,
    messages,
    order,
    run_jobs,
    work_off,
    write,
)


@pytest.fixture
def site(make_site: MakeSite, database_url: str, receiver: Receiver) -> Site:
    made = make_site(TEXTS, database_url)
    allowing(made, receiver.host)
    return made


def types(receiver: Receiver) -> list[str]:
    return [each.json["type"] for each in receiver.got]


def test_events_become_signed_messages(site: Site, receiver: Receiver) -> None:
    bind(site, "feed", receiver.url("/orders"))
    key = order(site, "A1", total="10", cost="7")
    work_off(site)
    (posted,) = receiver.got
    assert posted.path == "/orders"
    assert posted.json["type"] == "order.created"
    (record,) = posted.json["data"]["records"]
    assert (record["id"], record["number"], record["total"]) == (str(key), "A1", "10.00")
    assert "cost" not in record  # hidden from the account
    assert "cost" not in posted.json["data"]["changed"]
    (row,) = messages(site)
    assert (row["state"], row["status"], posted.headers[signing.ID]) == ("done", 200, str(row["id"]))
    given = posted.headers[signing.SIGNATURE]
    assert given == signing.sign(SECRET, str(row["id"]), int(posted.headers[signing.TIME]), posted.body)


def test_only_what_was_subscribed_to(site: Site, receiver: Receiver) -> None:
    bind(site, "feed", receiver.url())
    key = order(site, "A1")
    order(site, "secret")
    write(site, lambda unit: unit.update("order", [Change(key, {"kind": "web"})]))
    write(site, lambda unit: unit.update("order", [Change(key, {"total": "5"})]))
    write(site, lambda unit: unit.transition("order", [key], "ship"))
    write(site, lambda unit: unit.delete("order", [key]))
    work_off(site)
    # What is told of a record is what it is right after the event: nothing of one that is gone by then.
    assert types(receiver) == ["order.deleted"]
    assert receiver.got[0].json["data"]["records"] == [{"id": str(key)}]


def test_each_event_by_itself(site: Site, receiver: Receiver) -> None:
    bind(site, "feed", receiver.url())
    key = order(site, "A1")
    work_off(site)
    write(site, lambda unit: unit.update("order", [Change(key, {"kind": "web"})]))
    work_off(site)
    write(site, lambda unit: unit.update("order", [Change(key, {"total": "5"})]))
    work_off(site)
    write(site, lambda unit: unit.transition("order", [key], "ship"))
    work_off(site)
    assert types(receiver) == ["order.created", "order.updated", "order.transition"]
    assert receiver.got[1].json["data"]["changed"] == ["total"]
    assert receiver.got[2].json["data"]["transition"] == "ship"


def test_a_batch_is_one_message_of_a_hundred(site: Site, receiver: Receiver) -> None:
    bind(site, "feed", receiver.url())
    write(site, lambda unit: unit.create("order", [{"number": f"B{number}"} for number in range(130)]))
    work_off(site)
    assert sorted(len(each.json["data"]["records"]) for each in receiver.got) == [30, 100]


def test_an_action_calls_in_its_own_transaction(site: Site, receiver: Receiver) -> None:
    now = datetime.now(UTC)

    def call(unit: Any) -> None:
        (key,) = unit.create("order", [{"number": "A1"}])
        webhooks.enqueue(unit.connection, unit.release, "called", [key], now=now)

    write(site, call)  # nobody said yet where it is
    assert messages(site, "called") == []
    bind(site, "called", receiver.url())
    write(site, call)

    def fails(unit: Any) -> None:
        call(unit)
        raise LookupError

    with pytest.raises(LookupError):
        write(site, fails)
    work_off(site)
    (posted,) = receiver.got
    assert (posted.json["type"], posted.json["data"]["records"][0]["number"]) == ("order.action", "A1")
    assert set(posted.json["data"]["records"][0]) == {"id", "number"}
    with site.writing() as connection, pytest.raises(telling.NotOutError):
        webhooks.enqueue(connection, site.release, "orders_in", [], now=now)


def test_it_tries_again_ever_later_and_then_gives_up(site: Site, receiver: Receiver) -> None:
    receiver.answers = [(500, b"no")]
    bind(site, "feed", receiver.url())
    order(site)
    work_off(site)
    for number, wait in enumerate(sending.WAITS, 1):
        (row,) = messages(site)
        assert (row["state"], row["attempts"], row["status"]) == ("waiting", number, 500)
        run_jobs(site)
        assert len(receiver.got) == number  # not before its time
        later(site, wait)
        run_jobs(site)
    (row,) = messages(site)
    assert (row["state"], row["attempts"]) == ("failed", len(sending.WAITS) + 1)
    assert len({each.headers[signing.ID] for each in receiver.got}) == 1
    receiver.answers = [(204, b"")]
    with site.writing() as connection:
        assert sending.replay(connection, "feed", row["id"], datetime.now(UTC))
        assert not sending.replay(connection, "feed", row["id"], datetime.now(UTC))
    run_jobs(site)
    assert messages(site)[0]["state"] == "done"


def test_what_fails_for_long_pauses_and_goes_on_when_resumed(site: Site, receiver: Receiver) -> None:
    receiver.answers = [(503, b"")]
    maker = an_account(site)
    bind(site, "feed", receiver.url(), changed_by=maker)
    for number in range(sending.PAUSE_FAILURES - 1):
        order(site, f"A{number}")
    work_off(site)
    with site.writing() as connection:
        assert connection.execute(select(integration.c.failures)).scalar() == sending.PAUSE_FAILURES - 1
        since = datetime.now(UTC) - sending.PAUSE_AFTER - timedelta(minutes=1)
        connection.execute(update(integration).values(failing_since=since))
    order(site, "last")
    work_off(site)
    with site.reading() as connection:
        found = bindings.find(connection, site.keys, "feed")
        told = connection.execute(select(notification.c.kind, notification.c.user_id)).all()
    assert found is not None
    assert (found.state, found.reason) == ("paused", "failing")
    assert told == [("integration_paused", maker)]
    later(site, timedelta(days=1))
    run_jobs(site)
    order(site, "meanwhile")
    work_off(site)
    assert {row["state"] for row in messages(site)} == {"held"}
    receiver.answers = [(200, b"")]
    bind(site, "feed", receiver.url(), changed_by=maker)
    with site.writing() as connection:
        assert sending.resume(connection, "feed", datetime.now(UTC)) == sending.PAUSE_FAILURES + 1
    work_off(site)
    assert {row["state"] for row in messages(site)} == {"done"}


def test_an_address_that_is_gone_pauses_at_once(site: Site, receiver: Receiver) -> None:
    receiver.answers = [(410, b"")]
    bind(site, "feed", receiver.url())
    order(site)
    work_off(site)
    with site.reading() as connection:
        assert connection.execute(select(integration.c.reason)).scalar() == "gone"


def test_an_account_that_was_ended_sends_nothing(site: Site, receiver: Receiver) -> None:
    user = an_account(site)
    bind(site, "feed", receiver.url(), user)
    order(site)
    write(site, lambda unit: unit.update("user", [Change(user, {"active": False})]))
    work_off(site)
    assert receiver.got == []
    assert messages(site)[0]["error"] == "account_ended"


def test_a_connector_that_fails_is_told(site: Site, receiver: Receiver) -> None:
    """A plug-in's mistake fails the attempt like any other, and the others go on."""

    def broken(*_: Any) -> Request:
        raise LookupError

    bind(site, "feed", receiver.url())
    order(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "connectors_of", lambda _: {"webhook": Connector("webhook", "Broken", broken)})
        work_off(site)
    (row,) = messages(site)
    assert (row["state"], row["attempts"], row["error"]) == ("waiting", 1, "connector_failed")
    later(site, sending.WAITS[0])
    run_jobs(site)
    assert messages(site)[0]["state"] == "done"


def test_private_addresses_are_refused(site: Site, receiver: Receiver) -> None:
    allowing(site)
    bind(site, "feed", receiver.url())
    order(site)
    work_off(site)
    assert receiver.got == []
    assert messages(site)[0]["error"] == "address_refused"


def test_a_worker_killed_while_sending_sends_the_same_message_again(site: Site, receiver: Receiver) -> None:
    """The answer came, the note of it did not: the job's lease ends and another worker takes it."""
    bind(site, "feed", receiver.url())
    order(site)

    class Killed(BaseException):
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "_note", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            work_off(site)
    assert [row["state"] for row in messages(site)] == ["waiting"]
    with site.writing() as connection:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(job).where(job.c.state == "running").values(lease_until=ended))
    run_jobs(site)
    assert [row["state"] for row in messages(site)] == ["done"]
    assert len({each.headers[signing.ID] for each in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_secrets_stay_sealed_and_the_one_before_counts_for_a_week(site: Site) -> None:
    made = bind(site, "feed", "https://example.com/very-secret-path")
    now = datetime.now(UTC)
    newer = made.with_new_secret(now)
    assert len(newer.live(now)) == 2
    assert newer.live(now + bindings.OVERLAP) == (newer.secrets[0].text,)
    with site.reading() as connection:
        (row,) = connection.execute(select(integration)).all()
    assert "very-secret-path" not in str(row)
    assert SECRET not in str(row)
