"""Texts with expressions in braces: ``The receipt has only {amount - allocated} left.``; rendering is the runtime's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from formline.expressions.expression import Expression

if TYPE_CHECKING:
    from formline.catalog.compiling import Compiler


def pieces(text: str) -> Iterator[tuple[str, int]]:
    """Yield literal text and expressions in turn, each with its offset; ``{{`` and ``}}`` are braces.

    An opening brace that is never closed is literal text.
    """
    literal, start, index = "", 0, 0
    while index < len(text):
        pair = text[index : index + 2]
        if pair in ("{{", "}}"):
            literal, index = literal + pair[0], index + 2
            continue
        end = text.find("}", index) if text[index] == "{" else -1
        if end > index:
            yield literal, start
            yield text[index + 1 : end], index + 1
            literal, start, index = "", end + 1, end + 1
        else:
            literal, index = literal + text[index], index + 1
    yield literal, start


def parse_message(text: str, compiler: Compiler, object_name: str) -> tuple[str | Expression, ...]:
    """Return the literal pieces and the compiled expressions of a message; empty pieces are left out."""
    found: list[str | Expression] = []
    for number, (piece, _) in enumerate(pieces(text)):
        if number % 2:
            found.append(compiler.compile(piece, object=object_name))
        elif piece:
            found.append(piece)
    return tuple(found)
