"""The written documentation: its links lead somewhere, and no dependency is without a reason."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OUTSIDE = {".venv", "node_modules", "var", "build", "dist", ".git"}
PAGES = sorted(page for page in ROOT.rglob("*.md") if not OUTSIDE & set(page.relative_to(ROOT).parts))
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def dependency_names() -> list[str]:
    """Return the distributions a user installs with Formline."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    required = setup["options"]["install_requires"].split("\n")
    return [re.split(r"[\[<>=!~;]", line)[0].strip() for line in required if line.strip()]


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("name", dependency_names())
def test_every_dependency_has_a_reason(name: str) -> None:
    reasons = (ROOT / "docs/explanation/dependencies.md").read_text(encoding="utf-8")
    rows = [line for line in reasons.splitlines() if line.startswith("| ")]
    assert any(re.search(rf"\b{re.escape(name)}\b", row.split("|")[1]) for row in rows), f"why {name}?"


def test_setup_cfg_holds_what_can_live_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project) == {"build-system"}
