"""``formline bounce``: a delivery report on standard input."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from formline.cli import app
from formline.runtime import mailing
from formline.runtime.site import Site
from tests.fixtures.sites import SECRET, MakeSite
from tests.runtime.test_mailing import OBJECT, REPORT


def test_a_report_from_standard_input(
    make_site: MakeSite, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a mail server's alias hands it over; a second time, too, and nonsense."""
    site: Site = make_site([OBJECT], database_url)
    with site.writing() as connection:
        sent = mailing.send(site, connection, "li@example.com", "Hello", "Text")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORMLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("FORMLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FORMLINE_SECRET_KEY", SECRET)
    report = REPORT.format(action="failed", status="5.1.1", identity=sent)
    for given, said in ((report, "1 address marked"), (report, "1 address marked"), ("x", "0 addresses marked")):
        result = CliRunner().invoke(app, ["bounce"], input=given)
        assert (result.exit_code, result.output.strip()) == (0, said), result.exception
