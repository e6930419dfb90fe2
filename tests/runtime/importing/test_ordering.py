"""Rows that name other rows of the same file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from formline.runtime.importing.ordering import parents_first


def test_parents_come_first_whatever_their_place() -> None:
    """The chain 0 <- 3 <- 1 is turned round; rows without parents keep their order."""
    assert parents_first([0, 1, 2, 3], {0: 3, 3: 1}) == ([1, 3, 0, 2], set())


def test_a_circle_is_told_apart() -> None:
    """1 and 2 name each other; 3 names 1 and is merely ordered."""
    ordered, circle = parents_first([0, 1, 2, 3], {1: 2, 2: 1, 3: 1})
    assert circle == {1, 2}
    assert ordered == [0, 3]


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 12)))
def test_every_row_stands_once_and_behind_its_parent(parent_of: dict[int, int]) -> None:
    """Any graph: a permutation, parents before children, and what is in a circle really is."""
    rows = list(range(13))
    ordered, circle = parents_first(rows, parent_of)
    assert sorted([*ordered, *circle]) == rows
    place = {row: index for index, row in enumerate(ordered)}
    assert all(place[parent_of[row]] < place[row] for row in ordered if parent_of.get(row) in place)
    for row in circle:
        at, steps = parent_of[row], 0
        while at != row and steps < 14:
            at, steps = parent_of[at], steps + 1
        assert at == row
