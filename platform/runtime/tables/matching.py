"""Tables of what is the same: keys of records, merges that were made, records that were converted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

match_key = Table(
    "formline_match_key",
    METADATA,
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("key", BigInteger, nullable=False),  # hash of rule, way and what is compared
    PrimaryKeyConstraint("record_id", "key"),
    Index("ix_formline_match_key", "key", "object_id", "record_id"),
)
merge = Table(
    "formline_merge",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("survivor_id", Key, nullable=False, index=True),
    Column("deletion_id", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", Key),
    Column("journal", Json, nullable=False),  # what it changed, see runtime/merging/journal.py
    Column("undone_at", Instant),
)
merged = Table(
    "formline_merged",  # where an address of a record that is gone leads now
    METADATA,
    Column("record_id", Key, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("survivor_id", Key, nullable=False, index=True),
    Column("merge_id", Key, nullable=False, index=True),
)
conversion = Table(
    "formline_conversion",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", Words, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("once", Words, unique=True),  # name and record of a conversion that happens once, else null
    Column("made", Json, nullable=False),  # [[object id, record id, whether it is new]]
    Column("at", Instant, nullable=False),
    Column("actor_id", Key),
    Index("ix_formline_conversion_record", "record_id"),
)
