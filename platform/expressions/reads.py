"""What an expression reads, for the caller to fetch; derived from the typed tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from formline.expressions.nodes import Aggregate, Field, Found, Node
from formline.expressions.scope import Path
from formline.expressions.types import Type


@dataclass(frozen=True, slots=True)
class Read:
    """One thing the caller fetches before evaluating in Python.

    ``path`` as in ``Env``: one step is a field of the record (parts in the name: ``amount.base``), more steps are a key
    of ``Env.paths``; a root comes first (``("user", "department")``). ``rows``: for a collection, always a key of
    ``Env.paths``, what each of its rows must hold besides ``id``, paths relative to the row; else None.
    """

    path: Path
    type: Type
    rows: frozenset[Read] | None = None


def reads_of(node: Node, *, row: bool = False) -> frozenset[Read]:
    """Return what ``node`` reads of the record and of roots, or (``row``) of the row at hand of a ``where``."""
    return _merged(_collect(node, row, inside=False))


def _merged(reads: Iterable[Read]) -> frozenset[Read]:
    """Put together what is read of the rows of one collection."""
    found: dict[Path, Read] = {}
    for read in reads:
        known = found.get(read.path)
        if known is not None and known.rows is not None and read.rows is not None:
            read = replace(read, rows=_merged((*known.rows, *read.rows)))
        found[read.path] = read
    return frozenset(found.values())


def _collect(node: Node, row: bool, inside: bool) -> Iterator[Read]:
    """``inside``: below an aggregate, where a row field belongs to that collection and not to the row at hand."""
    if isinstance(node, Field):
        yield from _field(node, row, inside)
    elif isinstance(node, Found):
        if not row:
            yield Read(node.key, node.type)
    elif isinstance(node, Aggregate) and node.rows is not None:
        parts = [part for part in (node.value, node.where) if part is not None]
        if _is_wanted(node.rows, row, inside):
            held = _merged(read for part in parts for read in _rows_of(part))
            yield Read(_full(node.rows), node.rows.type, held)
        if not row:
            for part in parts:
                yield from _collect(part, row, inside=True)
    else:
        for child in node.children():
            yield from _collect(child, row, inside)


def _rows_of(node: Node) -> Iterator[Read]:
    """Reads of the rows of one collection: its own fields, and collections below each row."""
    if isinstance(node, Field):
        if node.row:
            yield Read(node.key, node.type)
    elif isinstance(node, Aggregate) and node.rows is not None:
        if node.rows.row:
            parts = [part for part in (node.value, node.where) if part is not None]
            yield Read(node.rows.path, node.rows.type, _merged(read for part in parts for read in _rows_of(part)))
    else:
        for child in node.children():
            yield from _rows_of(child)


def _is_wanted(field: Field, row: bool, inside: bool) -> bool:
    if row:
        return field.row and not inside
    return not field.row


def _field(field: Field, row: bool, inside: bool) -> Iterator[Read]:
    if _is_wanted(field, row, inside):
        yield Read(_full(field), field.type)


def _full(field: Field) -> Path:
    if not field.path:
        return (field.root,)
    return field.key if field.root in ("", "this") else (field.root, *field.key)
