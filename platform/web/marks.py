"""Markup drawn once with marks in place of values, and filled per request by joining strings.

Macros draw a form, a table row or a record once per layout; what a request adds are the values alone. So every
field is drawn by its macro and no page pays for calling macros.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import current_app
from markupsafe import Markup, escape

OPEN, CLOSE, BETWEEN = "\x02", "\x03", "\x1f"
_MARK = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
_SPECIAL = re.compile(r"""[&<>'"]""").search

S = TypeVar("S")
#: ``fill(source, name, argument) -> escaped text``.
Fill = Callable[[S, str, str], str]


def mark(*parts: str) -> Markup:
    """Return a place to be filled: the kind of fill, a name, an argument."""
    return Markup(OPEN + BETWEEN.join(parts) + CLOSE)  # noqa: S704 - names of definitions, no input


@dataclass(frozen=True, slots=True)
class Segments(Generic[S]):
    """Text with places to fill: ``texts[0] fills[0] texts[1] …``. ``render(source)`` returns it filled."""

    texts: tuple[str, ...]
    fills: tuple[tuple[Fill[S], str, str], ...]
    render: Callable[[S], str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Choose the quickest way of filling: most cells have one place."""
        object.__setattr__(self, "render", _filler(self.texts, self.fills))

    def renamed(self, old: str, new: str) -> Segments[S]:
        """Return the same with another word in texts and names: the number of a table's row."""
        return Segments(
            tuple(text.replace(old, new) for text in self.texts),
            tuple((fill, name.replace(old, new), argument) for fill, name, argument in self.fills),
        )


def _filler(texts: tuple[str, ...], fills: tuple[tuple[Fill[S], str, str], ...]) -> Callable[[S], str]:
    if not fills:
        return lambda source: texts[0]
    if len(fills) == 1:
        (one, name, argument), (before, after) = fills[0], texts
        if not before and not after:
            return lambda source: one(source, name, argument)
        return lambda source: f"{before}{one(source, name, argument)}{after}"

    def fill_all(source: S) -> str:
        parts = [texts[0]]
        for (fill, name, argument), text in zip(fills, texts[1:], strict=True):
            parts.append(fill(source, name, argument))
            parts.append(text)
        return "".join(parts)

    return fill_all


def escaped(value: object) -> str:
    """Return text for markup; most text has nothing to escape, and finding that out is quick."""
    text = value if isinstance(value, str) else str(value)
    return str(escape(text)) if _SPECIAL(text) else text


def compile_text(text: str, fills: Mapping[str, Fill[S]]) -> Segments[S]:
    """Cut drawn markup at its marks."""
    pieces = _MARK.split(text)
    found = []
    for described in pieces[1::2]:
        kind, _, rest = str(described).partition(BETWEEN)
        name, _, argument = rest.partition(BETWEEN)
        found.append((fills[kind], name, argument))
    return Segments(tuple(pieces[::2]), tuple(found))


def macros(template: str) -> Any:
    """Return the macros of a template."""
    return current_app.jinja_env.get_template(template).module
