"""The table of what came in by web forms and mails: once each, and waiting where a person has to look at it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

submission = Table(
    "formline_submission",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("form", Words, nullable=False),
    Column("nonce", Words, nullable=False),  # the page's, or the hash of a mail's Message-ID: the same is taken once
    Column("state", Words, nullable=False),  # held | taken | discarded
    Column("mailed", Boolean, nullable=False, default=False),
    Column("language", Words, nullable=False),
    Column("reasons", Json, nullable=False),  # why a person has to look at it: words of ours
    Column("values", Json),  # by field, while it is held
    Column("files", Json),  # [id, whether it belongs to the record as a whole] of files that wait with it
    Column("hits", Json),  # [object, id, rule, way, likeness] of records that are the same
    Column("object", Words),  # of what it became
    Column("record_id", Key, index=True),
    Column("created_at", Instant, nullable=False, index=True),
    Column("decided_at", Instant),
    Column("decided_by", Key),
    UniqueConstraint("form", "nonce"),
    Index("ix_formline_submission_form", "form", "state", "id"),
)
