"""Checks of documents: every field, expression and related list in them exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.checks.pages import check_columns
from formline.catalog.messages import pieces
from formline.catalog.objects import Object
from formline.catalog.printing import parse, placeholders
from formline.fields.files import FileBase
from formline.metadata.positions import Path


def check_print_template(checker: Checker) -> None:
    """Check a template; one that only names a file is known but not printed."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    if not checker.data.get("body"):
        message = "This version prints what stands in body; the file is not read."
        checker.warning("print-source", message, ("source",), "write the document as body: [...]")
    checker.condition(checker.data.get("when"), ("when",), object_.name)
    _check_text(checker, object_, checker.data.get("file_name"), ("file_name",))
    watermark: Mapping[str, Any] = checker.data.get("watermark") or {}
    checker.condition(watermark.get("when"), ("watermark", "when"), object_.name)
    for index, block in enumerate(checker.data.get("body") or ()):
        _check_block(checker, object_, block, ("body", index))


def _check_block(checker: Checker, object_: Object, block: Mapping[str, Any], path: Path) -> None:
    checker.condition(block.get("when"), (*path, "when"), object_.name)
    _check_text(checker, object_, block.get("html"), (*path, "html"))
    _check_text(checker, object_, block.get("value"), (*path, "value"))
    if "table" in block:
        child = checker.reverse(object_, block["table"], (*path, "table"))
        if child is not None:
            check_columns(checker, child, block.get("columns"), (*path, "columns"))
    if "image" in block:
        field = checker.field(object_, block["image"], (*path, "image"))
        if field is not None and not isinstance(field.shown.type, FileBase):
            message = f'"{field.name}" is of type {field.shown.type.name}, which holds no pictures.'
            checker.error("print-image", message, (*path, "image"), "name a field of type image, signature or file")


def _check_text(checker: Checker, object_: Object, text: Any, path: Path) -> None:
    """Compile the expressions of a text where they stand."""
    if not isinstance(text, str):
        return
    offsets = [offset for number, (_, offset) in enumerate(pieces(text)) if number % 2]
    for offset, placeholder in zip(offsets, placeholders(parse(text)), strict=True):
        checker.expression(placeholder.source, path, object_.name, start=offset, text=text)
