"""The table of runs of scripts after a commit."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

script_run = Table(
    "formline_script_run",  # one row per script, record and event; it commits with what the script wrote
    METADATA,
    Column("id", Key, primary_key=True),
    Column("script", Words, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("delivery_id", Key, nullable=False),
    Column("actor_id", Key),
    Column("state", Words, nullable=False),  # done | failed
    Column("error", Text),
    Column("line", Integer, nullable=False),  # of the script, 0: unknown
    Column("log", Json, nullable=False),  # lines
    Column("calls", Integer, nullable=False),
    Column("writes", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("memory_kb", Integer, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    UniqueConstraint("delivery_id", "script", "record_id"),
    Index("ix_formline_script_run_record", "object_id", "record_id"),
)
