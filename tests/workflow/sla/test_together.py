"""Workers that carry out the same clocks at once, and workers that are killed: every action happens once."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from tests.test_house import ROOT
from tests.workflow.sla.desk import HOUR, MONDAY, Desk

TICKETS = 60


def start(desk: Desk, after: timedelta) -> subprocess.Popen[str]:
    """Start a process that fires what is due at a time."""
    settings = desk.site.settings
    words = [settings.database_url, str(settings.data_dir), (MONDAY + after).isoformat()]
    command = [sys.executable, "-m", "tests.workflow.sla.firer", *words]
    return subprocess.Popen(command, cwd=Path(ROOT), stdout=subprocess.PIPE, text=True)


def counts(desk: Desk) -> list[tuple[int, int, int]]:
    """Return (told, escalated, how many tickets) as they are."""
    model = desk.site.release.model("ticket")
    told, escalated = model.column("told"), model.column("escalated")
    with desk.site.reading() as connection:
        found = select(told, escalated, func.count()).group_by(told, escalated)
        return [tuple(row) for row in connection.execute(found)]


def fill(desk: Desk) -> None:
    """Open many tickets; the one clock whose actions nobody counts is told to be over."""
    rows = [{"name": str(number)} for number in range(TICKETS)]
    desk.run(lambda unit: unit.create("ticket", rows))


def test_two_workers_at_once_do_everything_once(desk: Desk) -> None:
    fill(desk)
    running = [start(desk, 10 * HOUR) for _ in range(2)]
    for process in running:
        process.communicate(timeout=90)
        assert process.returncode == 0
    assert counts(desk) == [(1, 1, TICKETS)]


def test_a_killed_worker_loses_nothing_and_doubles_nothing(desk: Desk) -> None:
    fill(desk)
    for delay in (0.0, 0.05, 0.15):
        process = start(desk, 10 * HOUR)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)  # somewhere in its work: where does not matter
        process.kill()
        process.wait(timeout=30)
        done = sum(number for told, escalated, number in counts(desk) if (told, escalated) == (1, 1))
        untouched = sum(number for told, escalated, number in counts(desk) if (told, escalated) == (0, 0))
        assert done + untouched == TICKETS
    desk.fire(10 * HOUR)
    assert counts(desk) == [(1, 1, TICKETS)]
