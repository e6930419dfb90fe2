"""``formline script`` on a site of its own: trials show what would happen, and runs how it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from formline.cli import app
from formline.runtime.access.actor import Actor
from formline.runtime.queries import get
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.runtime.worker import Worker, consumers_of
from tests.fixtures.sites import SECRET, published_at
from tests.workflow.scripts.conftest import OBJECTS, script

SHOUT = script("shout", "log('was', record.name)\nrecord.name = record.name.upper()", "when: name == 'never'")
FOLLOW = script("follow", "create('shop', name=record.name)\nif record.amount == 0:\n    fail('Too cheap')",
                runs="after_commit")  # fmt: skip


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return a site that the command line finds, too."""
    url = f"sqlite:///{tmp_path / 'scripts.db'}"
    site = published_at(url, [OBJECTS + SHOUT + FOLLOW], tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET}.items():
        monkeypatch.setenv(f"FORMLINE_{name}", value)
    yield site
    site.close()


def run(*arguments: str, status: int = 0) -> Result:
    """Run a command of ``formline script``."""
    result = CliRunner().invoke(app, ["script", *arguments])
    assert result.exit_code == status, (result.output, result.exception)
    return result


def create(site: Site, **values: object) -> UUID:
    (key,) = run_unit(site, Actor.system(), lambda unit: unit.create("sale", [values]))
    return key


def test_trials_change_nothing_and_runs_are_listed(site: Site) -> None:
    key, cheap = create(site, name="one", amount=1), create(site, name="two", amount=0)
    shown = run("run", "shout", "--record", str(key)).output
    assert "| was one\nname: one -> ONE\n" in shown
    assert "nothing was written" in shown
    told = json.loads(run("run", "follow", "--record", f"sale/{key}", "--json").output)
    assert [(write["operation"], write["object"], write["values"]) for write in told["writes"]] == [
        ("create", "shop", {"name": "one"})
    ]
    failed = run("run", "follow", "--record", str(cheap), status=1).output
    assert "Too cheap" in failed
    with site.reading() as connection:
        assert get(connection, site.release, Actor.system(), "sale", key)["name"] == "one"
    assert run("runs").output == "No script ran.\n"
    worker = Worker(site, [one for one in consumers_of(site) if one.name == "scripts"])
    while worker.step():
        pass
    lines = run("runs", "follow").output
    assert lines.count("  follow  ") == 2
    assert "  done  " in lines
    assert "    Too cheap" in lines


def test_what_is_not_there_is_said(site: Site) -> None:
    assert "no id" in run("run", "shout", "--record", "seven", status=2).output
    for arguments in (("shuot", "--record", str(create(site, name="x"))), ("shout", "--record", str(UUID(int=1)))):
        assert CliRunner().invoke(app, ["script", "run", *arguments]).exception is not None
