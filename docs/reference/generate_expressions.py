"""The page of the expression language, from its registry."""

from __future__ import annotations

from pathlib import Path

from formline.expressions import reference

PAGE = Path(__file__).parent / "expressions.md"


def page() -> str:
    """Return the whole page."""
    return reference.page()
