"""Tables of approvals: versions of definitions in use, instances with their log, tasks, due times, substitutes."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json, Serial

approval_version = Table(
    "formline_approval_version",  # the definitions that instances are pinned to, each once
    METADATA,
    Column("hash", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("data", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)
approval = Table(
    "formline_approval",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", Words, nullable=False),
    Column("version", Words, nullable=False),  # formline_approval_version.hash
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("event", Words, nullable=False),  # create | update | delete | transition
    Column("transition", Words),
    Column("proposal", Json, nullable=False),  # field id -> JSON value: what happens when it passes
    Column("snapshot", Json, nullable=False),  # field id -> JSON value at submission
    Column("submitted", Json, nullable=False),  # the same as of the last submission
    Column("choices", Json),  # step -> ids of the people whom the submitter chose
    Column("status", Words, nullable=False),  # see workflow/approvals/state.py
    Column("revision", Integer, nullable=False),
    Column("submitter_id", Key, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("failure", Text),
    Column("parent_id", Key, index=True),  # the approval that this one is a part of
    Column("parent_path", Json),  # the block in it that started this one
    Index("ix_formline_approval_record", "object_id", "record_id", "submitted_at"),
    Index("ix_formline_approval_submitter", "submitter_id", "submitted_at"),
    Index(
        "ux_formline_approval_running",  # one of a name at a time, parts of others aside
        "object_id",
        "record_id",
        "name",
        unique=True,
        postgresql_where=text("ended_at IS NULL AND parent_id IS NULL"),
        sqlite_where=text("ended_at IS NULL AND parent_id IS NULL"),
    ),
)
approval_event = Table(
    "formline_approval_event",  # the log: replaying it gives the state
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("approval_id", Key, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", Key),
    Column("event", Words, nullable=False),
    Column("data", Json, nullable=False),
    Index("ux_formline_approval_event", "approval_id", "revision", unique=True),
)
approval_task = Table(
    "formline_approval_task",  # the ballots of an instance, as lists need them; derived from the log
    METADATA,
    Column("approval_id", Key, nullable=False),
    Column("ballot", Words, nullable=False),
    Column("step", Words, nullable=False),
    Column("person_id", Key, nullable=False),  # who has something to do with it now, or decided
    Column("state", Words, nullable=False),  # open | consulting | done | closed | waiting
    Column("decision", Words),
    Column("by_id", Key),
    Column("opened_at", Instant, nullable=False),
    Column("done_at", Instant),
    PrimaryKeyConstraint("approval_id", "ballot"),
    Index("ix_formline_approval_task_person", "person_id", "state", "opened_at"),
)
approval_copy = Table(
    "formline_approval_copy",  # who was told of an instance and may read its record
    METADATA,
    Column("approval_id", Key, nullable=False),
    Column("user_id", Key, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("approval_id", "user_id"),
)
approval_timer = Table(
    "formline_approval_timer",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("approval_id", Key, nullable=False, index=True),
    Column("path", Json, nullable=False),
    Column("number", Integer, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
)
approval_substitute = Table(
    "formline_approval_substitute",  # who decides for whom, for a time
    METADATA,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False, index=True),
    Column("substitute_id", Key, nullable=False, index=True),
    Column("object_id", Integer),  # null: everything
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
)
