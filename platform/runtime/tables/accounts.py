"""Tables of accounts and access: who signs in, and what makes rights."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json, Serial

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
    Column("cause", Words, nullable=False),  # manual | team | transfer | queue | approval | rule:<name>[:script]
    Column("team_role", Words),  # team: the person's part in it
    Column("reason", Words),  # manual: what the giver wrote
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
    Column("seal", Integer),
    Index("ix_formline_security_event_seal", "seal", "id"),
)
