"""What a storefront shows: its records within its own condition, with the prices that hold for the buyer.

The definition says what is seen and no role adds to it: reads are the platform's, of listed fields alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.catalog.storefronts import BUYER
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import user_root
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.lists import get
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement

if TYPE_CHECKING:
    from formline.catalog.storefronts import Storefront
    from formline.runtime.release import Release

#: Records on one page of a storefront.
SHOWN = 24


@dataclass(frozen=True, slots=True)
class Item:
    """One record for sale: its listed ``values`` and what one costs the buyer; None where nobody says."""

    id: UUID
    title: str
    values: Mapping[str, Any]
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of items, and the cursor of the next."""

    items: tuple[Item, ...]
    next_cursor: str | None


def buyer_of(connection: Connection, release: Release, front: Storefront, record_id: UUID) -> dict[str, Any] | None:
    """Return the record of a link with what its orders take from it; None where it is gone."""
    paths = tuple(dict.fromkeys(("id", *front.order.paths.values())))
    where = {"field": "id", "op": "eq", "value": record_id}
    rows = fetch(connection, release, Actor.system(), Query(front.of, paths, where, limit=1)).rows
    return rows[0] if rows else None


def shelf(
    connection: Connection, release: Release, front: Storefront, buyer: UUID, text: str = "", cursor: str | None = None
) -> Shelf:
    """Return a page of what is for sale, by title: three statements."""
    title = release.catalog.object(front.object).title
    where = {"field": title, "op": "contains", "value": text} if text else None
    query = Query(front.object, _paths(release, front), where, front.where, ((title, False),), SHOWN, cursor)
    page = fetch(connection, release, Actor.system(), query)
    return Shelf(_priced(connection, release, front, buyer, page.rows), page.next_cursor)


def items(
    connection: Connection, release: Release, front: Storefront, buyer: UUID, ids: Collection[UUID]
) -> tuple[Item, ...]:
    """Return those of some records that are for sale."""
    if not ids:
        return ()
    where = {"field": "id", "op": "in", "value": list(ids)}
    query = Query(front.object, _paths(release, front), where, front.where, limit=len(ids))
    page = fetch(connection, release, Actor.system(), query)
    return _priced(connection, release, front, buyer, page.rows)


def _paths(release: Release, front: Storefront) -> tuple[str, ...]:
    title = release.catalog.object(front.object).title
    names = (title, *front.columns, front.pictures, front.usual_price)
    return tuple(dict.fromkeys(name for name in names if name))


def _priced(
    connection: Connection, release: Release, front: Storefront, buyer: UUID, rows: Sequence[Mapping[str, Any]]
) -> tuple[Item, ...]:
    title = release.catalog.object(front.object).title
    found = _prices(connection, release, front, buyer, [row["id"] for row in rows])
    return tuple(
        Item(
            row["id"],
            str(row.get(title) or ""),
            {name: row.get(name) for name in (*front.columns, front.pictures) if name},
            found.get(row["id"], row.get(front.usual_price)),
        )
        for row in rows
    )


def _prices(
    connection: Connection, release: Release, front: Storefront, buyer: UUID, ids: Collection[UUID]
) -> dict[UUID, Decimal]:
    """Return the prices that the storefront's own find gives, in one statement."""
    if front.price is None or not ids:
        return {}
    prepared: Prepared = statements(release).get(("storefront", front.name), lambda: _prepare(release, front))
    keys = bind_keys("ids", sorted(ids), release.dialect)
    # Paths of the buyer start at the values of the record itself.
    known = get(connection, release, Actor.system(), front.of, buyer)
    rows = prepared.run(connection, Actor.system(), keys, {BUYER: known})
    return {row[0]: Decimal(row[1]) for row in rows if row[1] is not None}


def _prepare(release: Release, front: Storefront) -> Prepared:
    statement = Statement(release)
    roots = {"user": user_root(statement), BUYER: BoundRow(statement, front.of, BUYER)}
    source = source_of(statement, front.object, roots=roots)
    assert front.price is not None  # noqa: S101 - the caller asked
    price = front.price.sql(source).label("price")
    found = select(source.key, price).select_from(source.source()).where(in_keys(source.key, "ids", source.dialect))
    return Prepared(found, statement)
