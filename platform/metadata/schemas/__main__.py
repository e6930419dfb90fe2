"""Writes ``definition.json`` again after a schema changed: ``python -m formline.metadata.schemas``."""

from __future__ import annotations

from pathlib import Path

from formline.metadata import schemas

if __name__ == "__main__":
    (Path(__file__).parent / "definition.json").write_text(schemas.editor_file(), encoding="utf-8")
