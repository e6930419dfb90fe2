"""Writes one page per group of error codes from their registry: ``python docs/errors/generate.py``."""

from __future__ import annotations

from pathlib import Path

from formline.catalog import codes_objects, codes_uses  # noqa: F401  # describe the codes of the catalog
from formline.expressions import codes as codes_expressions  # noqa: F401  # and those of expressions
from formline.metadata import codes

TITLES = {
    "definitions": "Errors in definitions",
    "expressions": "Errors in expressions",
    "catalog": "Errors between definitions",
}


def main() -> None:
    """Write the page of every group that has codes."""
    codes.load()
    for group in sorted({doc.group for doc in codes.CODES.values()}):
        page = codes.page(group, TITLES[group])
        (Path(__file__).parent / f"{group}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
