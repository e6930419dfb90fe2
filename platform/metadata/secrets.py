"""Finds what looks like a password or key in a definition, which names secrets and never holds one; reads no file."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from formline.errors import Problem
from formline.metadata.positions import Path, Positions

#: Values that are keys wherever they stand, by who gives them out.
_KNOWN = (
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("a Slack token", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T[A-Za-z0-9/]{10,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Stripe key", r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}"),
    ("an API key", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"),
    ("an address with a password", r"\b[a-z][a-z0-9+.-]*://[^\s/:@{}]+:[^\s/@{}]+@"),
)
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern in _KNOWN))
_NAMED = re.compile(r"(?:^|_)(?:password|passwd|passphrase|secret|token|credential|(?:api|access|private)_?key)s?$")
#: Keys below a telling name whose text is for people.
_WORDS = frozenset({"label", "plural", "help", "message", "description", "placeholder", "type", "reason"})
_TOKEN = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*-]{12,}")
_LEAST_BITS = 3.0


def problems(data: Any, positions: Positions) -> Iterator[Problem]:
    """Yield one problem for each value that looks like a secret; the value itself is not repeated."""
    for path, text in _texts(data, ()):
        what = _what(path, text)
        if what:
            yield Problem(
                "secret-value",
                f"The value looks like {what}.",
                "name the secret instead of writing it, keep the value outside of definitions, and change what was "
                "written here: it may have been seen",
                positions.at(path),
                ".".join(map(str, path)),
            )


def _what(path: Path, text: str) -> str:
    if _ANY.search(text):
        return next(name for name, pattern in _KNOWN if re.search(pattern, text))
    names = [step for step in path if isinstance(step, str)][-2:]
    if names and names[-1] not in _WORDS and any(_NAMED.search(name) for name in names) and _looks_drawn(text):
        return "a password or key"
    return ""


def _looks_drawn(text: str) -> bool:
    """Whether a text is one long word of mixed signs, as a generator draws it, and no name or expression."""
    if not _TOKEN.fullmatch(text) or _bits(text) < _LEAST_BITS:
        return False
    digits = sum(char.isdigit() for char in text)
    mixed = text.lower() != text and text.upper() != text
    return digits * 5 >= len(text) or (mixed and digits > 0)


def _bits(text: str) -> float:
    """Return the entropy of a text in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
