"""From text to words of the index: neighbouring characters, two of Chinese, three of plain letters and digits.

``深圳市`` becomes ``深圳 圳市 市``, ``acme`` becomes ``acm cme me e``; a query is a phrase of such words, its end the
beginning of one where it is too short. So any part of a text is found, without a dictionary, in one way on both
databases. Three for letters and digits, because there are only a hundred pairs of digits: each would be in every
tenth telephone number. Titles also get their pinyin and its initials. Pure functions.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

#: Longer texts are indexed by their beginning.
MOST_CHARACTERS = 2_000
#: A run of characters without white space; the rest of a longer one is not looked at.
LONGEST_RUN = 200
MOST_WORDS = 8
#: Stands between runs, so that no phrase crosses from one to the next; no query has it.
GAP = "_"


def runs(text: str, *, joined: bool = False) -> list[str]:
    """Return the runs of letters and digits of a text, folded; ``joined`` makes one run of all (telephone numbers).

    >>> runs("HT-2025/001 Ｓｈｅｎｚｈｅｎ")
    ['ht2025001', 'shenzhen']
    """
    plain = text[:MOST_CHARACTERS]
    folded = plain.lower() if plain.isascii() else unicodedata.normalize("NFKC", plain).casefold()
    parts = [folded] if joined else folded.split()
    found = ((part if part.isalnum() else "".join(filter(str.isalnum, part)))[:LONGEST_RUN] for part in parts)
    return [run for run in found if run]


def grams(run: str) -> list[str]:
    """Return the word that begins at each character of a run.

    >>> grams("ab1华为")
    ['ab1', 'b1', '1华', '华为', '为']
    """
    if run.isascii():
        return [run[i : i + 3] for i in range(len(run))]
    return [run[i : i + _length(run, i)] for i in range(len(run))]


def _length(run: str, place: int) -> int:
    return 3 if run[place : place + 3].isascii() else 2


def phrase(run: str) -> tuple[list[str], str]:
    """Return the words a run of a query certainly has in any text around it, and a beginning that covers its end.

    The beginning is "" where the words reach the end.

    >>> phrase("acme"), phrase("华为"), phrase("华a1"), phrase("a")
    ((['acm', 'cme'], ''), (['华为'], ''), (['华a'], 'a1'), ([], 'a'))
    """
    words: list[str] = []
    covered = 0
    for place in range(len(run)):
        length = _length(run, place)
        if place + length > len(run) or (length == 3 and place + 2 >= len(run)):
            break
        words.append(run[place : place + length])
        covered = place + length
    return words, "" if covered == len(run) else run[len(words) :]


def spoken(run: str) -> Iterator[str]:
    """Yield the pinyin of a run with Chinese characters, and its initials; nothing for other runs.

    >>> list(spoken("张三"))
    ['zhangsan', 'zs']
    """
    if run.isascii() or not any("\u3400" <= c <= "\U0003134f" for c in run):
        return
    from pypinyin import Style, lazy_pinyin

    head = run[:32]
    yield "".join(lazy_pinyin(head, style=Style.NORMAL)).casefold()[:LONGEST_RUN]
    yield "".join(lazy_pinyin(head, style=Style.FIRST_LETTER)).casefold()[:LONGEST_RUN]


def document(text: str, *, title: bool = False, joined: bool = False) -> list[str]:
    """Return the words of a text in order, with gaps; empty where there is nothing to find."""
    found = runs(text, joined=joined)
    if title:
        found += [said for run in found for said in spoken(run) if said.isalnum()]
    words: list[str] = []
    for run in found:
        words += [*([GAP] if words else []), *grams(run)]
    return words


def for_sqlite(words: list[str]) -> str:
    """Return words as FTS5 takes them."""
    return " ".join(words)


def for_postgresql(words: list[str]) -> str:
    """Return words as a tsvector: no parser of the database sees them. Letters and digits need no escaping."""
    return " ".join(f"'{word}':{position}" for position, word in enumerate(words, 1) if word != GAP)


def sqlite_query(run: str) -> str:
    """Return the FTS5 query for a run."""
    words, beginning = phrase(run)
    return f'"{" ".join([*words, beginning])}"*' if beginning else f'"{" ".join(words)}"'


def postgresql_query(run: str) -> str:
    """Return the tsquery for a run, as text to be cast."""
    words, beginning = phrase(run)
    return " <-> ".join([*(f"'{word}'" for word in words), *([f"'{beginning}':*"] if beginning else [])])


def query_words(text: str) -> list[str]:
    """Return the runs a person asked for, the longest first: they are the rarest."""
    return sorted(dict.fromkeys(runs(text)), key=len, reverse=True)[:MOST_WORDS]
