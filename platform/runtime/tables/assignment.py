"""Tables of assignment: whose turn it is, and why somebody got a record."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json, Serial

assignment_round = Table(
    "formline_assignment_round",  # locked while somebody is chosen; the number of the last turn
    METADATA,
    Column("rule", Words, nullable=False),
    Column("row", Words, nullable=False),
    Column("turn", BigInteger, nullable=False),
    PrimaryKeyConstraint("rule", "row"),
)
assignment_turn = Table(
    "formline_assignment_turn",  # each person's last turn in a round
    METADATA,
    Column("rule", Words, nullable=False),
    Column("row", Words, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("turn", BigInteger, nullable=False),
    PrimaryKeyConstraint("rule", "row", "user_id"),
)
assignment_log = Table(
    "formline_assignment_log",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("rule", Words, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("user_id", Key),  # who got it; null: nobody, or a queue
    Column("steps", Json, nullable=False),  # [{"row", "outcome", "passed": [[user id, why], ...]}, ...]
    Index("ix_formline_assignment_log_record", "object_id", "record_id", "id"),
)
