"""Markup of mails as plain text: scripts and styles left out, in time that grows with its length; pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Signs of markup that are read at all.
LONGEST = 1_000_000
_MANY_LINES = re.compile(r"\n{3,}")
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_NO_TAG = re.compile(r"<(?![a-zA-Z/][^<>]*>)")


class _Reader(HTMLParser):
    """Collects the text of markup; scripts, styles and titles are left out."""

    _SKIPPED = frozenset({"script", "style", "head", "title", "template"})
    _BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or something that is left out."""
        if tag in self._SKIPPED:
            self._skipping.append(tag)
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End what is left out."""
        if self._skipping and tag == self._skipping[-1]:
            self._skipping.pop()
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep text, its blanks as one."""
        if not self._skipping or self._skipping == ["head"]:
            self.parts.append(re.sub(r"\s+", " ", data))


def html_to_text(markup: str) -> str:
    """Return the text of HTML.

    >>> html_to_text("<p>Hello <b>there</b></p><script>x</script>")
    'Hello there'
    """
    reader = _Reader()
    reader.feed(_sound(markup[:LONGEST]))
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _sound(markup: str) -> str:
    """Return markup without comments and declarations, each "<" that opens no tag escaped.

    The parser looks for the end of what was opened from each beginning anew, so that a megabyte of beginnings would
    take hours.
    """
    kept, position = [], 0
    while (begin := markup.find("<!--", position)) >= 0:
        kept.append(markup[position:begin])
        end = markup.find("-->", begin + 4)
        position = end + 3 if end >= 0 else len(markup)
    kept.append(markup[position:])
    return _NO_TAG.sub("&lt;", _DECLARATION.sub("", "".join(kept)))
