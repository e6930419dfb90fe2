"""Seals over history and security events: a chain in which a changed, missing or added row is found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

seal = Table(
    "formline_seal",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("counts", Json, nullable=False),  # table -> rows sealed
    Column("previous", Words, nullable=False),  # hash of the seal before, "" for the first
    Column("hash", Words, nullable=False),  # keyed: over number, time, counts, previous and the digests of the rows
)
sealed_erasure = Table(
    "formline_sealed_erasure",  # rows emptied on a person's request after they were sealed: what they were sealed as
    METADATA,
    Column("table_name", Words, nullable=False),
    Column("row_id", BigInteger, nullable=False),
    Column("digest", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", Key),
    PrimaryKeyConstraint("table_name", "row_id"),
)
