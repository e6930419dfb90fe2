"""The written documentation: links lead somewhere, generated pages are up to date, nothing is left without a word."""

from __future__ import annotations

import configparser
import dataclasses
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from formline.cli import app
from formline.fields.all_types import TYPES
from formline.settings import Settings
from formline.web.api import blueprint
from formline.web.api.reading import LIST_PARAMETERS

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


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            found = command.get_command(context, word)
            assert found is not None
            yield from commands(found, f"{name} {word}")


def test_generated_pages_are_up_to_date() -> None:
    made = [sys.executable, str(ROOT / "docs/reference/generate.py"), "--check"]
    done = subprocess.run(made, capture_output=True, text=True, timeout=60)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0), "run python docs/reference/generate.py"


def test_every_command_and_option_says_what_it_does() -> None:
    silent = []
    for name, command in commands(app, "formline"):
        silent += [name] if not command.help else []
        options = [one for one in command.params if isinstance(one, click.Option)]
        silent += [f"{name} {one.name}" for one in options if not one.help]
    assert silent == []


def test_every_setting_and_parameter_of_a_field_says_what_it_does() -> None:
    entries = [entry for entry in dataclasses.fields(Settings) if entry.name not in ("sources", "warnings")]
    silent = [entry.name for entry in entries if not entry.metadata.get("help")]
    silent += [f"{type_.name}.{one.name}" for type_ in TYPES.values() for one in type_.parameters if not one.help]
    silent += [type_.name for type_ in TYPES.values() if not type_.__doc__]
    assert silent == []


def test_the_page_of_the_api_has_every_address_and_parameter() -> None:
    from flask import Flask

    flask = Flask(__name__)
    flask.register_blueprint(blueprint)
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    missing = [name for name in LIST_PARAMETERS if f"| `{name}` |" not in page]
    for rule in flask.url_map.iter_rules():
        if not rule.endpoint.startswith("api.") or rule.endpoint == "api.nothing":
            continue
        address = rule.rule.removeprefix("/api/v1").replace("uuid:", "").replace("<name>", "<object>")
        address = address.replace("<key>", "<id>")
        wanted = [f"`{method} {address}`" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
        missing += [one for one in wanted if one not in page]
    assert missing == []


@pytest.mark.parametrize("folder", ["howto", "explanation", "reference", "tutorial", "errors"])
def test_a_folder_lists_its_pages(folder: str) -> None:
    listed = LINK.findall((ROOT / "docs" / folder / "README.md").read_text(encoding="utf-8"))
    pages = {page.name for page in (ROOT / "docs" / folder).glob("*.md")} - {"README.md"}
    assert pages - set(listed) == set()


def test_the_architecture_names_every_folder() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = {line.split("`")[1].rstrip("/") for line in text.splitlines() if line.startswith("| `")}
    named = {name for name in named if "." not in name}
    assert [name for name in sorted(named) if not (ROOT / name).is_dir()] == []
    packages = {file.parent for file in (ROOT / "platform").glob("*/__init__.py")}
    packages |= {file.parent for file in (ROOT / "platform/runtime").glob("*/__init__.py")}
    assert {package.relative_to(ROOT).as_posix() for package in packages} - named == set()


def test_setup_cfg_holds_what_can_live_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project) == {"build-system"}
