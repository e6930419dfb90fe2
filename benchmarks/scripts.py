"""Scripts: one run from the host's side, a hundred rows in one run, operations."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement, milliseconds_per_call
from formline.runtime.scripts import conversation
from formline.runtime.scripts.launcher import Launcher

RECORD = {"id": "1", "name": "Anna", "amount": 5}
PATCH = "record.amount = record.amount * 2\nif record.amount > 100:\n    fail('too much', 'amount')"


def measure() -> Iterator[Measurement]:
    """Measure on a zygote of this process."""
    with tempfile.TemporaryDirectory() as folder:
        launcher = Launcher(Path(folder))
        try:
            began = time.perf_counter()
            _run(launcher, "")
            yield Measurement("the first run, zygote started", (time.perf_counter() - began) * 1000, "ms")
            yield from _each(launcher)
        finally:
            launcher.close()


def _each(launcher: Launcher) -> Iterator[Measurement]:
    yield Measurement("a worker taken and ended", milliseconds_per_call(partial(_end, launcher)), "ms")
    for case, source, rows in (
        ("an empty script", "", 1),
        ("a patch of one record", PATCH, 1),
        ("a patch of 100 records in one run", PATCH, 100),
        ("a script with 100 operations", "for i in range(100):\n    find('customer')", 1),
    ):
        taken = milliseconds_per_call(partial(_run, launcher, source, rows))
        yield Measurement(case, taken, "ms", "<= 50 ms" if rows == 100 else "")


def _end(launcher: Launcher) -> None:
    with launcher.worker():
        pass


def _run(launcher: Launcher, source: str, rows: int = 1) -> None:
    start: dict[str, Any] = {"source": source, "object": "customer", "rows": [{"record": RECORD}] * rows}
    ended = conversation.run(launcher, start | {"patches": True}, lambda name, arguments: [], seconds=5)
    assert ended.error is None, ended.error
