"""What every run of a script begins with, and the message of one that failed; who runs it when is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from formline.errors import FormlineError
from formline.runtime.scripts.conversation import ScriptError
from formline.runtime.scripts.records import plain, user_of
from formline.workflow.scripts.definition import Script

if TYPE_CHECKING:
    from formline.runtime.release import Release

#: Seconds of one run after a commit, reads included.
AFTER_COMMIT = 10.0
#: Seconds of one run that chooses people, and of all such runs that one change asks for at a time.
PEOPLE, PEOPLE_TOGETHER = 2.0, 5.0
#: Seconds that all scripts inside one unit may take together.
IN_UNIT = 0.2


def start_of(
    script: Script,
    rows: Sequence[Mapping[str, Any]],
    user: Mapping[str, Any],
    now: datetime,
    today: date,
) -> dict[str, Any]:
    """Return what a worker gets: each row has ``record`` and, inside a save, ``old``."""
    return {
        "source": script.source,
        "object": script.object,
        "rows": list(rows),
        "user": user_of(user),
        "inputs": {name: plain(value) for name, value in script.inputs.items()},
        "now": now,
        "today": today,
        "patches": script.runs == "patch",
    }


def scripts_of(release: Release, object_name: str, *runs: str) -> tuple[Script, ...]:
    """Return an object's scripts of some ways to run, in order."""

    def load() -> tuple[Script, ...]:
        found = [one for one in release.catalog.all("script").values() if one.object == object_name]
        return tuple(sorted((one for one in found if one.runs in runs), key=lambda one: (one.order, one.name)))

    return release.memo(("scripts", object_name, runs), load)


def words_of(script: Script, error: FormlineError, line: int = 0) -> str:
    """Return what people read of a failed script: its own words, or which script failed where.

    ``line``: of the last operation, where the error knows none.
    """
    if isinstance(error, ScriptError) and error.said:
        return error.message
    line = error.line if isinstance(error, ScriptError) else line
    return f"The script {script.label}{f', line {line}' if line else ''}: {error.message}"
