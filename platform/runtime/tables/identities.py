"""Who people are elsewhere: the name a sign-in provider has for them."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA

identity = Table(
    "formline_identity",
    METADATA,
    Column("way", Words, nullable=False),  # the sign-in way's name
    Column("subject", Words, nullable=False),
    Column("user_id", Key, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("way", "subject"),
)
