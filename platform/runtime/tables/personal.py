"""Tables of what belongs to one person: records they follow, input they have not saved yet."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

follower = Table(
    "formline_follower",
    METADATA,
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("since", Instant, nullable=False),
    PrimaryKeyConstraint("object_id", "record_id", "user_id"),
    Index("ix_formline_follower_user", "user_id"),
)
draft = Table(
    "formline_draft",
    METADATA,
    Column("user_id", Key, nullable=False),
    Column("form", Words, nullable=False),  # the path of the form, e.g. /o/customer/new
    Column("inputs", Json, nullable=False),  # [[name, value], ...] as the form would send them
    Column("at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "form"),
)
