"""The limit application's tables, written by hand, and how they are filled."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
)

from formline.expressions.storage_types import Day, Exact, Instant, Key, Words
from formline.runtime.keys import uuid7s

METADATA = MetaData()
TOKEN = "limit-token"  # noqa: S105 - of a database that lives as long as the measurement
FIELDS = (
    "name", "reference", "customer", "contact", "phone", "email", "city", "source", "phase", "priority", "amount",
    "probability", "discount", "quantity", "hot", "closes_on", "engaged_on", "last_call", "note",
)  # fmt: skip
PHASES = ("open", "offer", "won", "lost")

user = Table("limit_user", METADATA, Column("id", Key, primary_key=True), Column("name", Words, nullable=False))
token = Table(
    "limit_token", METADATA, Column("hash", Words, primary_key=True), Column("user_id", Key), Column("epoch", Integer)
)
deal = Table(
    "limit_deal",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("owner", Key),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    *(Column(name, Words) for name in FIELDS[:10]),
    Column("amount", Exact(2)),
    Column("probability", Exact(2)),
    Column("discount", Exact(2)),
    Column("quantity", Integer),
    Column("hot", Boolean),
    Column("closes_on", Day),
    Column("engaged_on", Day),
    Column("last_call", Instant),
    Column("note", Text),
)
Index("ix_limit_deal_phase", deal.c.phase, deal.c.created_at.desc(), deal.c.id)
Index("ix_limit_deal_created", deal.c.created_at.desc(), deal.c.id)
audit = Table(
    "limit_audit",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("deal_id", Key, nullable=False, index=True),
    Column("user_id", Key),
    Column("at", Instant, nullable=False),
    Column("action", Words, nullable=False),
    Column("changes", Text),
)


def values(rows: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield ``rows`` believable deals: typed values by field, the same for the same seed."""
    dice = random.Random(seed)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(rows):
        day = date(2020, 1, 1) + timedelta(days=dice.randrange(2400))
        yield {
            "name": f"Deal {number} for customer {dice.randrange(5000)}",
            "reference": f"R{number:08d}",
            "customer": f"Company {dice.randrange(5000)}",
            "contact": f"Contact {dice.randrange(9000)}",
            "phone": f"+8613{dice.randrange(10**9):09d}",
            "email": f"c{dice.randrange(9000)}@customer.example",
            "city": dice.choice(("上海", "北京", "深圳", "Berlin", "Oslo")),
            "source": dice.choice(("web", "phone", "fair", "partner")),
            "phase": dice.choice(PHASES),
            "priority": dice.choice(("low", "normal", "high")),
            "amount": dice.randrange(10**8) / 100,
            "probability": dice.randrange(101),
            "discount": dice.randrange(31),
            "quantity": dice.randrange(1000),
            "hot": dice.random() < 0.1,
            "closes_on": day + timedelta(days=dice.randrange(200)),
            "engaged_on": day,
            "last_call": start + timedelta(minutes=number),
            "note": "" if dice.random() < 0.7 else "Asked for a second offer. " * 4,
        }


def fill(engine: Engine, rows: int) -> list[UUID]:
    """Make the tables with ``rows`` deals and return some of their ids."""
    METADATA.create_all(engine)
    people = uuid7s(50)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        connection.execute(insert(user), [{"id": key, "name": f"User {n}"} for n, key in enumerate(people)])
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        connection.execute(insert(token), [{"hash": digest, "user_id": people[0], "epoch": 1}])
    sample: list[UUID] = []
    source = values(rows)
    while batch := list(itertools.islice(source, 5000)):
        keys = uuid7s(len(batch))
        for number, (row, key) in enumerate(zip(batch, keys, strict=True)):
            row.update(id=key, owner=people[number % 50], version=1, created_at=row["last_call"], updated_at=now)
        with engine.begin() as connection:
            connection.execute(insert(deal), batch)
        sample += keys[:20]
    return sample
