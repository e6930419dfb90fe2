"""Keys of sealed fields, wrapped by the site's master key."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from formline.expressions.storage_types import Instant
from formline.runtime.tables.base import METADATA

field_key = Table(
    "formline_field_key",  # one row per key; new values take the highest, older ones still open
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)
