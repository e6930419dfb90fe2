"""The how-to pages are carried out: their files are written, their commands run here, their requests sent for real."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from formline.cli import main
from formline.runtime.access.actor import Actor
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.settings import load
from formline.web import create_app
from formline.web.auth import accounts, passwords
from tests.fixtures.web_server import Serve
from tests.test_tutorials import matches

FOLDER = Path(__file__).parents[1] / "docs" / "howto"
_BLOCK = re.compile(r"^```(yaml|csv|console)\n(.*?)^```$", re.M | re.S)
PAGES = [page for page in sorted(FOLDER.glob("*.md")) if "```console" in page.read_text(encoding="utf-8")]
ADDRESS = "http://127.0.0.1:8000"


class Reader:
    """Somebody who follows a page: an empty folder, a shell, and a server once the page talks to one."""

    def __init__(self, folder: Path, serve: Serve) -> None:
        self.folder = folder
        self.serve = serve
        self.site: Site | None = None
        self.address = ""
        self.token = ""

    def write(self, kind: str, body: str) -> None:
        """Write a file of the page: the first line names it, and is no part of a spreadsheet."""
        first, _, rest = body.partition("\n")
        file = self.folder / first.removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rest if kind == "csv" else body, encoding="utf-8")

    def run(self, command: str) -> str:
        """Run a command and return everything it prints."""
        words = shlex.split(command)
        if words[0] == "curl":
            return self._ask(words)
        assert words[0] == "formline"
        if words[1:3] == ["token", "create"]:
            self._sign_up(words[3])
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as ended:
            main(words[1:])
        # 1 is an answer too (refused rows, blockers, a loss); 2 is a command nobody can have meant.
        assert ended.value.code in (0, 1), printed.getvalue()
        if words[1:3] == ["token", "create"]:
            self.token = printed.getvalue().split()[0]
        return printed.getvalue()

    def _ask(self, words: list[str]) -> str:
        if self.site is None:
            self.site = Site.open(load())
            self.address = self.serve(create_app(self.site))
        filled = [word.replace("$TOKEN", self.token).replace(ADDRESS, self.address) for word in words]
        return subprocess.run(filled, capture_output=True, text=True, check=True, timeout=60).stdout

    def _sign_up(self, login: str) -> None:
        """Do what a reader has done in the browser: be the administrator."""
        person = {"name": login.capitalize(), "login": login, "roles": ["administrator"]}
        site = Site.open(load())
        (key,) = run_unit(site, Actor.system(), lambda unit: unit.create("user", [person]))
        with site.writing() as connection:
            accounts.save_password(connection, key, login, passwords.hash_password(passwords.new_password()))
        site.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FORMLINE_DATABASE_URL", "FORMLINE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    reader = Reader(tmp_path, serve)
    for kind, body in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind != "console":
            reader.write(kind, body)
            continue
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            printed = reader.run(command)
            assert matches(expected, printed), f"{command}\n--- shown\n{expected}\n--- printed\n{printed}"
    if reader.site is not None:
        reader.site.close()
