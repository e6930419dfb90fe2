"""The wheel: everything a user needs is in it, nothing else, and it works where there is no source tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_SOURCES = (".git", ".venv", "node_modules", "var", "build", "dist.new", "*.egg-info", "__pycache__", ".*_cache")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that nothing is left behind in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "sources", symlinks=True, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, folder / "sources"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """Return the names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment that sees our dependencies but not our sources; return its folder."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", packages, wheel],
        check=True,
    )
    # A path file is not read for its own path files: the editable install stays out of sight.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


def files_below(folder: str, *endings: str) -> set[str]:
    """Return the files of the source tree with these endings, relative to ``folder``."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.name.endswith(endings))
    return {path.relative_to(ROOT / folder).as_posix() for path in found}


@pytest.mark.parametrize(
    ("folder", "endings", "inside"),
    [
        ("platform", (".py",), "formline"),
        ("platform", (".html", ".json", ".po"), "formline"),
        ("platform/expressions", (".js",), "formline/expressions"),
        ("platform/web/static/dist", (".js", ".css", ".svg", ".gz", "manifest.json"), "formline/web/static/dist"),
        ("definitions", (".yaml",), "formline/shipped_definitions"),
    ],
)
def test_everything_that_is_needed_is_in_the_wheel(
    names: set[str], folder: str, endings: tuple[str, ...], inside: str
) -> None:
    wanted = {f"{inside}/{name}" for name in files_below(folder, *endings)}
    assert wanted - names == set()


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in names} == {"formline"}
    assert [name for name in names if "/." in name or name.startswith("formline/tests")] == []


def test_the_pages_find_their_files_where_there_is_no_source_tree(installed: Path) -> None:
    code = (
        "from importlib.resources import files; from formline.web.static_files import Assets;"
        "import formline.web as web; print(web.__file__);"
        "print(Assets().asset('app.js'));"
        "print((files('formline.shipped_definitions') / 'objects').is_dir())"
    )
    done = subprocess.run([installed / "bin/python", "-c", code], capture_output=True, text=True, check=True, cwd="/")
    where, script, has_definitions = done.stdout.split()
    assert Path(where).is_relative_to(installed)
    assert script.startswith("/static/dist/app-")
    assert has_definitions == "True"
