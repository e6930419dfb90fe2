"""The reference pages are what the schemas say, and say something about every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from formline.metadata import reference, schemas
from formline.metadata.kinds import SUPPORTED

FOLDER = Path(__file__).parents[2] / "docs/reference/kinds"
PAGES = reference.pages()


def test_there_is_a_page_per_kind_and_one_of_shared_parts() -> None:
    assert set(PAGES) == {*SUPPORTED, "parts"}
    assert {page.stem for page in FOLDER.glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_up_to_date(name: str) -> None:
    written = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert written == PAGES[name], "run python docs/reference/generate.py"


@pytest.mark.parametrize("kind", SUPPORTED)
def test_every_key_is_on_its_page(kind: str) -> None:
    keys = {path.rpartition(".")[2] for path in re.findall(r"^\| `([^`]+)` \|", PAGES[kind], flags=re.MULTILINE)}
    schema = schemas.own_schema(kind)
    for part in (schema, *schema.get("$defs", {}).values()):
        assert set(part.get("properties", {})) <= keys


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_link_leads_to_a_heading(name: str) -> None:
    for file, anchor in re.findall(r"\]\(([a-z.]*)#([a-z-]+)\)", PAGES[name]):
        target = PAGES[file.removesuffix(".md") or name]
        assert f"\n## {anchor.replace('-', ' ')}\n" in target, (file, anchor)
