"""The wheel: everything a user needs is in it, nothing else, and it works where there is no source tree."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
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


@pytest.fixture
def formline(installed: Path) -> list[str | Path]:
    """Return the beginning of a command line of the installed command."""
    return [installed / "bin/python", "-c", "from formline.cli import main; main()"]


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[str], *, seconds: float = 60) -> str:
    """Return the page at ``url`` as soon as the server answers with one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
                return str(answer.read(), "utf-8")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    server.terminate()
    raise AssertionError(f"no answer from {url}:\n{server.communicate(timeout=20)[0]}")


@pytest.fixture
def site(formline: list[str | Path], tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Make a site with the installed command and serve it; return its address and the server."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORMLINE_")}
    subprocess.run([*formline, "init"], cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=120)
    command = [*formline, "serve", "--port", str(port), "--workers", "1"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        yield f"http://127.0.0.1:{port}", server
        server.terminate()
        server.communicate(timeout=30)


def test_the_installed_command_makes_a_site_and_serves_it(site: tuple[str, subprocess.Popen[str]]) -> None:
    address, server = site
    page = wait_for(f"{address}/login", server)
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "--tblr-primary" in wait_for(f"{address}{style}", server)
