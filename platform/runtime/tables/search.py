"""The index of the global search: one document per record and field, so that a hidden field is not searched.

SQLite keeps the words in an FTS5 table beside it, maintained by triggers; PostgreSQL in the document's own tsvector.
"""

from __future__ import annotations

from sqlalchemy import DDL, Column, Index, Integer, Table, Text, event
from sqlalchemy.dialects.postgresql import TSVECTOR

from formline.expressions.storage_types import Key
from formline.runtime.tables.base import METADATA, Serial

#: The words of a document, spelt as each database takes them, see search/terms.py.
Terms = Text().with_variant(TSVECTOR(), "postgresql")

search_document = Table(
    "formline_search_document",
    METADATA,
    Column("rid", Serial, primary_key=True),  # grows with every change: the newest come first
    Column("object_id", Integer, nullable=False),
    Column("record_id", Key, nullable=False),
    Column("field_id", Integer, nullable=False),
    Column("terms", Terms, nullable=False),
    Index("ix_formline_search_document_record", "record_id", "field_id"),
    Index("ix_formline_search_document_object", "object_id"),
    Index("ix_formline_search_document_terms", "terms", postgresql_using="gin").ddl_if(dialect="postgresql"),
    sqlite_autoincrement=True,
)

_FTS = (
    "CREATE VIRTUAL TABLE formline_search_words USING fts5("
    "terms, content='formline_search_document', content_rowid='rid', "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")",
    "CREATE TRIGGER formline_search_added AFTER INSERT ON formline_search_document BEGIN "
    "INSERT INTO formline_search_words(rowid, terms) VALUES (new.rid, new.terms); END",
    "CREATE TRIGGER formline_search_removed AFTER DELETE ON formline_search_document BEGIN "
    "INSERT INTO formline_search_words(formline_search_words, rowid, terms) "
    "VALUES ('delete', old.rid, old.terms); END",
)
for _statement in _FTS:
    event.listen(search_document, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
