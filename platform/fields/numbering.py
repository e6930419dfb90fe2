"""Numbers the platform gives: the pattern ``SO-{company.code}-{date:%Y%m}-{n:4}``; counting is the runtime's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from formline.expressions import types
from formline.expressions.storage_types import Words
from formline.expressions.types import Type
from formline.fields.base import TEXT, FieldType, Parameter, Part
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.fields.sorting import sort_key

#: What a count of its own may follow.
SERIES = ("company", "department", "year", "quarter", "month", "day")


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is the same in every number."""

    text: str


@dataclass(frozen=True, slots=True)
class DatePart:
    """The day of numbering in the site's zone, in ``strftime`` format."""

    format: str


@dataclass(frozen=True, slots=True)
class Counter:
    """The next number, with at least ``width`` digits."""

    width: int


@dataclass(frozen=True, slots=True)
class PathPart:
    """A field of the record or of a linked one."""

    path: tuple[str, ...]


Piece = Literal | DatePart | Counter | PathPart
_PIECE = re.compile(r"\{(?P<name>[a-z][a-z0-9_.]*)(?::(?P<format>[^{}]*))?\}|(?P<text>[^{}]+)")
_DATE_FORMAT = re.compile(r"(%[YymdjVq]|[^%])+")


def parse_pattern(pattern: str) -> tuple[Piece, ...]:
    """Return the pieces of a pattern; ValueError says what is wrong, such as two counters or none."""
    pieces: list[Piece] = []
    index = 0
    while index < len(pattern):
        match = _PIECE.match(pattern, index)
        if match is None:
            raise ValueError(f'unbalanced brace at "{pattern[index:]}"')
        pieces.append(_piece(match))
        index = match.end()
    if sum(isinstance(piece, Counter) for piece in pieces) != 1:
        raise ValueError("it must have {n} exactly once")
    return tuple(pieces)


def _piece(match: re.Match[str]) -> Piece:
    if match["text"]:
        return Literal(match["text"])
    name, format_ = match["name"], match["format"]
    if name == "n":
        if format_ and not format_.isdigit():
            raise ValueError(f"{{n:{format_}}} needs a count of digits")
        return Counter(int(format_ or 1))
    if name == "date":
        if not _DATE_FORMAT.fullmatch(format_ or "%Y%m%d"):
            raise ValueError(f"{{date:{format_}}} knows %Y %y %m %d %j %V")
        return DatePart(format_ or "%Y%m%d")
    return PathPart(tuple(name.split(".")))


def _example(piece: Piece, seed: int) -> str:
    match piece:
        case Literal(text):
            return text
        case Counter(width):
            return str(seed).zfill(width)
        case DatePart():
            return "2026"
        case PathPart():
            return "X"


@register
class AutoNumber(FieldType):
    """A number given once, when the record is created or when ``assigned`` first holds."""

    name, label, icon = "auto_number", "Automatic number", "123"
    parameters = (
        Parameter("pattern", {"type": "string"}, "Text with {n:4}, {date:%Y%m} and {field}.", required=True),
        Parameter("restart_per", {"type": "array", "items": {"enum": list(SERIES)}}, "What has a count of its own."),
        Parameter("gap_free", {"type": "boolean"}, "No number is ever left out.", default=False),
        Parameter("assigned", {"type": "string"}, "The condition on which a record gets its number."),
    )
    writable = False
    operators = TEXT
    searchable = True

    def expression_type(self, field: Field) -> Type:
        """Text."""
        return types.TEXT

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column; a title has its sort key too."""
        return (Part("", Words()), Part("sort", Words())) if field.title else (Part("", Words()),)

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Return the sort key of a title."""
        return {"sort": None if value is None else sort_key(value)} if field.title else {}

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take text, for imports with history and for filters."""
        return str(raw).strip() or None if raw is not None else None

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Text, read-only."""
        return {"type": "string", "readOnly": True}

    def sample(self, field: Field, seed: int) -> str:
        """Return the pattern with the seed as number."""
        return "".join(_example(piece, seed) for piece in parse_pattern(str(field.params["pattern"])))

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Check the pattern."""
        try:
            parse_pattern(str(field.params.get("pattern", "")))
        except ValueError as error:
            hint = 'for example "SO-{date:%Y%m}-{n:4}"'
            yield ("pattern",), "bad-number-pattern", f"The pattern is wrong: {error}.", hint
