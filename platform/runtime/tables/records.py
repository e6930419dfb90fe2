"""Tables beside the records: history, deletions, numbers, views."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json, Serial

history = Table(
    "formline_history",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("unit_id", Key, nullable=False, index=True),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("actor_kind", Words, nullable=False),
    Column("actor_id", Key),
    Column("action", Words, nullable=False),  # created | updated | deleted | restored | transition | merged
    Column("source", Words, nullable=False),  # form | api | import | bulk | system
    Column("changes", Json),  # field id -> [old, new] as JSON values
    Column("note", Words),
    Column("in_state", Json),  # transition: state field id -> seconds in the state left
    Column("seal", Integer),  # its place in the chain, see tables/audit.py
    Index("ix_formline_history_seal", "seal", "id"),
    Index("ix_formline_history_record", "object_id", "record_id", "id"),
)
deletion = Table(
    "formline_deletion",  # the journal that makes restoring exact
    METADATA,
    Column("deletion_id", Key, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("cause", Words, nullable=False),  # asked | cascade | set_null
    Column("field_id", Integer),  # set_null: the lookup that was emptied ...
    Column("old_value", Json),  # ... and what it held
    Column("at", Instant, nullable=False, index=True),
    Column("actor_id", Key),
    Column("restored_at", Instant),
    Index("ix_formline_deletion", "deletion_id", "object_id"),
    Index("ix_formline_deletion_record", "object_id", "record_id"),
)
sequence = Table(
    "formline_sequence",
    METADATA,
    Column("field_id", Integer, nullable=False),
    Column("scope", Words, nullable=False),  # what it restarts per, e.g. "SZ|2025-01"
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("field_id", "scope"),
)
idempotency = Table(
    "formline_idempotency",
    METADATA,
    Column("actor_id", Key, nullable=False),
    Column("key", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),  # hash of method, path and body
    Column("status", Integer),
    Column("headers", Json),
    Column("body", LargeBinary),
    Column("at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("actor_id", "key"),
)
saved_view = Table(
    "formline_saved_view",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("owner_id", Key, index=True),  # null: shared with everyone
    Column("name", Words, nullable=False),
    Column("shared_with", Json),
    Column("definition", Json, nullable=False),  # field ids, conditions, sort, grouping, columns
    Column("is_default", Boolean, nullable=False, default=False),
    Column("position", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_formline_saved_view_object", "object_id", "owner_id"),
)
