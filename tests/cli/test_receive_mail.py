"""``formline receive-mail``: a mail on standard input, and what a mail server is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from formline.cli import app
from tests.fixtures.sites import SECRET, MakeSite
from tests.runtime.test_receiving_mail import DESK, mail


def test_a_mail_from_standard_input(
    make_site: MakeSite, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_site(DESK, database_url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORMLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("FORMLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FORMLINE_SECRET_KEY", SECRET)
    robot = bytes(mail(identity="<robot@x>", Precedence="bulk"))
    for form, given, status, said in (
        ("report", bytes(mail()), 0, "made "),
        ("report", bytes(mail()), 0, "not taken: it came before"),
        ("report", robot, 0, "not taken: it was sent to many"),
        ("nothing", bytes(mail()), 78, "There is no web form"),
    ):
        result = CliRunner().invoke(app, ["receive-mail", form], input=given)
        assert result.exit_code == status, result.output
        assert said in result.output
