"""The table of runs of automations and other lists of actions: what ran, why, and what waits."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

automation_run = Table(
    "formline_automation_run",  # one row per list, record and cause; it commits with what the actions wrote
    METADATA,
    Column("id", Key, primary_key=True),
    Column("origin", Words, nullable=False),  # automation/NAME, state_machine/NAME.transition.after, ...
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("cause", Words, nullable=False),  # what set it off, so that it happens once: event 12, at 2026-01-01T...
    Column("trigger", Words, nullable=False),  # created, updated, date, button, ...
    Column("state", Words, nullable=False),  # done | skipped | stopped | failed | waiting
    Column("actor_kind", Words, nullable=False),  # who caused it
    Column("actor_id", Key),
    Column("run_as", Words, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("chain", Json, nullable=False),  # [[origin, record id], ...] of the runs that led here
    Column("unit_id", Key),  # the unit that kept what it wrote
    Column("error", Text),
    Column("trace", Json, nullable=False),  # steps, see workflow/actions/running.py
    Column("attempts", Integer, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("milliseconds", Integer, nullable=False),
    Column("wake_at", Instant),  # of a waiting one
    Column("rest", Json),  # of a waiting or failed one: the actions left and what they were given
    UniqueConstraint("record_id", "origin", "cause"),
    Index("ix_formline_automation_run_unit", "unit_id"),
    Index("ix_formline_automation_run_state", "state", "wake_at"),
)
