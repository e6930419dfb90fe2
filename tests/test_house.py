"""The repository keeps its own rules: the folder that is imported, the size and the names of its modules."""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLATFORM = ROOT / "platform"
MODULES = sorted(PLATFORM.rglob("*.py"))
LONGEST = 450
DUMPING_GROUNDS = {"util.py", "utils.py", "helper.py", "helpers.py", "misc.py", "common.py"}


def relative(path: Path) -> str:
    """Return the path as it is written in this repository."""
    return path.relative_to(ROOT).as_posix()


def test_platform_has_no_init_so_that_the_standard_librarys_platform_stays_visible() -> None:
    assert not (PLATFORM / "__init__.py").exists()
    found = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[sys.platform]


def test_setup_cfg_lists_exactly_the_packages_on_disk() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = setup["options"]["packages"].split()
    folders = {path.parent.relative_to(PLATFORM) for path in PLATFORM.rglob("__init__.py")}
    found = {".".join(("formline", *folder.parts)) for folder in folders}
    assert listed == sorted(listed)
    plugins = {path.parent.relative_to(ROOT / "plugins") for path in (ROOT / "plugins").rglob("__init__.py")}
    found |= {".".join(("formline.shipped_plugins", *folder.parts)) for folder in plugins}
    assert set(listed) == found | {"formline", "formline.shipped_definitions"}


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in MODULES} - {PLATFORM}
    assert [relative(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_type_checkers_see_the_folder_under_its_import_name() -> None:
    link = ROOT / "typings" / "formline"
    assert link.is_symlink()
    assert link.resolve() == PLATFORM


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_module_is_small_documented_and_named_after_what_it_holds(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST
    assert module.name not in DUMPING_GROUNDS
    assert ast.get_docstring(ast.parse(source)), "the first line says what lives here and what must not"
