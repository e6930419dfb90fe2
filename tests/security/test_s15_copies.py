"""S15: whoever is erased is gone from every table and file, whatever kept a copy."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import insert, inspect, select, text

from formline.errors import AccessDeniedError, ConflictError, NotFoundError
from formline.runtime import jobs, tables
from formline.runtime.access.actor import Actor
from formline.runtime.audit.sealing import PURPOSE, seal_next
from formline.runtime.audit.verifying import verify
from formline.runtime.copies import registry
from formline.runtime.copies.erasing import erase
from formline.runtime.files import attaching, staging
from formline.runtime.keys import uuid7
from formline.runtime.notifications import Notice, notify
from formline.runtime.unit import Change, Unit, run_unit
from tests.fixtures.gallery import GALLERY
from tests.fixtures.sites import publish

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

CANARY = "kanarie"
DIGITS = "73517351"
VALUES: dict[str, Any] = {
    "name": f"{CANARY} 1",
    "story": f"{CANARY} 2",
    "body": f"<p>{CANARY} 3</p>",
    "count": int(DIGITS),
    "size": f"{DIGITS}.5",
    "share": "73.5",
    "price": {"amount": f"{DIGITS}.25", "currency": "CNY"},
    "labels": [f"{CANARY} 4"],
    "mail": f"{CANARY}@example.com",
    "phone": f"+86139{DIGITS}",
    "site": f"https://{CANARY}.example.com",
    "contact": {"family": CANARY.title(), "given": "Five"},
    "delivery": {"country": "CN", "region": "广东省", "city": "深圳市", "street": f"{CANARY} 6"},
    "place": {"lat": "22.7351735", "lon": "114.7351735"},
    "code": CANARY,
    "extra": {"deep": [CANARY]},
    "account": f"{CANARY} 7",
}
PARTS = """
---
kind: object
name: piece
fields:
  name: {type: text}
  whole: {type: parent, to: specimen, reverse: pieces}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Run on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with an object that has a field of every type."""
    return make_site(GALLERY + PARTS, database_url)


def write(site: Site, work: Any) -> Any:
    """Run a unit of the platform."""
    return run_unit(site, Actor.system(), work, source="form")


def scatter(site: Site) -> UUID:
    """Write a record and leave copies of its values wherever the platform keeps some; return its id."""
    key: UUID = write(site, lambda unit: unit.create("specimen", [VALUES]))[0]
    write(site, lambda unit: unit.create("piece", [{"name": f"{CANARY} part", "whole": key}]))
    write(site, lambda unit: unit.update("specimen", [Change(key, {"story": f"{CANARY} changed", "count": 1})]))
    write(site, lambda unit: unit.update("specimen", [Change(key, {"count": int(DIGITS)})]))
    (user,) = write(site, lambda unit: unit.create("user", [{"name": "Reader", "login": "reader"}]))
    target = staging.target_of(site.release, Actor.system(), "specimen")
    stored = staging.stage(site, Actor.system(), target, f"{CANARY}.txt", io.BytesIO(f"{CANARY} file".encode()))
    write(site, lambda unit: attaching.attach(unit, "specimen", key, [stored.id]))
    object_id = site.release.physical["specimen"].id
    now = datetime.now(UTC)
    with site.writing() as connection:
        row = {"user_id": user, "login": "reader", "kind": "user", "created_at": now, "active": True}
        connection.execute(insert(tables.account).values(row))
        notice = Notice("any", [user], title=f"{CANARY} notice", object_id=object_id, record_id=key)
        notify(connection, [notice], actor_id=None, now=now)
        done = jobs.enqueue(connection, "any", {"values": {"name": CANARY}})
        connection.execute(tables.job.update().where(tables.job.c.id == done).values(state="done", result=CANARY))
        draft = {"user_id": user, "form": f"/o/specimen/{key}/edit", "inputs": [["name", CANARY]], "at": now}
        connection.execute(insert(tables.draft).values(draft))
        answer = {"actor_id": user, "key": "k", "fingerprint": "f", "body": CANARY.encode(), "at": now}
        connection.execute(insert(tables.idempotency).values(answer))
        seal_next(connection, site.keys.key(PURPOSE), now)
    # What is removed from a definition sleeps in quarantine with its values.
    publish(site, GALLERY.replace("  story: {type: long_text}\n", "") + PARTS, accept_loss=True)
    return key


def dumped(site: Site) -> list[str]:
    """Return every place in the database and in the data folder where the canary or its digits stand."""
    found: list[str] = []
    with site.reading() as connection:
        for name in inspect(connection).get_table_names():
            if name.startswith("formline_search_words"):
                continue  # fragments of words
            rows = connection.execute(text(f'SELECT * FROM "{name}"')).mappings()
            for row in rows:
                for column, value in row.items():
                    shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
                    if CANARY in shown.lower() or DIGITS in shown:
                        found.append(f"{name}.{column}: {shown[:80]}")
    for file in Path(site.settings.data_dir).rglob("*"):
        if file.is_file() and file.suffix not in (".db", ".db-wal", ".db-shm"):
            content = file.read_bytes().lower()
            if CANARY.encode() in content or CANARY in file.name:
                found.append(str(file))
    return found


def test_an_erased_record_is_gone_everywhere(site: Site) -> None:
    """Before, copies are all over; after, none is left, and the chain of the audit holds."""
    key = scatter(site)
    places = {place.split(".")[0] for place in dumped(site)}
    assert {"formline_history", "formline_job", "formline_draft", "formline_idempotency"} <= places
    counts = erase(site, Actor.system(), "specimen", key)
    assert dumped(site) == []
    assert {name for name, count in counts.items() if count} >= {"records", "history", "files", "notices", "jobs"}
    assert counts["records"] == 2
    with site.reading() as connection:
        events = connection.execute(select(tables.security_event.c.event)).scalars().all()
        assert "erased" in events
        assert verify(connection, site.keys.key(PURPOSE), datetime.now(UTC)).findings == ()


def test_erasing_again_and_after_deletion(site: Site) -> None:
    """Twice does no harm; what was deleted before can be erased, too, and stays empty when it is restored."""
    key = scatter(site)
    receipt = write(site, lambda unit: unit.delete("specimen", [key]))
    erase(site, Actor.system(), "specimen", key)
    erase(site, Actor.system(), "specimen", key)
    write(site, lambda unit: unit.restore(receipt.deletion_id))
    assert dumped(site) == []


def test_who_is_refused(site: Site) -> None:
    """Unknown records, people who can still sign in, and whoever may not manage data."""
    key = scatter(site)
    with pytest.raises(NotFoundError):
        erase(site, Actor.system(), "specimen", uuid7())
    with site.reading() as connection:
        user = connection.execute(select(tables.account.c.user_id)).scalar_one()
    with pytest.raises(ConflictError):
        erase(site, Actor.system(), "user", user)

    from formline.runtime.access.loading import load_actor

    with site.reading() as connection:
        actor = load_actor(connection, site.release, user)
    with pytest.raises(AccessDeniedError):
        erase(site, actor, "specimen", key)
    assert any("formline_history" in place for place in dumped(site))


def test_every_table_is_a_store_or_holds_no_copies() -> None:
    """A new table with texts must say which of the two it is, in runtime/copies."""
    in_stores = {name for store in registry.stores() for name in store.tables}
    with_texts = {table.name for table in tables.METADATA.sorted_tables if registry.has_texts(table)}
    assert with_texts - in_stores - set(registry.WITHOUT_COPIES) == set()
    assert (in_stores | set(registry.WITHOUT_COPIES)) - {table.name for table in tables.METADATA.sorted_tables} == set()
    assert in_stores & set(registry.WITHOUT_COPIES) == set()
    assert all(store.holds and store.kept for store in registry.stores())


def test_a_unit_that_fails_erases_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it or nothing: the values, the copies and the bytes of files."""
    key = scatter(site)
    before = sorted(dumped(site))

    def fail(unit: Unit) -> None:
        raise LookupError

    monkeypatch.setattr(Unit, "finish", fail)
    with pytest.raises(LookupError):
        erase(site, Actor.system(), "specimen", key)
    assert sorted(dumped(site)) == before
