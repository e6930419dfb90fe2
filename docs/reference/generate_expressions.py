"""Writes the page of the expression language from its registry: ``python docs/reference/generate_expressions.py``."""

from __future__ import annotations

from pathlib import Path

from formline.expressions import reference

PAGE = Path(__file__).parent / "expressions.md"

if __name__ == "__main__":
    PAGE.write_text(reference.page(), encoding="utf-8")
