"""Formatted text: a small safe part of HTML, cleaned whenever it is written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any, ClassVar

from formline.expressions.storage_types import Words
from formline.fields.base import Part
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.fields.text import LONG, MAX_LENGTH, TextBase

#: What the editor can make; anything else loses its tags. No images: a remote one tells who reads what and when.
TAGS = frozenset(
    {
        *("p", "br", "hr", "h2", "h3", "h4", "blockquote", "pre", "code", "ul", "ol", "li"),
        *("a", "strong", "b", "em", "i", "u", "s"),
    }
)
ATTRIBUTES = {"a": {"href", "title"}}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_TAG = re.compile(r"<[a-zA-Z/!]")
_BLOCK_END = re.compile(r"(?i)<br\s*/?>|</(?:p|li|h[1-6]|blockquote|pre|div|tr)>|<hr\s*/?>")


@register
class RichText(TextBase):
    """Formatted text, kept as cleaned HTML; filters search its plain text."""

    name, label, icon = "rich_text", "Formatted text", "text-caption"
    parameters = (MAX_LENGTH,)
    limit = LONG
    lines = True
    form_control = read_control = list_cell = edit_cell = "rich_text"
    sortable = groupable = False
    operators: ClassVar[tuple[str, ...]] = ("contains", "is_null")

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The markup, and its plain text for lists and filters."""
        return Part("", Words()), Part("text", Words())

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Return the plain text."""
        return {"text": None if value is None else plain(value)}

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take HTML, or plain text, whose lines become paragraphs; what shows nothing is null."""
        text = super().parse(field, raw, locale)
        if text is None:
            return None
        if not _TAG.search(text):
            text = "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.split("\n") if line.strip())
        cleaned = clean(text)
        return cleaned if plain(cleaned) else None

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check the length, markup included."""
        if len(value) > self.max_length(field):
            yield "too_long", f"At most {self.max_length(field)} characters, this has {len(value)}."

    def json_schema(self, field: Field) -> dict[str, Any]:
        """HTML text."""
        return {"type": "string", "maxLength": self.max_length(field), "contentMediaType": "text/html"}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the plain text for people, the markup for machines and the editor."""
        return "" if value is None else plain(value) if locale.language else str(value)

    def sample(self, field: Field, seed: int) -> str:
        """Return a paragraph."""
        return f"<p>Text <strong>{seed}</strong></p>"

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Nothing contradicts."""
        return ()


def clean(text: str) -> str:
    """Return the HTML without scripts, styles, classes, data attributes, images and unsafe addresses."""
    import nh3

    cleaned = nh3.clean(
        text.replace("&nbsp;", " ").replace("\u00a0", " "),
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
        strip_comments=True,
    )
    return cleaned.strip()


def plain(text: str) -> str:
    """Return the text of cleaned HTML, one line per block."""
    import nh3

    bare = html.unescape(nh3.clean(_BLOCK_END.sub(r"\g<0>" + "\n", text), tags=set()))
    return re.sub(r"[ \t]*\n\s*", "\n", bare).strip()
