"""``formline approvals`` on a site of its own: what runs, a draft over past submissions, a version for what runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from formline.cli import app
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from tests.fixtures.sites import SECRET, publish, settings_for
from tests.workflow.approvals.firm import APPROVAL, CHANGE, CONTRACT, DELETION, ORGANISATION, Firm
from tests.workflow.approvals.test_versions import DRAFT


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """Return a firm whose site the command line finds, and whose objects are the shipped ones."""
    url = f"sqlite:///{tmp_path / 'approvals.db'}"
    settings = settings_for(url, tmp_path)
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for text in [*ORGANISATION.values(), *CONTRACT.split("---\n")]:
        named = YAML(typ="safe").load(text)
        (shipped / named["kind"]).mkdir(exist_ok=True)
        (shipped / named["kind"] / f"{named['name']}.yaml").write_text(text, encoding="utf-8")
    prepare(settings)
    site = Site.open(settings)
    publish(site, [*ORGANISATION.values(), CONTRACT, APPROVAL, CHANGE, DELETION])
    monkeypatch.chdir(tmp_path)
    values = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET, "DEFINITIONS_DIR": str(shipped)}
    for name, value in values.items():
        monkeypatch.setenv(f"FORMLINE_{name}", value)
    yield Firm(site)
    site.close()


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Return a folder with another version of the approval."""
    folder = tmp_path / "draft"
    (folder / "workflows").mkdir(parents=True)
    (folder / "workflows" / "contract_approval.yaml").write_text(DRAFT, encoding="utf-8")
    return folder


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["approvals", *arguments])
    assert result.exit_code == status, (result.output, result.exception)
    return result


def test_a_draft_says_whom_it_would_have_asked(firm: Firm, draft: Path) -> None:
    firm.sign(firm.contract(1000))
    said = run("rehearse", "contract_approval", str(draft)).output
    assert "asked manager: boss; would ask line: boss, legal: lea" in said
    assert "1 submissions, 1 would take another path" in said
    assert "There is no approval 'other'" in run("rehearse", "other", str(draft), status=2).output


def test_running_instances_are_listed_and_taken_to_the_live_version(firm: Firm) -> None:
    key = firm.sign(firm.contract(1000))
    assert key is not None
    publish(firm.site, [*ORGANISATION.values(), CONTRACT, DRAFT, CHANGE, DELETION])
    assert "contract_approval: 1 running, 1 on an earlier version" in run("running").output
    assert "1 of 1 could be taken over" in run("migrate", "contract_approval", "--step", "manager=line").output
    assert firm.open(key) == ["boss@manager"]
    said = run("migrate", "contract_approval", "--step", "manager=line", "--yes").output
    assert f"{key}: line open" in said
    assert firm.open(key) == ["boss@line"]
    assert "contract_approval: 1 running, 0 on an earlier version" in run("running").output
    assert "is not OLD=NEW" in run("migrate", "contract_approval", "--step", "manager", status=2).output
