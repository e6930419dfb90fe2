"""The page of the language says everything there is, and what its registry says."""

from __future__ import annotations

from pathlib import Path

from formline.expressions import reference
from formline.expressions.aggregates import AGGREGATES
from formline.expressions.calls import SPECIAL

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"


def test_every_word_is_explained() -> None:
    assert set(reference.WORDS) == {*SPECIAL, *AGGREGATES}


def test_the_page_is_what_the_registry_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page()
