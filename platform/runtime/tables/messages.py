"""Tables of what is exchanged with other systems: where integrations are, what they were told and what they told."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

integration = Table(
    "formline_integration",  # what a site adds to a definition of kind integration
    METADATA,
    Column("name", Words, primary_key=True),
    Column("user_id", Key, nullable=False),  # the account whose rights it has
    Column("state", Words, nullable=False),  # active | paused
    Column("reason", Words),  # paused: person | failing | gone
    Column("sealed", Text, nullable=False),  # address, secrets and path key, encrypted
    Column("failures", Integer, nullable=False, default=0),  # one after the other
    Column("failing_since", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Key),
)
sent = Table(
    "formline_sent",  # one row per message to an integration; its id is the message's; what it says is read when sent
    METADATA,
    Column("id", Key, primary_key=True),
    Column("integration", Words, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("event", Words, nullable=False),
    Column("record_ids", Json, nullable=False),
    Column("payload", Json, nullable=False),  # ids of fields, name of the transition
    Column("state", Words, nullable=False),  # waiting | held | done | nothing | failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("status", Integer),  # of the last answer
    Column("error", Words),  # of the last attempt: a word of ours, never of the answer
    Column("milliseconds", Integer),
    Column("created_at", Instant, nullable=False, index=True),
    Column("due_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_formline_sent_integration", "integration", "state", "id"),
)
received = Table(
    "formline_received",  # one row per message of an integration, kept before it is answered
    METADATA,
    Column("id", Key, primary_key=True),
    Column("integration", Words, nullable=False),
    Column("message_id", Words, nullable=False),  # the sender's: the same one is taken once
    Column("body", Json),
    Column("state", Words, nullable=False),  # waiting | done | failed
    Column("report", Json),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("received_at", Instant, nullable=False, index=True),
    Column("ended_at", Instant),
    UniqueConstraint("integration", "message_id"),
    Index("ix_formline_received_integration", "integration", "state", "id"),
)
mail_address = Table(
    "formline_mail_address",  # addresses whose mails came back, as a keyed hash
    METADATA,
    Column("digest", Words, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("reason", Words, nullable=False),  # the status code of the refusal
)
