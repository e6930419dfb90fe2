"""The stored sort key of titles: the order people expect of names, pinyin for Chinese; compared by code point."""

from __future__ import annotations

import unicodedata

#: Longer keys only cost room: nobody sorts by the 65th character.
LONGEST = 64


def sort_key(text: str) -> str:
    """Return lower-case text without accents, Chinese characters as pinyin with tone; equal texts give equal keys."""
    head = text[:LONGEST]
    if head.isascii():
        return head.casefold()
    parts = [_pinyin(c) if "\u3400" <= c <= "\U0003134f" else c for c in unicodedata.normalize("NFKC", head)]
    plain = unicodedata.normalize("NFKD", "".join(parts))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def _pinyin(character: str) -> str:
    """Return ``zhang1张``: the sound first, the character itself to keep equal sounds apart."""
    from pypinyin import Style, lazy_pinyin

    return f"{lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0]}{character}"
