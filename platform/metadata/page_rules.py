"""Rules about layouts, list views and apps: nothing is shown twice, every group has entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formline.errors import Level
from formline.metadata.patches import item_name
from formline.metadata.positions import Path
from formline.metadata.rules import Finding, rule


@rule("layout")
def sections(data: dict[str, Any]) -> Iterator[Finding]:
    """Sections and related lists have names of their own; a field stands in the form once."""
    for key in ("form", "related"):
        yield from _named_once(data.get(key, ()), (key,))
    seen: set[str] = set()
    for section, part in enumerate(data.get("form", ())):
        for row, cells in enumerate(part.get("rows", ())):
            for index, cell in enumerate(cells):
                if cell in seen:
                    path = ("form", section, "rows", row, index)
                    message = f'"{cell}" stands twice in the form.'
                    yield Finding("field-twice", message, "keep one of them", path, level=Level.WARNING)
                seen.add(cell)


@rule("layout")
def tables(data: dict[str, Any]) -> Iterator[Finding]:
    """Columns belong to a table, rows to a section of fields."""
    for index, part in enumerate(data.get("form", ())):
        if "columns" in part and "table" not in part:
            hint = "write table: and the name of the children, or rows:"
            yield Finding(
                "contradicting-keys", "Columns without a table.", hint, ("form", index, "columns"), at_key=True
            )


@rule("layout", "list_view")
def columns(data: dict[str, Any]) -> Iterator[Finding]:
    """A column and a sort key stand in a list once."""
    for path, items in _lists(data, ()):
        yield from _named_once(items, path, "duplicate-item")


@rule("app")
def entries(data: dict[str, Any]) -> Iterator[Finding]:
    """Groups have entries, and only they; no entry stands twice."""
    yield from _entries(data["items"], ("items",))
    yield from _entries(data.get("bottom") or [], ("bottom",))


def _entries(items: list[Any], path: Path) -> Iterator[Finding]:
    yield from _named_once(items, path, "duplicate-item")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        here = (*path, index)
        if "group" in item and "items" not in item:
            yield Finding("missing-key", f'The group "{item["group"]}" has no items.', "write items: [...]", here)
        if "items" in item:
            if "group" not in item:
                hint = "write group: and a name first"
                yield Finding("contradicting-keys", "Items inside an entry that is no group.", hint, (*here, "items"))
            yield from _entries(item["items"], (*here, "items"))


def _named_once(items: Any, path: Path, code: str = "duplicate-name") -> Iterator[Finding]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        name = item_name(item)
        if name in seen:
            yield Finding(code, f'"{name}" stands twice in "{path[-1]}".', "keep one of them", (*path, index))
        seen.add(name)


def _lists(value: Any, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("columns", "sort") and isinstance(inner, list):
                yield (*path, key), inner
            else:
                yield from _lists(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _lists(inner, (*path, index))
