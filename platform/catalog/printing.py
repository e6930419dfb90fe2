"""Documents made of one record, as definitions describe them: built here, filled and printed by the upper layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formline.catalog.messages import pieces
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition

#: Words after ``|`` in a placeholder: an amount in Chinese characters.
FILTERS = ("rmb",)
PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
#: What comes first in a block and says its kind.
BLOCKS = ("text", "table", "image", "code")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An expression inside a text, and the filter its value goes through, "" for none."""

    source: str
    filter: str = ""

    @property
    def is_path(self) -> bool:
        """Whether it is a field, or a path through lookups: its value is written as that field's."""
        return PATH.fullmatch(self.source) is not None and self.source not in ("true", "false", "null")


Text = tuple[str | Placeholder, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a document. ``name`` is the related list of a table, the field of an image.

    ``text``: the HTML of a text, or what a square code says. ``width`` is in millimetres.
    """

    kind: str
    name: str
    text: Text = ()
    columns: tuple[str, ...] = ()
    width: int = 40
    when: Expression | bool = True


@dataclass(frozen=True, slots=True)
class PrintTemplate:
    """A document that can be made of records of ``object`` for which ``when`` holds."""

    name: str
    label: str
    object: str
    when: Expression | bool
    body: tuple[Block, ...]
    file_name: Text
    watermark: str
    watermark_when: Expression | bool
    paper: str
    landscape: bool
    style: str


def parse(text: str) -> Text:
    """Cut a text at its placeholders: ``Total {amount | rmb}``."""
    found: list[str | Placeholder] = []
    for number, (piece, _offset) in enumerate(pieces(text)):
        if number % 2:
            found.append(_placeholder(piece))
        elif piece:
            found.append(piece)
    return tuple(found)


def _placeholder(text: str) -> Placeholder:
    source, bar, word = text.rpartition("|")
    if bar and word.strip() in FILTERS:
        return Placeholder(source.strip(), word.strip())
    return Placeholder(text.strip())


def placeholders(text: Text) -> Iterator[Placeholder]:
    """Yield the placeholders of a text."""
    return (piece for piece in text if isinstance(piece, Placeholder))


def build_print_template(catalog: Catalog, definition: Definition) -> PrintTemplate:
    """Make a document's template."""
    data = definition.data
    object_name = str(data["object"])
    watermark: Mapping[str, Any] = data.get("watermark") or {}
    label = str(data.get("label") or humanise(definition.name))
    return PrintTemplate(
        definition.name,
        label,
        object_name,
        _condition(catalog, data.get("when", True), object_name),
        tuple(_block(catalog, block, object_name) for block in data.get("body") or ()),
        parse(str(data.get("file_name") or label)),
        str(watermark.get("text") or ""),
        _condition(catalog, watermark.get("when", True), object_name),
        str(data.get("paper") or "A4"),
        bool(data.get("landscape")),
        str(data.get("style") or ""),
    )


def _block(catalog: Catalog, data: Mapping[str, Any], object_name: str) -> Block:
    kind = next(word for word in BLOCKS if word in data)
    return Block(
        kind,
        str(data[kind]),
        parse(str(data.get("html") or data.get("value") or "")),
        tuple(data.get("columns") or ()),
        int(data.get("width") or 40),
        _condition(catalog, data.get("when", True), object_name),
    )


def _condition(catalog: Catalog, value: Any, object_name: str) -> Expression | bool:
    return value if isinstance(value, bool) else catalog.compiler.compile(value, object=object_name, expects=BOOLEAN)


def templates_of(catalog: Catalog, object_name: str) -> tuple[PrintTemplate, ...]:
    """Return the templates of an object that this version can print, in the order of their definitions."""
    found = []
    for name in catalog.names("print_template"):
        if catalog.source("print_template", name).data.get("object") == object_name:
            template: PrintTemplate = catalog.get("print_template", name)
            if template.body:
                found.append(template)
    return tuple(found)
