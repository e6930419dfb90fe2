"""Writes the reference pages of the kinds of definition: ``python docs/reference/generate.py``."""

from __future__ import annotations

from pathlib import Path

from formline.metadata import reference


def main() -> None:
    """Write one page per kind and one for the parts they share."""
    folder = Path(__file__).parent / "kinds"
    folder.mkdir(exist_ok=True)
    for name, page in reference.pages().items():
        (folder / f"{name}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
