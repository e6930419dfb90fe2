"""Messages in: kept once, made into records once by their account, whatever is killed in between."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from formline.runtime.site import Site
from formline.runtime.tables import job, outbox, received
from formline.runtime.webhooks import receiving, taking
from tests.fixtures.sites import MakeSite
from tests.runtime.webhooks.shop import TEXTS, an_account, bind, order, run_jobs, write

NOW = datetime.now(UTC)


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    made = make_site(TEXTS, database_url)
    bind(made, "orders_in", key="key")
    return made


def body(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"data": {"orders": list(rows)}}).encode()


def arrive(site: Site, identifier: str, *rows: dict[str, Any]) -> bool:
    read = receiving.read(body(*rows), ("data", "orders"))
    with site.writing() as connection:
        return receiving.keep(connection, "orders_in", identifier, read, NOW) is not None


def kept(site: Site) -> list[dict[str, Any]]:
    with site.reading() as connection:
        return [dict(row) for row in connection.execute(select(received).order_by(received.c.id)).mappings()]


def orders(site: Site) -> list[tuple[Any, ...]]:
    model = site.release.model("order")
    columns = [model.column("number"), model.column("total"), model.column("kind"), model.column("created_by")]
    with site.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_rows_become_records_of_the_account(site: Site) -> None:
    assert arrive(site, "m1", {"no": "A1", "amounts": {"total": 12.50}, "source": "W"}, {"no": "A2"})
    run_jobs(site)
    ((*first, by), (*second, _)) = orders(site)
    assert [str(each) for each in first] == ["A1", "12.50", "web"]
    assert [str(each) for each in second] == ["A2", "1.00", "None"]
    assert by is not None
    (row,) = kept(site)
    assert (row["state"], row["report"]["created"], row["report"]["rejected"]) == ("done", 2, 0)
    with site.reading() as connection:
        said = connection.execute(select(outbox.c.payload, outbox.c.record_ids).where(outbox.c.event == "webhook"))
        ((payload, ids),) = said.all()
    assert payload == {"webhook": "orders_in"}
    assert len(ids) == 2


def test_the_same_message_is_kept_once(site: Site) -> None:
    assert arrive(site, "m1", {"no": "A1"})
    assert not arrive(site, "m1", {"no": "A2"})
    run_jobs(site)
    assert [row[0] for row in orders(site)] == ["A1"]


def test_a_key_finds_the_record(site: Site) -> None:
    order(site, "A1", total="3")
    arrive(site, "m1", {"no": "A1", "amounts": {"total": "4"}})
    arrive(site, "m2", {"no": "A1", "amounts": {"total": "4"}})
    run_jobs(site)
    assert [str(row[1]) for row in orders(site)] == ["4.00"]
    assert [row["report"]["updated"] for row in kept(site)] == [1, 0]


def test_a_bad_row_is_told_and_the_others_are_taken(site: Site) -> None:
    arrive(site, "m1", {"no": "A1"}, {"no": "A2", "source": "unknown"}, {"no": None})
    run_jobs(site)
    (row,) = kept(site)
    assert [each[0] for each in orders(site)] == ["A1"]
    assert (row["state"], row["report"]["rejected"]) == ("done", 2)
    assert [each["line"] for each in row["report"]["refused"]] == [2, 3]


def test_an_account_without_rights_fails_and_can_be_taken_again(site: Site) -> None:
    user = an_account(site, "nothing")
    bind(site, "orders_in", user=user)
    arrive(site, "m1", {"no": "A1"})
    run_jobs(site)
    (row,) = kept(site)
    assert (row["state"], row["error"]) == ("failed", "You may not import order records.")
    bind(site, "orders_in")
    with site.writing() as connection:
        assert not receiving.replay(connection, "feed", row["id"])
        assert receiving.replay(connection, "orders_in", row["id"])
    run_jobs(site)
    assert [each[0] for each in orders(site)] == ["A1"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_in_the_middle_makes_each_record_once(site: Site, moment: str) -> None:
    arrive(site, "m1", *({"no": f"A{number}"} for number in range(5)))

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        if moment == "after":
            real(*_)
        raise Killed

    real = taking._take
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "_take", killed)
        with pytest.raises(Killed):
            run_jobs(site)
    with site.writing() as connection:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(job).where(job.c.state == "running").values(lease_until=ended))
    run_jobs(site)
    assert len(orders(site)) == 5
    assert kept(site)[0]["state"] == "done"


@pytest.mark.parametrize(
    "given",
    [b"", b"x", b'{"data": 1}', b'{"data": {"orders": [1]}}', b'{"data": {"orders": NaN}}', b"[" * 100_000, b"\xff"],
)
def test_what_cannot_be_read_is_refused(given: bytes) -> None:
    with pytest.raises(receiving.UnreadableError):
        receiving.read(given, ("data", "orders"))


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(receiving.UnreadableError):
        receiving.read(json.dumps([{}] * (receiving.MOST_ROWS + 1)).encode(), ())


def test_erasing_a_record_empties_what_was_taken(site: Site) -> None:
    from formline.runtime.access.actor import Actor
    from formline.runtime.copies.erasing import erase

    arrive(site, "m1", {"no": "A canary"})
    run_jobs(site)
    model = site.release.model("order")
    with site.reading() as connection:
        key = connection.execute(select(model.id)).scalar_one()
    write(site, lambda unit: None)
    erase(site, Actor.system(), "order", key)
    assert "canary" not in str(kept(site))
