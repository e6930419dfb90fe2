"""The table of links by which people outside act for one record: hashes, ends and counts, no values."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA

public_link = Table(
    "formline_public_link",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("hash", Words, nullable=False, unique=True),  # SHA-256 of the token, which only its holder has
    Column("page", Words, nullable=False),  # the storefront it opens
    Column("object_id", Integer, nullable=False),  # whose record: the permanent id
    Column("record_id", Key, nullable=False),
    Column("created_by", Key),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used", Integer, nullable=False),
    Column("most", Integer, nullable=False),
    Column("used_at", Instant),
    Index("ix_formline_public_link_record", "object_id", "record_id"),
)
