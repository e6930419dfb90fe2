"""Functions of text: by code points, with one explicit set of blanks, never by locale."""

from __future__ import annotations

import re
from decimal import Decimal

from formline.expressions.functions.registry import Function, register
from formline.expressions.numbers import EXACT, LIMIT, MICRO, Number
from formline.expressions.text_limits import MAX_TEXT, short, too_long
from formline.expressions.types import BOOLEAN, INTEGER, NUMBER, TEXT

#: What trim takes off: the same characters in every target.
BLANKS = " \t\n\v\f\r\u0085\u00a0\u2028\u2029\u3000\ufeff"
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{0,20})?")


def trim(text: str) -> str:
    """Take blanks off both ends."""
    return text.strip(BLANKS)


def before(text: str, separator: str) -> str:
    """Return what stands before the first separator; all of it, where there is none."""
    at = text.find(separator)
    return text if at < 0 else text[:at]


def after(text: str, separator: str) -> str:
    """Return what stands after the first separator; nothing, where there is none."""
    at = text.find(separator)
    return "" if at < 0 else text[at + len(separator) :]


def replace(text: str, old: str, new: str) -> str:
    """Replace every ``old``; an empty ``old`` changes nothing."""
    if len(text) * max(len(new), 1) > MAX_TEXT:
        raise too_long()
    return text.replace(old, new) if old else text


def left(text: str, count: Number) -> str:
    """Return the first ``count`` characters."""
    return text[: max(int(count), 0)]


def right(text: str, count: Number) -> str:
    """Return the last ``count`` characters."""
    return text[max(len(text) - max(int(count), 0), 0) :]


def pad(text: str, width: Number, fill: str) -> str:
    """Fill on the left to ``width`` characters, at most 1,000."""
    return text.rjust(min(max(int(width), 0), 1000), fill)


def concat(*texts: str | None) -> str:
    """Join texts; null counts as empty."""
    return short("".join(text or "" for text in texts))


def join(first: str, second: str) -> str:
    """Join two texts (the operator +)."""
    return short(first + second)


def number(text: str) -> Decimal | None:
    """Read a plain decimal number; null where the text is not one."""
    bare = text.strip(BLANKS)
    if not _NUMBER.fullmatch(bare):
        return None
    value = Decimal(bare).quantize(MICRO, context=EXACT)
    return value if -LIMIT < value < LIMIT else None


_BLANKS_SQL = "U&'" + "".join(f"\\{ord(blank):04x}" for blank in BLANKS) + "'"
_COUNT = "greatest(least(trunc({1}), 100000), 0)::int"
_POSITION = "strpos({0}, {1})"
_TRIMMED = f"btrim({{0}}, {_BLANKS_SQL})"
_PLAIN = "'^[+-]?[0-9]{{1,12}}([.][0-9]{{0,20}})?$'"
_BOUNDED = (
    "nullif(nullif(greatest(least(round({value}, 6), 1000000000000), -1000000000000), 1000000000000), -1000000000000)"
)

register(
    Function("text", (TEXT,), TEXT, str, "{0}", "The text itself.", "text(name)", "{0}", variant="text"),
    Function(
        "upper", (TEXT,), TEXT, str.upper, '(upper({0} COLLATE "und-x-icu") COLLATE "C")', "In capitals.", "upper(name)"
    ),
    Function(
        "lower",
        (TEXT,),
        TEXT,
        str.lower,
        '(lower({0} COLLATE "und-x-icu") COLLATE "C")',
        "In small letters.",
        "lower(name)",
    ),
    Function("trim", (TEXT,), TEXT, trim, _TRIMMED, "Without blanks at both ends.", "trim(name)"),
    Function(
        "len",
        (TEXT,),
        INTEGER,
        len,
        "char_length({0})::numeric",
        "How many characters.",
        "len(name)",
        "(length({0}) * 1000000)",
    ),
    Function(
        "contains",
        (TEXT, TEXT),
        BOOLEAN,
        lambda text, part: part in text,
        "(strpos({0}, {1}) > 0)",
        "Whether the second text is in the first.",
        'contains(name, "Ltd")',
        "(instr({0}, {1}) > 0)",
    ),
    Function(
        "starts_with",
        (TEXT, TEXT),
        BOOLEAN,
        str.startswith,
        "starts_with({0}, {1})",
        "Whether the text starts so.",
        'starts_with(name, "A")',
    ),
    Function(
        "ends_with",
        (TEXT, TEXT),
        BOOLEAN,
        str.endswith,
        "(right({0}, char_length({1})) = {1})",
        "Whether the text ends so.",
        'ends_with(name, "GmbH")',
    ),
    Function(
        "before",
        (TEXT, TEXT),
        TEXT,
        before,
        f"CASE WHEN {_POSITION} = 0 THEN {{0}} ELSE left({{0}}, {_POSITION} - 1) END",
        "What stands before the first separator; all, where there is none.",
        'before(name, " ")',
    ),
    Function(
        "after",
        (TEXT, TEXT),
        TEXT,
        after,
        f"CASE WHEN {_POSITION} = 0 THEN '' ELSE substr({{0}}, {_POSITION} + char_length({{1}})) END",
        "What stands after the first separator; nothing, where there is none.",
        'after(email, "@")',
    ),
    Function(
        "replace",
        (TEXT, TEXT, TEXT),
        TEXT,
        replace,
        f"CASE WHEN char_length({{0}})::bigint * greatest(char_length({{2}}), 1) <= {MAX_TEXT}"
        " THEN replace({0}, {1}, {2}) END",
        "With every second text replaced by the third.",
        'replace(phone, " ", "")',
    ),
    Function(
        "left",
        (TEXT, NUMBER),
        TEXT,
        left,
        f"CASE WHEN {{1}} IS NOT NULL THEN left({{0}}, {_COUNT}) END",
        "The first characters.",
        "left(name, 3)",
    ),
    Function(
        "right",
        (TEXT, NUMBER),
        TEXT,
        right,
        f"CASE WHEN {{1}} IS NOT NULL THEN right({{0}}, {_COUNT}) END",
        "The last characters.",
        "right(name, 3)",
    ),
    Function(
        "pad",
        (TEXT, NUMBER, TEXT),
        TEXT,
        pad,
        "CASE WHEN {1} IS NULL THEN NULL WHEN char_length({0}) >= {1} THEN {0}"
        " ELSE lpad({0}, greatest(char_length({0}), least(trunc({1}), 1000), 0)::int, {2}) END",
        "Filled on the left to a width.",
        'pad(code, 5, "0")',
        defaults=(" ",),
        literal=frozenset({2}),
    ),
    Function(
        "concat",
        (TEXT,),
        TEXT,
        concat,
        lambda count: "concat(" + ", ".join(f"{{{i}}}" for i in range(count)) + ")",
        "Joined; null counts as empty, numbers and dates as text.",
        'concat(name, " ", code)',
        variadic=True,
        null_safe=True,
    ),
    Function("join", (TEXT, TEXT), TEXT, join, "({0} || {1})", "Two texts joined.", 'name + "!"'),
    Function(
        "number",
        (TEXT,),
        NUMBER,
        number,
        f"CASE WHEN {_TRIMMED} ~ {_PLAIN} THEN {_BOUNDED.format(value=f'{_TRIMMED}::numeric')} END",
        "The text read as a number, null where it is none.",
        "number(code)",
    ),
)
