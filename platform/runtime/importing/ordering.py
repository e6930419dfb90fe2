"""Puts rows that name other rows of the same file behind those they name; rows in a circle are told apart."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Row = TypeVar("Row", bound=Hashable)


def parents_first(rows: Sequence[Row], parent_of: Mapping[Row, Row]) -> tuple[list[Row], set[Row]]:
    """Return ``rows`` in their order but every parent before its children, and the rows that are in a circle.

    ``parent_of`` holds only parents that are rows themselves. Rows below a circle are returned as ordered: they
    fail on their own when their parent is not found.
    """
    ordered: list[Row] = []
    placed: set[Row] = set()
    circle: set[Row] = set()
    for row in rows:
        chain: list[Row] = []
        climbing: set[Row] = set()
        at: Row | None = row
        while at is not None and at not in placed and at not in circle:
            if at in climbing:
                circle.update(chain[chain.index(at) :])
                break
            chain.append(at)
            climbing.add(at)
            at = parent_of.get(at)
        for found in reversed(chain):
            if found not in circle:
                ordered.append(found)
                placed.add(found)
    return ordered, circle
