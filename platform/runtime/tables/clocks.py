"""The clocks of service levels and of limits of states, and the checklists of states."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

clock = Table(
    "formline_clock",  # one row per run of a clock of a record
    METADATA,
    Column("id", Key, primary_key=True),
    Column("clock", Words, nullable=False),  # the service level, or machine/state
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("run", Integer, nullable=False),  # 1, 2 after it began again
    Column("started_at", Instant, nullable=False),
    Column("since", Instant),  # it has been running since; null while paused, and when stopped
    Column("used", BigInteger, nullable=False),  # seconds counted before ``since``
    Column("total", BigInteger),  # seconds it may take; null: no target applies
    Column("target", Words),  # what ``total`` was worked out from
    Column("working", Boolean, nullable=False),  # counts working time
    Column("calendar_id", Key),  # null: the default calendar
    Column("due_at", Instant),  # null while paused
    Column("next_at", Instant),  # when something is to be done next
    Column("fired", Json, nullable=False),  # the shares, in per cent, whose actions were carried out
    Column("stopped_at", Instant),
    Column("failure", Words),  # why actions could not be carried out the last time
    UniqueConstraint("object_id", "record_id", "clock", "run"),
    Index("ix_formline_clock_next", "next_at"),
)
checklist_tick = Table(
    "formline_checklist_tick",  # items of checklists that are done
    METADATA,
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("machine", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("item", Words, nullable=False),
    Column("user_id", Key),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("object_id", "record_id", "machine", "state", "item"),
)
