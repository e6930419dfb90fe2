"""Tables of releases and identity: what is live, what each object and field is called in the database."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, Table, Text

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

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
