"""Column types shared by fields and the SQL target: how values in memory are kept on PostgreSQL and SQLite.

SQLite has no exact decimals, instants or arrays, and PostgreSQL sorts text by locale: each type here hides one such
difference. What a field type does with its columns is not said here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from uuid import UUID, SafeUUID

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, LargeBinary, Numeric, Text, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from formline.expressions.types import Kind, Type

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Reads one value of a row; every row of every list passes here, so nothing stands in between.
Reader = Callable[[Any], Any]


def _is_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"


class Exact(TypeDecorator[Decimal]):
    """A decimal of ``scale`` places: ``numeric`` on PostgreSQL, an INTEGER of 10**-scale units on SQLite.

    Values of more places are rounded half-up when written. Reads give Decimal with exactly ``scale`` places.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 6) -> None:
        """Keep the scale; it is part of the column's meaning on SQLite and never changes for a column."""
        super().__init__()
        self.scale = scale
        self._step = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose INTEGER on SQLite, numeric on PostgreSQL."""
        return dialect.type_descriptor(BigInteger() if _is_sqlite(dialect) else Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Take Decimal or int; give the scaled int or the rounded Decimal."""
        if value is None:
            return None
        rounded = Decimal(value).quantize(self._step, context=_WIDE)
        return int(rounded.scaleb(self.scale, _WIDE)) if _is_sqlite(dialect) else rounded

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give a Decimal of ``scale`` places."""
        found: Decimal | None = self.result_processor(dialect, None)(value)
        return found

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Read without SQLAlchemy's general wrapper, which costs as much as the conversion."""
        shift, step = -self.scale, self._step
        if _is_sqlite(dialect):
            return lambda value: None if value is None else Decimal(value).scaleb(shift, _WIDE)
        return lambda value: None if value is None else Decimal(value).quantize(step, context=_WIDE)


