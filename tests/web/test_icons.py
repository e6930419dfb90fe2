"""Every icon that definitions and templates name is in the sprite: a missing one would be an empty square."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IN_SPRITE = set((ROOT / "frontend/icons.txt").read_text(encoding="utf-8").split())
IN_DEFINITION = re.compile(r"\bicon: *([a-z0-9-]+)")
IN_TEMPLATE = re.compile(r"icon\(\s*[\"']([a-z0-9-]+)[\"']")
FILES = [
    *((path, IN_DEFINITION) for path in sorted((ROOT / "definitions").rglob("*.yaml"))),
    *((path, IN_TEMPLATE) for path in sorted((ROOT / "platform/web/templates").rglob("*.html"))),
]
NAMED = [(path, pattern) for path, pattern in FILES if pattern.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("path", "pattern"), NAMED, ids=[path.relative_to(ROOT).as_posix() for path, _ in NAMED])
def test_named_icons_are_in_the_sprite(path: Path, pattern: re.Pattern[str]) -> None:
    assert set(pattern.findall(path.read_text(encoding="utf-8"))) - IN_SPRITE == set()
