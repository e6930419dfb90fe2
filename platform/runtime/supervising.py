"""A child process that is started again when it dies; what the child does is its own business."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

#: A child that lives shorter than this is started again only after a pause, doubled each time.
_SHORT_LIFE = 10.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_log = logging.getLogger("formline.supervisor")


@contextlib.contextmanager
def kept_alive(name: str, start: Callable[[], subprocess.Popen[bytes]], *, patience: float = 0.0) -> Iterator[None]:
    """Keep the process that ``start`` makes running while the block runs, whoever kills it.

    At the end it gets SIGTERM and ``patience`` seconds, then SIGKILL.
    """
    keeper = _Keeper(name, start)
    keeper.begin()
    try:
        yield
    finally:
        keeper.end(patience)


class _Keeper:
    def __init__(self, name: str, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._name, self._start = name, start
        self._ending = threading.Event()
        self._child = start()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name=f"keeper of {name}", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self, patience: float) -> None:
        self._ending.set()
        with self._lock:
            child = self._child
        child.terminate()
        try:
            child.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._thread.join()

    def _watch(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            status = self._child.wait()
            if self._ending.is_set():
                return
            pause = _FIRST_PAUSE if time.monotonic() - began > _SHORT_LIFE else min(pause * 2, _LONGEST_PAUSE)
            _log.warning("%s ended with status %s and is started again in %.1f s", self._name, status, pause)
            self._ending.wait(pause)
            with self._lock:
                if self._ending.is_set():
                    return
                self._child = self._start()
