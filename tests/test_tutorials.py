"""The tutorials are executed: their files are written, their commands run, their output compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIALS = sorted((Path(__file__).parents[1] / "docs" / "tutorial").glob("[!R]*.md"))
_BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.M | re.S)
#: What a command of a tutorial needs that a reader has done in the browser.
_PREPARE = {
    "token create admin": [
        "from formline.settings import load; from formline.runtime.site import Site",
        "from formline.runtime.unit import run_unit; from formline.runtime.access.actor import Actor",
        "people = [{'name': 'Admin', 'login': 'admin', 'roles': ['administrator']}]",
        "site = Site.open(load())",
        "run_unit(site, Actor.system(), lambda unit: unit.create('user', people))",
    ]
}


def run(folder: Path, command: str) -> str:
    """Run a command of the tutorial and return everything it prints; it must succeed."""
    words = shlex.split(command)
    assert words[0] == "formline"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORMLINE_")}
    for beginning, lines in _PREPARE.items():
        if command.startswith(f"formline {beginning}"):
            subprocess.run(
                [sys.executable, "-c", "\n".join(lines)], cwd=folder, env=environment, check=True, timeout=60
            )
    done = subprocess.run(
        [sys.executable, "-m", "formline.cli", *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def matches(expected: str, printed: str) -> bool:
    """Compare output line by line; ``...`` stands for the rest of a line or, alone, for any number of lines."""
    pattern = ""
    for line in expected.splitlines():
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part.strip()) for part in line.split("...")).join((r"\s*", r"\s*\n"))
    return re.fullmatch(pattern, printed if printed.endswith("\n") else printed + "\n") is not None


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_does_what_it_says(tutorial: Path, tmp_path: Path) -> None:
    """Every block in order: YAML files are written where their first line says, commands print what is shown."""
    blocks = _BLOCK.findall(tutorial.read_text(encoding="utf-8"))
    assert blocks
    for kind, body in blocks:
        if kind == "yaml":
            file = tmp_path / body.splitlines()[0].removeprefix("# ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body, encoding="utf-8")
            continue
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            printed = run(tmp_path, command)
            assert matches(expected, printed), f"{command}\n--- shown\n{expected}\n--- printed\n{printed}"
