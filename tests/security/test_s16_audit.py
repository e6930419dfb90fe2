"""S16: whoever changes, removes or adds a row of history or security events behind the platform's back is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from formline.runtime.access.actor import Actor
from formline.runtime.audit import sealing
from formline.runtime.audit.sealing import PURPOSE, Seal, published_in, seal_next
from formline.runtime.audit.verifying import Report, verify
from formline.runtime.tables import history, seal, sealed_erasure, security_event
from formline.runtime.unit import Change, Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

NOTE = "kind: object\nname: note\nfields: {name: {type: text}}\n"
USER = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Run on both: what is hashed is what each database gives back."""
    kind: str = request.param
    return kind


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with five seals over fifteen changes and five events, all published."""
    site = make_site([NOTE, USER], database_url)
    for number in range(5):

        def work(unit: Unit, number: int = number) -> None:
            (key,) = unit.create("note", [{"name": f"note {number}"}])
            unit.create("note", [{"name": f"more {number}"}, {"name": f"still more {number}"}])
            unit.update("note", [Change(key, {"name": "changed"})])

        run_unit(site, Actor.system(), work)
        with site.writing() as connection:
            event = {"event": "test", "detail": {"number": number, "name": "张三"}, "at": datetime.now(UTC)}
            connection.execute(insert(security_event).values(event))
        publish_next(site)
    return site


def publish_next(site: Site) -> Seal | None:
    """Seal what is new, as the worker does once a minute."""
    with site.writing() as connection:
        found = seal_next(connection, site.keys.key(PURPOSE), datetime.now(UTC))
    if found is not None:
        sealing.publish(site.settings, found)
    return found


def verified(site: Site, *, later: timedelta = timedelta(0)) -> Report:
    """Verify against the published seals."""
    lines = published_in(site.settings).read_text().splitlines()
    with site.reading() as connection:
        return verify(connection, site.keys.key(PURPOSE), datetime.now(UTC) + later, lines)


def test_an_honest_trail(site: Site) -> None:
    """Nothing is found, every row is under a seal, and sealing again makes none."""
    report = verified(site, later=timedelta(days=1))
    assert (report.seals, report.rows, report.findings) == (5, 20, ())
    assert publish_next(site) is None


def _change(connection: Connection) -> None:
    row = connection.execute(select(history).where(history.c.seal == 3).limit(1)).mappings().one()
    changes = {name: ["", "forged"] for name in row["changes"]}
    connection.execute(update(history).where(history.c.id == row["id"]).values(changes=changes))


def _blame(connection: Connection) -> None:
    connection.execute(update(history).where(history.c.seal == 2).values(actor_kind="user"))


def _remove(connection: Connection) -> None:
    last = select(history.c.id).where(history.c.seal == 4).limit(1).scalar_subquery()
    connection.execute(delete(history).where(history.c.id == last))


def _remove_event(connection: Connection) -> None:
    connection.execute(delete(security_event).where(security_event.c.seal == 1))


def _add(connection: Connection) -> None:
    row = dict(connection.execute(select(history).where(history.c.seal == 2).limit(1)).mappings().one())
    connection.execute(insert(history).values({**row, "id": row["id"] + 1_000}))


def _swap(connection: Connection) -> None:
    connection.execute(update(history).where(history.c.seal == 2).values(seal=3))


def _remove_seal(connection: Connection) -> None:
    connection.execute(delete(seal).where(seal.c.number == 3))
    connection.execute(delete(history).where(history.c.seal == 3))
    connection.execute(delete(security_event).where(security_event.c.seal == 3))


def _cut(connection: Connection) -> None:
    for table in (history, security_event):
        connection.execute(delete(table).where(table.c.seal >= 4))
    connection.execute(delete(seal).where(seal.c.number >= 4))


def _seal_with_another_key(connection: Connection) -> None:
    _cut(connection)
    seal_next(connection, b"x" * 32, datetime.now(UTC))
    row: dict[str, Any] = {"event": "forged", "at": datetime.now(UTC)}
    connection.execute(insert(security_event).values(row))
    assert seal_next(connection, b"x" * 32, datetime.now(UTC)) is not None


@pytest.mark.parametrize(
    ("forge", "seals"),
    [
        (_change, {3}),
        (_blame, {2}),
        (_remove, {4}),
        (_remove_event, {1}),
        (_add, {2}),
        (_swap, {2, 3}),
        (_remove_seal, {3, 4}),
        (_cut, {4, 5}),
        (_seal_with_another_key, {4, 5}),
    ],
)
def test_a_forged_trail(site: Site, forge: Callable[[Connection], None], seals: set[int]) -> None:
    """Every way of changing the past is found at its seal."""
    with site.writing() as connection:
        forge(connection)
    assert {found.seal for found in verified(site).findings} == seals


def test_rows_that_nobody_seals_are_told(site: Site) -> None:
    """A worker that does not run shows after an hour."""
    run_unit(site, Actor.system(), lambda unit: unit.create("note", [{"name": "late"}]))
    assert verified(site).findings == ()
    (found,) = verified(site, later=timedelta(hours=2)).findings
    assert (found.seal, "1 rows" in found.message) == (None, True)


def test_a_row_erased_on_request_keeps_its_digest(site: Site) -> None:
    """Emptying a row is no forgery where what it was sealed as is kept."""
    with site.writing() as connection:
        row = connection.execute(select(history).where(history.c.seal == 3).limit(1)).mappings().one()
        kept = {"table_name": "history", "row_id": row["id"], "digest": sealing.digest("history", row)}
        connection.execute(insert(sealed_erasure).values(**kept, at=datetime.now(UTC)))
        connection.execute(update(history).where(history.c.id == row["id"]).values(changes=None))
    report = verified(site)
    assert (report.erased, report.findings) == (1, ())