class Calculated(TypeDecorator[Decimal]):
    """The number an expression gives: ``numeric`` on PostgreSQL, an INTEGER of millionths on SQLite; never a column.

    Reads give int for ``whole`` numbers, else Decimal.
    """

    impl = Numeric
    cache_ok = True
    _UNITS = 10**6

    def __init__(self, whole: bool = False) -> None:
        """``whole``: the expression only gives whole numbers, as ``count`` does."""
        super().__init__()
        self.whole = whole

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose INTEGER on SQLite, numeric on PostgreSQL."""
        return dialect.type_descriptor(BigInteger() if _is_sqlite(dialect) else Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Take Decimal or int, to compare the number with."""
        if value is None or not _is_sqlite(dialect):
            return value
        return int(_WIDE.multiply(Decimal(value), self._UNITS).to_integral_value(ROUND_HALF_UP))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Give int or Decimal."""
        if value is None:
            return None
        if _is_sqlite(dialect):
            return value // self._UNITS if self.whole else Decimal(value).scaleb(-6, _WIDE)
        return int(value) if self.whole else Decimal(value)


class Instant(TypeDecorator[datetime]):
    """A moment: ``timestamptz`` on PostgreSQL, INTEGER microseconds since 1970 UTC on SQLite; always aware, UTC."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose INTEGER on SQLite, timestamptz on PostgreSQL."""
        return dialect.type_descriptor(BigInteger() if _is_sqlite(dialect) else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Take an aware datetime; a naive one is refused, because nobody knows its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; give an aware datetime")
        return to_microseconds(value) if _is_sqlite(dialect) else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give an aware datetime in UTC."""
        found: datetime | None = self.result_processor(dialect, None)(value)
        return found

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Read without SQLAlchemy's general wrapper."""
        if _is_sqlite(dialect):
            return lambda value: None if value is None else _EPOCH + timedelta(microseconds=value)
        return lambda value: None if value is None else value.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A date without a zone: ``date`` on PostgreSQL, ISO text on SQLite, so that text order is date order."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose TEXT on SQLite, date on PostgreSQL."""
        return dialect.type_descriptor(Text() if _is_sqlite(dialect) else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Take a date; a datetime is refused, because its day depends on a zone."""
        if isinstance(value, datetime):
            raise ValueError(f"{value} is a moment, not a date")
        return value.isoformat() if value is not None and _is_sqlite(dialect) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Give a date."""
        return date.fromisoformat(value) if isinstance(value, str) else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        """Read without SQLAlchemy's general wrapper."""
        from_text = date.fromisoformat
        return (lambda value: None if value is None else from_text(value)) if _is_sqlite(dialect) else None


class Key(TypeDecorator[UUID]):
    """A record's key: ``uuid`` on PostgreSQL, 16 bytes on SQLite."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose a 16-byte BLOB on SQLite, uuid on PostgreSQL."""
        return dialect.type_descriptor(LargeBinary(16) if _is_sqlite(dialect) else Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Take a UUID."""
        return value.bytes if value is not None and _is_sqlite(dialect) else value

    def bind_processor(self, dialect: Dialect) -> Reader | None:
        """Write without SQLAlchemy's general wrapper."""
        return (lambda value: None if value is None else value.bytes) if _is_sqlite(dialect) else None

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Give a UUID."""
        return UUID(bytes=value) if isinstance(value, bytes) else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        """Read without SQLAlchemy's general wrapper; PostgreSQL's driver gives keys as they are."""
        return _key_of if _is_sqlite(dialect) else None


#: A UUID's own slots: the class refuses attributes, and asks an enum for the second at every look.
_set_int, _set_safe, _SAFE = UUID.__dict__["int"].__set__, UUID.__dict__["is_safe"].__set__, SafeUUID.unknown


def _key_of(value: bytes | None) -> UUID | None:
    """Return the UUID of 16 bytes; ``UUID(bytes=...)`` checks its arguments for longer than that takes."""
    if value is None:
        return None
    key = object.__new__(UUID)
    _set_int(key, int.from_bytes(value, "big"))
    _set_safe(key, _SAFE)
    return key


class Codes(TypeDecorator[tuple[str, ...]]):
    """Names of several choices: ``text[]`` on PostgreSQL, a JSON list on SQLite; a tuple in memory."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose JSON text on SQLite, text[] on PostgreSQL."""
        return dialect.type_descriptor(Text() if _is_sqlite(dialect) else ARRAY(Text()))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Take an iterable of names, already in definition order."""
        if value is None:
            return None
        return json.dumps(list(value), ensure_ascii=False) if _is_sqlite(dialect) else list(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        """Give a tuple of names."""
        if value is None:
            return None
        return tuple(json.loads(value)) if isinstance(value, str) else tuple(value)


class CodePointText(Text):
    """PostgreSQL's text whose columns sort by code point; in a CAST the collation may not be written."""


@compiles(CodePointText)
def _code_point_text(type_: CodePointText, compiler: Any, type_expression: Any = None, **options: Any) -> str:
    return 'TEXT COLLATE "C"' if isinstance(type_expression, Column) else "TEXT"


class Words(TypeDecorator[str]):
    """Text in code-point order: ``TEXT COLLATE "C"`` on PostgreSQL, TEXT on SQLite, which compares that way already."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Add the collation on PostgreSQL."""
        return Text() if _is_sqlite(dialect) else CodePointText()


def to_microseconds(value: datetime) -> int:
    """Return whole microseconds from 1970 UTC to ``value``, exact for every year."""
    return (value - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """Return the UTC datetime ``value`` microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=value)


def scale_of(type_: TypeEngine[Any]) -> int:
    """Return how many decimal places a number's column keeps; on SQLite its values are whole units of that."""
    return type_.scale if isinstance(type_, Exact) else 6 if isinstance(type_, Calculated) else 0


def storage_for(type_: Type) -> TypeEngine[Any]:
    """Return the column type that keeps one value of ``type_``; integers are plain integers on both databases."""
    if type_.kind in (Kind.NUMBER, Kind.MONEY):
        return Exact(type_.scale) if type_.scale else BigInteger()
    return _STORAGE[type_.kind]


_STORAGE: dict[Kind, TypeEngine[Any]] = {
    Kind.BOOLEAN: Boolean(),
    Kind.TEXT: Words(),
    Kind.CHOICE: Words(),
    Kind.DATE: Day(),
    Kind.DATETIME: Instant(),
    Kind.MULTI_CHOICE: Codes(),
    Kind.REF: Key(),
    Kind.NULL: Words(),
}
