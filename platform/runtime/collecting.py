"""The garbage collector during work that makes very many objects and keeps most: it looks less often."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects between two looks.
ALLOCATIONS = 200_000

_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []
_inside = 0


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Let the collector look rarely: checking a large catalog and importing spend up to half their time on its looks.

    The setting is the process's; it is put back when the last one inside leaves.
    """
    global _inside
    with _lock:
        if not _inside:
            _before[:] = [gc.get_threshold()]
            gc.set_threshold(ALLOCATIONS, *_before[0][1:])
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                gc.set_threshold(*_before[0])
