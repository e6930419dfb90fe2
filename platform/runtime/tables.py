"""The platform's own tables (prefix ``formline_``); objects' tables are compiled in release.py.

Object and field references are permanent ids, never names. ``schema.py`` creates and migrates these tables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from formline.expressions.storage_types import Instant, Key, Words

METADATA = MetaData()
Json: TypeEngine[Any] = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER counts by itself on SQLite

# --- releases and identity -------------------------------------------------------------------------------------------

live = Table(
    "formline_live",  # one row: what is live; `revision` moves with every switch: one number tells whether to reload
    METADATA,
    Column("id", Integer, primary_key=True),  # always 1
    Column("site_id", Key, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("release", Integer),
    Column("phase", Words, nullable=False),  # stable | write_only | public
    Column("other", Integer),  # write_only: the release being prepared; public: the one being left
    Column("muted", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
)
release = Table(
    "formline_release",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", Words, nullable=False),
    Column("source", Text, nullable=False),  # whole merged source, JSON
    Column("physical", Text, nullable=False),  # object/field -> ids, tables, columns, JSON
    Column("site_layer", Json, nullable=False),  # path -> text
    Column("base", Integer),
    Column("going_back", Boolean, nullable=False, default=False),  # a rollback or restore: nothing is converted anew
    Column("author_id", Key),
    Column("author", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("plan", Json, nullable=False),
    Column("language_version", Words, nullable=False),
    Column("code_version", Words, nullable=False),
    Column("state", Words, nullable=False),  # applying | settling | live | retired | abandoned
    Column("steps", Json, nullable=False),  # what apply does, in order
    Column("done", Integer, nullable=False, default=0),  # steps finished
    Column("cursor", Json),  # where an interrupted backfill goes on
    Column("created_at", Instant, nullable=False),
    Column("published_at", Instant),
)
object_ = Table(
    "formline_object",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Words, nullable=False),
    Column("table_name", Words, nullable=False, unique=True),
    Column("release", Integer, nullable=False),
    Column("quarantined_at", Instant),
    Column("purged_at", Instant),
)
field = Table(
    "formline_field",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("object_id", Integer, nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("release", Integer, nullable=False),
)
column = Table(
    "formline_column",  # every physical column and join table ever made; names are never reused
    METADATA,
    Column("table_name", Words, nullable=False),
    Column("column_name", Words, nullable=False),  # "" for a join table
    Column("field_id", Integer, nullable=False, index=True),
    Column("part", Words, nullable=False),
    Column("storage", Words, nullable=False),
    Column("release", Integer, nullable=False),
    Column("quarantined_at", Instant),
    Column("purged_at", Instant),
    PrimaryKeyConstraint("table_name", "column_name"),
)
lease = Table(
    "formline_lease",  # which release each process still serves
    METADATA,
    Column("process", Key, primary_key=True),
    Column("release", Integer, nullable=False),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("role", Words, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
)
leader = Table(
    "formline_leader",  # who runs a thing that only one process may run
    METADATA,
    Column("name", Words, primary_key=True),
    Column("holder", Key, nullable=False),
    Column("lease_until", Instant, nullable=False),
)
site_file = Table(
    "formline_site_file",  # the site layer as it is being edited; releases keep their own copy
    METADATA,
    Column("path", Words, primary_key=True),
    Column("text", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", Key),
)
setting = Table(
    "formline_setting",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("value", Json),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", Key),
)

# --- accounts and access ---------------------------------------------------------------------------------------------

account = Table(
    "formline_account",
    METADATA,
    Column("user_id", Key, primary_key=True),
    Column("login", Words, nullable=False, unique=True),  # lower case
    Column("kind", Words, nullable=False),  # user | integration | guest
    Column("password_hash", Text),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("epoch", Integer, nullable=False, default=0),  # moves when sessions and cached rights must end
    Column("failed", Integer, nullable=False, default=0),
    Column("locked_until", Instant),
    Column("totp_secret", LargeBinary),  # encrypted
    Column("totp_last_step", BigInteger),
    Column("recovery_codes", Json),  # hashes
    Column("is_admin", Boolean, nullable=False, default=False),
    Column("demo", Boolean, nullable=False, default=False),
    Column("preferences", Json),
    Column("created_at", Instant, nullable=False),
    Column("last_login_at", Instant),
    Column("password_changed_at", Instant),
)
session = Table(
    "formline_session",
    METADATA,
    Column("id", Words, primary_key=True),  # SHA-256 of the cookie's token
    Column("user_id", Key, nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("confirmed_at", Instant),  # last time the password or second factor was given
    Column("second_factor", Boolean, nullable=False, default=False),
    Column("address", Words),
    Column("agent", Words),
    Column("data", Json),
)
token = Table(
    "formline_token",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("hash", Words, nullable=False, unique=True),
    Column("user_id", Key, nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("kind", Words, nullable=False),  # api | mcp | invitation | reset | bootstrap
    Column("scopes", Json),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)
login_attempt = Table(
    "formline_login_attempt",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("login", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("succeeded", Boolean, nullable=False),
    Column("reason", Words),
    Index("ix_formline_login_attempt_login", "login", "at"),
    Index("ix_formline_login_attempt_address", "address", "at"),
)
rate = Table(
    "formline_rate",
    METADATA,
    Column("name", Words, nullable=False),
    Column("window", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("name", "window"),
)
epoch = Table(
    "formline_epoch",  # counters that tell caches to reload: "rights", "tree:<object id>", "settings"
    METADATA,
    Column("name", Words, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
closure = Table(
    "formline_closure",  # trees (departments, managers, any self-lookup) with every ancestor, itself at depth 0
    METADATA,
    Column("field_id", Integer, nullable=False),
    Column("ancestor", Key, nullable=False),
    Column("descendant", Key, nullable=False),
    Column("depth", Integer, nullable=False),
    PrimaryKeyConstraint("field_id", "ancestor", "descendant"),
    Index("ix_formline_closure_descendant", "field_id", "descendant", "depth"),
)
share = Table(
    "formline_share",
    METADATA,
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("principal_kind", Words, nullable=False),  # user | department | department_below | role | group
    Column("principal", Words, nullable=False),  # id or name as text
    Column("level", Words, nullable=False),  # read | read_write
    Column("cause", Words, nullable=False),  # manual | rule:<name> | team | approval
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
    Column("expires_at", Instant),
    PrimaryKeyConstraint("object_id", "record_id", "principal_kind", "principal", "cause"),
    Index("ix_formline_share_principal", "object_id", "principal_kind", "principal", "record_id"),
)
security_event = Table(
    "formline_security_event",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("actor_id", Key),
    Column("event", Words, nullable=False),
    Column("detail", Json),
    Column("address", Words),
)

# --- records ---------------------------------------------------------------------------------------------------------

history = Table(
    "formline_history",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("unit_id", Key, nullable=False, index=True),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("actor_kind", Words, nullable=False),
    Column("actor_id", Key),
    Column("action", Words, nullable=False),  # created | updated | deleted | restored | transition | merged
    Column("source", Words, nullable=False),  # form | api | import | bulk | system
    Column("changes", Json),  # field id -> [old, new] as JSON values
    Column("note", Words),
    Index("ix_formline_history_record", "object_id", "record_id", "id"),
)
deletion = Table(
    "formline_deletion",  # the journal that makes restoring exact
    METADATA,
    Column("deletion_id", Key, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("cause", Words, nullable=False),  # asked | cascade | set_null
    Column("field_id", Integer),  # set_null: the lookup that was emptied ...
    Column("old_value", Json),  # ... and what it held
    Column("at", Instant, nullable=False, index=True),
    Column("actor_id", Key),
    Column("restored_at", Instant),
    Index("ix_formline_deletion", "deletion_id", "object_id"),
    Index("ix_formline_deletion_record", "object_id", "record_id"),
)
sequence = Table(
    "formline_sequence",
    METADATA,
    Column("field_id", Integer, nullable=False),
    Column("scope", Words, nullable=False),  # what it restarts per, e.g. "SZ|2025-01"
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("field_id", "scope"),
)
idempotency = Table(
    "formline_idempotency",
    METADATA,
    Column("actor_id", Key, nullable=False),
    Column("key", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),  # hash of method, path and body
    Column("status", Integer),
    Column("headers", Json),
    Column("body", LargeBinary),
    Column("at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("actor_id", "key"),
)
file = Table(
    "formline_file",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("sha256", Words, nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("storage_key", Words, nullable=False),
    Column("state", Words, nullable=False),  # staged | attached | released
    Column("object_id", Integer),
    Column("field_id", Integer),
    Column("record_id", Key, index=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
)
saved_view = Table(
    "formline_saved_view",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("owner_id", Key, index=True),  # null: shared with everyone
    Column("name", Words, nullable=False),
    Column("shared_with", Json),
    Column("definition", Json, nullable=False),  # field ids, conditions, sort, grouping, columns
    Column("is_default", Boolean, nullable=False, default=False),
    Column("position", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_formline_saved_view_object", "object_id", "owner_id"),
)
recent = Table(
    "formline_recent",
    METADATA,
    Column("user_id", Key, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("pinned", Boolean, nullable=False, default=False),
    PrimaryKeyConstraint("user_id", "object_id", "record_id"),
)

# --- after commit ----------------------------------------------------------------------------------------------------

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
    Column("state", Words, nullable=False),  # waiting | running | done | failed | dead
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
    Column("state", Words, nullable=False),  # waiting | running | done | failed | cancelled
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
    "formline_notification",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("kind", Words, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text),
    Column("object_id", Integer),
    Column("record_id", Key),
    Column("created_at", Instant, nullable=False),
    Column("read_at", Instant),
    Index("ix_formline_notification_user", "user_id", "read_at", "created_at"),
)
