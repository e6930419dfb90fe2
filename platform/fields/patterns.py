"""Regular expressions of definitions: which are allowed, and matching them in linear time; no field type lives here.

A pattern must be one for RE2, which never goes back, and for JavaScript with the flag ``u``, so that server and
browser agree. What only one of the two understands is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

#: RE2 gives a pattern up that would need more than this many bytes; a repetition of repetitions gets there.
_MAX_BYTES = 1 << 20
#: What may follow a backslash in both languages; other letters mean something in one of them only.
_ESCAPED = re.compile(r"\\(?:[dDwWsStnrfv]|[pP]\{[CLMNPSZ][a-z]?\}|x[0-9A-Fa-f]{2}|[\^$\\.*+?()\[\]{}|/])")
_OUTSIDE = re.compile(r"\\[bB]")
_INSIDE = re.compile(r"\\-")
_QUANTIFIER = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_GROUP = re.compile(r"\(\?(?::|<[A-Za-z_][A-Za-z0-9_]*>)")


def problem_of(pattern: str) -> str:
    """Say why a pattern is not allowed, or return ``""``."""
    try:
        _compiled(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else "not understood"
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    foreign = _foreign(pattern)
    return f'the browser does not know "{foreign}"' if foreign else ""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches, in time linear in its length; ``pattern`` is one that a check let pass."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _MAX_BYTES
    options.log_errors = False
    return re2.compile(pattern, options)


def _foreign(pattern: str) -> str:
    """Return the first piece of a pattern for RE2 that JavaScript reads differently or refuses."""
    index, inside = 0, False
    while index < len(pattern):
        char, size = pattern[index], 1
        if char == "\\":
            found = _ESCAPED.match(pattern, index) or (_INSIDE if inside else _OUTSIDE).match(pattern, index)
            if found is None:
                return pattern[index : index + 2]
            size = len(found[0])
        elif inside:
            if char == "[":
                return pattern[index : index + 2]
            inside = char != "]"
        elif char == "[":
            inside, size = True, 2 if pattern[index + 1 : index + 2] == "^" else 1
            if pattern[index + size : index + size + 1] == "]":
                return pattern[index : index + size + 1]
        elif char == "{":
            found = _QUANTIFIER.match(pattern, index)
            if found is None:
                return char
            size = len(found[0])
        elif char in "}]":
            return char
        elif pattern.startswith("(?", index) and _GROUP.match(pattern, index) is None:
            return pattern[index : index + 3]
        index += size
    return ""
