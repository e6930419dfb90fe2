"""Names in definitions: their pattern, what is reserved, and the nearest known name for a misspelt one."""

from __future__ import annotations

import difflib
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_LENGTH = 40
RESERVED_ROOTS = frozenset({"this", "old", "user", "submitter", "candidate", "input", "item", "setting"})
#: Fields every record has and no definition declares; owner, department and company may be declared to say more.
SYSTEM_FIELDS = frozenset(
    {"id", "created_at", "created_by", "updated_at", "updated_by", "version", "approval_status", "record_type"}
)
#: What those are where they are declared; the organisation itself has its own.
OWNERSHIP: Mapping[str, Mapping[str, str]] = {
    "owner": {"type": "user"},
    "department": {"type": "department"},
    "company": {"type": "lookup", "to": "company"},
}
ORGANISATION = frozenset({"user", "department", "company", "group"})
#: Words people write for a condition, and the word the language has.
CONDITION_WORDS = {
    "if": "when",
    "condition": "when",
    "conditions": "when",
    "on_condition": "when",
    "unless": "when: not (...)",
    "only_if": "when",
    "filter": "where",
    "assert": "check",
    "validate": "check",
    "show_if": "visible",
    "visible_if": "visible",
    "visible_when": "visible",
    "hidden": "visible: not (...)",
    "hide": "visible: not (...)",
    "required_if": "required",
    "required_when": "required",
    "mandatory": "required",
    "readonly": "read_only",
    "read_only_if": "read_only",
    "read_only_when": "read_only",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name most like ``word``, or ``""`` when none is."""
    word = word.lower()
    scores = {name: _likeness(word, name) for name in known}
    best = max(scores, key=lambda name: scores[name], default="")
    return best if scores.get(best, 0.0) >= 0.65 else ""


def _likeness(word: str, name: str) -> float:
    """Return 0..1.1: swapped letters and a common beginning count more than common letters."""
    if sorted(word) == sorted(name):
        return 1.0
    return difflib.SequenceMatcher(None, word, name).ratio() + (0.1 if word[:1] == name[:1] else 0.0)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean "x"?``, or the list of a few known names, or ``""``."""
    names = sorted(known)
    found = nearest(word, names)
    if found:
        return f'did you mean "{found}"?'
    return f"one of: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def suggestion(word: str) -> str:
    """Return a legal name made from ``word``, or ``""``."""
    plain = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    made = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")[:MAX_LENGTH]
    if made in RESERVED_ROOTS or keyword.iskeyword(made):
        made += "_"
    return made if NAME.fullmatch(made) else ""
