"""Tables of what happens after a commit: events, their deliveries, jobs, notifications."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json, Serial

outbox = Table(
    "formline_outbox",  # one row per unit, object and event
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("unit_id", Key, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("event", Words, nullable=False),  # created | updated | deleted | restored | transition | custom
    Column("record_ids", Json, nullable=False),
    Column("payload", Json),  # field ids changed, transition name, ...
    Column("actor_kind", Words, nullable=False),
    Column("actor_id", Key),
    Column("source", Words, nullable=False),
    Column("release", Integer, nullable=False),
    Column("depth", Integer, nullable=False, default=0),  # how many automations led here
    Column("created_at", Instant, nullable=False),
    Column("dispatched_at", Instant),
    Index("ix_formline_outbox_dispatched", "dispatched_at", "id"),
)
delivery = Table(
    "formline_delivery",  # one row per consumer of an outbox row; its id is the idempotency key of outside effects
    METADATA,
    Column("id", Key, primary_key=True),
    Column("outbox_id", BigInteger, nullable=False),
    Column("consumer", Words, nullable=False),
    Column("lane", Integer, nullable=False, default=0),
    Column("state", Words, nullable=False),  # waiting | running | done | failed | dead | discarded
    Column("attempts", Integer, nullable=False, default=0),
    Column("run_after", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("leased_by", Key),
    Column("error", Text),
    Column("finished_at", Instant),
    UniqueConstraint("outbox_id", "consumer", "lane"),
    Index("ix_formline_delivery_waiting", "state", "run_after", "outbox_id"),
)
job = Table(
    "formline_job",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("args", Json, nullable=False),
    Column("state", Words, nullable=False),  # waiting | running | done | failed | cancelled | discarded
    Column("unique_key", Words, index=True),  # at most one waiting job of a key
    Column("priority", Integer, nullable=False, default=0),
    Column("progress", BigInteger, nullable=False, default=0),
    Column("total", BigInteger),
    Column("message", Text),
    Column("result", Json),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("max_attempts", Integer, nullable=False, default=5),
    Column("run_after", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("leased_by", Key),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Index("ix_formline_job_waiting", "state", "run_after", "priority"),
    Index("ix_formline_job_created_by", "created_by", "created_at"),
)
schedule = Table(
    "formline_schedule",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("next_at", Instant, nullable=False, index=True),
    Column("last_at", Instant),
)
notification = Table(
    "formline_notification",  # what a person should know; the ids grow with time
    METADATA,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("kind", Words, nullable=False),
    Column("title", Text, nullable=False),  # "" where the page words it by kind and values
    Column("body", Text),
    Column("values", Json),
    Column("object_id", Integer),
    Column("record_id", Key),
    Column("url", Text),  # where it leads if not to a record, a path of this site
    Column("actor_id", Key),
    Column("created_at", Instant, nullable=False, index=True),
    Column("read_at", Instant),
    Column("mail_at", Instant, index=True),  # when it goes out by mail; null: not, or it did
    Index("ix_formline_notification_user", "user_id", "read_at", "created_at"),
)
