"""Tables of pools: which records wait in one, since when owners have theirs, who gained and lost what."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Serial

pool_entry = Table(
    "formline_pool_entry",  # records that wait in a pool
    METADATA,
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("pool", Words, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("former_owner_id", Key),
    Column("cause", Words, nullable=False),  # returned | recycled | created
    PrimaryKeyConstraint("object_id", "record_id"),
    Index("ix_formline_pool_entry_pool", "pool", "entered_at", "record_id"),
)
pool_ownership = Table(
    "formline_pool_ownership",  # since when the present owner has a record of an object with pools
    METADATA,
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("owner_id", Key, nullable=False),
    Column("since", Instant, nullable=False),
    Column("reminded_of", Instant),  # the deadline the owner was told of
    PrimaryKeyConstraint("object_id", "record_id"),
)
pool_log = Table(
    "formline_pool_log",  # who gained and lost what: the limits count here
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("pool", Words, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("event", Words, nullable=False),  # claimed | assigned | lost | entered
    Column("user_id", Key),
    Column("since", Instant),  # lost: since when they had it
    Column("at", Instant, nullable=False),
    Index("ix_formline_pool_log_record", "object_id", "record_id", "at"),
    Index("ix_formline_pool_log_user", "user_id", "pool", "event", "at"),
)
pool_person = Table(
    "formline_pool_person",  # locked while the limits of a person in a pool are counted
    METADATA,
    Column("pool", Words, nullable=False),
    Column("user_id", Key, nullable=False),
    PrimaryKeyConstraint("pool", "user_id"),
)
