"""What the doctor says of scripts on machines that lock in much, little or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from formline.errors import Level
from formline.runtime.scripts import doctoring
from formline.runtime.scripts.doctoring import State
from formline.runtime.scripts.launcher import Launcher, Locks


def state_of(folder: Path, mode: str = "locked") -> State:
    launcher = Launcher(folder, mode)
    try:
        return doctoring.examine(launcher)
    finally:
        launcher.close()


def test_a_machine_that_locks_in_has_nothing_to_mend(tmp_path: Path) -> None:
    state = state_of(tmp_path)
    assert (state.runs, state.weak, list(doctoring.problems(state, 3))) == (True, False, [])
    assert "Scripts: on, locked in" in list(state.lines())
    assert any(line.startswith("  files: Landlock") for line in state.lines())


def test_a_machine_that_cannot_is_an_error_only_where_there_are_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator's word makes it a warning that stays."""
    monkeypatch.setattr(Locks, "sufficient", False)
    state = state_of(tmp_path)
    assert not state.runs
    assert [(each.code, each.level) for each in doctoring.problems(state, 2)] == [("scripts-off", Level.ERROR)]
    assert list(doctoring.problems(state, 0)) == []
    weak = state_of(tmp_path, "weak")
    assert [(each.code, each.level) for each in doctoring.problems(weak, 0)] == [("scripts-weak", Level.WARNING)]


def test_scripts_that_are_switched_off_are_said_to_be(tmp_path: Path) -> None:
    assert list(state_of(tmp_path, "off").lines()) == ["Scripts: off. Scripts are switched off on this site."]
