"""Notices: written with what they tell of, wanted by their readers, counted and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from formline.runtime import notifications
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.notifications import Notice, notify
from formline.runtime.tables import account
from formline.runtime.unit import Change, Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

USER = """
kind: object
name: user
fields:
  name: {type: text}
  login: {type: text}
  active: {type: boolean}
  department: {type: department}
  company: {type: lookup, to: company}
---
kind: object
name: department
fields: {name: {type: text}}
---
kind: object
name: company
fields: {name: {type: text}}
"""
NOTE = "kind: object\nname: note\nfields: {name: {type: text}}\n"
NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with notes that people own."""
    return make_site([NOTE, USER], database_url)


@pytest.fixture
def person(site: Site) -> Callable[..., UUID]:
    """Return ``person(name, **account) -> id``: somebody with an account."""

    def make(name: str, **values: Any) -> UUID:
        def work(unit: Unit) -> UUID:
            return unit.create("user", [{"name": name, "login": name, "active": True}])[0]

        key = run_unit(site, Actor.system(), work, source="system")
        given = {"active": True, "preferences": {}, **values}
        with site.writing() as connection:
            row = {"user_id": key, "login": name, "kind": "user", "created_at": NOW, **given}
            connection.execute(insert(account).values(row))
        return key

    return make


def told(site: Site, user: UUID) -> list[tuple[str, UUID | None, Any]]:
    """Return what a person was told, newest first."""
    with site.reading() as connection:
        rows = notifications.newest(connection, user, 50)
    return [(row["kind"], row["record_id"], row["values"]) for row in rows]


def unread(site: Site, user: UUID) -> int:
    """Return the number at a person's bell."""
    with site.reading() as connection:
        counted = select(notifications.unread(account.c.user_id)).where(account.c.user_id == user)
        return int(connection.execute(counted).scalar_one())


def test_who_is_told(site: Site, person: Callable[..., UUID]) -> None:
    """Each once; not the writer, nobody who left, nobody who muted the kind."""
    writer, reader, left = person("writer"), person("reader"), person("left", active=False)
    muted = person("muted", preferences={notifications.MUTED: ["mentioned"]})
    notice = Notice("mentioned", [reader, writer, reader, left, muted, uuid7()])
    with site.writing() as connection:
        assert notify(connection, [notice], actor_id=writer, now=NOW) == 1
    assert [kind for kind, *_ in told(site, reader)] == ["mentioned"]
    assert [told(site, each) for each in (writer, left, muted)] == [[], [], []]


def test_reading(site: Site, person: Callable[..., UUID]) -> None:
    """One by one or all at once; nobody marks what is somebody else's."""
    reader, other = person("reader"), person("other")
    with site.writing() as connection:
        notify(connection, [Notice("a", [reader, other]), Notice("b", [reader])], actor_id=None, now=NOW)
        first = notifications.newest(connection, reader, 1)[0]
        notifications.mark_read(connection, other, NOW, first["id"])
    assert (unread(site, reader), unread(site, other)) == (2, 1)
    with site.writing() as connection:
        notifications.mark_read(connection, reader, NOW, first["id"])
    assert unread(site, reader) == 1
    with site.writing() as connection:
        notifications.mark_read(connection, reader, NOW)
    assert (unread(site, reader), unread(site, other)) == (0, 1)


def test_pages_go_on_where_the_last_one_ended(site: Site, person: Callable[..., UUID]) -> None:
    """Newest first, none twice, none lost."""
    reader = person("reader")
    with site.writing() as connection:
        notify(connection, [Notice(str(number), [reader]) for number in range(7)], actor_id=None, now=NOW)
    kinds, before = [], None
    with site.reading() as connection:
        while rows := notifications.newest(connection, reader, 3, before):
            kinds += [row["kind"] for row in rows]
            before = rows[-1]["id"]
    assert kinds == [str(number) for number in range(6, -1, -1)]


def test_old_ones_are_forgotten(site: Site, person: Callable[..., UUID]) -> None:
    """Read ones after 90 days, unread ones after twice as long."""
    reader = person("reader")
    with site.writing() as connection:
        for days in (200, 100, 10):
            notify(connection, [Notice(f"{days}", [reader])], actor_id=None, now=NOW - timedelta(days=days))
        assert notifications.forget(connection, NOW) == 1
        notifications.mark_read(connection, reader, NOW - timedelta(days=91))
        notify(connection, [Notice("new", [reader])], actor_id=None, now=NOW)
        assert notifications.forget(connection, NOW) == 2
    assert [kind for kind, *_ in told(site, reader)] == ["new"]


@pytest.mark.parametrize(
    ("source", "count", "kinds"),
    [("form", 1, ["assigned"]), ("bulk", 3, ["assigned_many"]), ("import", 3, []), ("system", 1, [])],
)
def test_new_owners_are_told(
    site: Site, person: Callable[..., UUID], source: str, count: int, kinds: list[str]
) -> None:
    """Of one record by name, of a batch by number, of files and of the platform's own doing not at all."""
    giver, owner = person("giver"), person("owner")

    def create(unit: Unit) -> list[UUID]:
        return unit.create("note", [{"name": str(number), "owner": giver} for number in range(count)])

    keys = run_unit(site, Actor.system(), create, source="system")

    def give(unit: Unit) -> None:
        unit.update("note", [Change(key, {"owner": owner}) for key in keys])
        unit.update("note", [Change(key, {"name": "again"}) for key in keys])

    run_unit(site, Actor.system(), give, source=source)
    assert [kind for kind, *_ in told(site, owner)] == kinds
    assert told(site, giver) == []
    if kinds == ["assigned"]:
        assert told(site, owner)[0][1] == keys[0]
    elif kinds:
        assert told(site, owner)[0][2] == {"count": count}


def test_a_write_that_fails_tells_nobody(site: Site, person: Callable[..., UUID]) -> None:
    """The notice is part of the transaction."""
    owner = person("owner")

    def work(unit: Unit) -> None:
        unit.create("note", [{"name": "x", "owner": owner}])
        raise LookupError

    with pytest.raises(LookupError):
        run_unit(site, Actor.system(), work, source="form")
    assert told(site, owner) == []
