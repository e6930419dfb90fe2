"""The tables of imports and exports: what was brought in by which units, what was taken out; no values of records."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json, Serial

import_ = Table(
    "formline_import",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("name", Words, nullable=False),  # of the file, for people
    Column("file", Words),  # key in the store; null once it was collected
    Column("source", Json, nullable=False),  # format, encoding, delimiter, sheet, header_row
    Column("headings", Json),  # as the file has them; null for an import through a mapping of the catalog
    Column("samples", Json),  # the first rows as texts, for choosing fields
    Column("mapping", Json),  # as a definition of kind mapping; null: not chosen yet
    Column("mapping_name", Words),  # a mapping of the catalog
    Column("refused_file", Words),  # key in the store: the rows that did not become records
    Column("check_job", Key),
    Column("run_job", Key, index=True),
    Column("undo_job", Key),
    Column("parent_id", Key),  # the import whose rejected rows this one mends
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key),
    Index("ix_formline_import_created", "created_by", "created_at"),
)
import_unit = Table(
    "formline_import_unit",  # with the history of these units an import is undone
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("import_id", Key, nullable=False, index=True),
    Column("unit_id", Key, nullable=False),
)
export = Table(
    "formline_export",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("format", Words, nullable=False),  # csv | xlsx
    Column("columns", Json, nullable=False),  # paths, in order
    Column("rights", Words),  # a hash of the rights it was made with
    Column("file", Words),  # key in the store; null: not there yet, or collected
    Column("size", BigInteger),
    Column("rows", Integer),
    Column("job", Key, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Key, nullable=False),
    Index("ix_formline_export_created", "created_by", "created_at"),
)
