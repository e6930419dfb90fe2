"""The table of stored files; their bytes are in the store, never in the database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA

file = Table(
    "formline_file",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("sha256", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("storage_key", Words, nullable=False),
    Column("thumbnail", Boolean, nullable=False, default=False),  # kept beside the file, under its key and ".thumbnail"
    Column("inline", Boolean, nullable=False, default=False),  # made by us from pixels: a page may show it
    Column("state", Words, nullable=False),  # uploading | staged | held | attached | released | going
    Column("object_id", Integer, nullable=False),
    Column("field_id", Integer),  # null: attached to the record as a whole
    Column("record_id", Key),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key, index=True),
    Column("released_at", Instant),
    Index("ix_formline_file_record", "record_id", "field_id"),
    Index("ix_formline_file_state", "state", "created_at"),
)
