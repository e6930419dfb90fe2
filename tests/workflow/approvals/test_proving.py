"""The tests that a definition brings are run, and say what happens instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from formline.workflow.approvals.proving import problems, prove
from tests.fixtures.catalogs import catalog_from
from tests.workflow.approvals.firm import APPROVAL, CONTRACT

TESTS = """
tests:
  small: {record: {amount: 1000, discount: 5}, path: [manager]}
  large: {record: {amount: 800000, discount: 0}, path: [manager, legal, finance]}
  much discount: {record: {amount: 1, discount: 21}, path: [manager, legal, finance]}
"""


def test_tests_that_hold() -> None:
    found = list(prove(catalog_from(CONTRACT, APPROVAL + TESTS)))
    assert [(one.test, one.problem) for one in found] == [("small", ""), ("large", ""), ("much discount", "")]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("a: {record: {amount: 1}, path: [legal]}", '"a" asks manager, not legal.'),
        ("a: {record: {amount: 1}, path: []}", '"a" asks manager, not nobody.'),
        ("a: {record: {amunt: 1}, path: []}", '"a" contract has no field amunt.'),
        ("a: {record: {amount: many}, path: []}", '"a" amount: '),
    ],
)
def test_a_test_that_does_not_hold_says_what_happens(test: str, message: str) -> None:
    found = list(problems(catalog_from(CONTRACT, f"{APPROVAL}tests:\n  {test}\n")))
    assert [one.code for one in found] == ["test-failed"]
    assert found[0].message.startswith(message)
    assert found[0].position is not None


def test_conditions_over_other_records_need_a_database() -> None:
    text = APPROVAL.replace("discount > 20", "owner.name == 'Sam'") + "tests:\n  a: {record: {amount: 1}, path: []}\n"
    found = list(problems(catalog_from(CONTRACT, text)))
    assert "reads other records" in found[0].message


def test_the_command_runs_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from formline.cli.testing import test

    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(test, [], env={"FORMLINE_DATA_DIR": str(tmp_path)})
    assert found.exit_code == 0, found.output
    assert found.output.endswith(" 0 failed\n")
