"""Processes that are started again when they die."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

from formline.runtime.scripts.launcher import Launcher, shared_zygote
from formline.runtime.supervising import kept_alive


def test_a_killed_child_is_started_again_until_the_end() -> None:
    started: list[subprocess.Popen[bytes]] = []
    again = threading.Semaphore(0)

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(["sleep", "60"]))
        again.release()
        return started[-1]

    with kept_alive("a sleeper", start, patience=30):
        for number in range(2):
            assert again.acquire(timeout=30)
            started[number].send_signal(signal.SIGKILL)
        assert again.acquire(timeout=30)
        assert started[-1].poll() is None
    assert [child.returncode for child in started] == [-signal.SIGKILL, -signal.SIGKILL, -signal.SIGTERM]


def test_scripts_go_on_when_the_shared_zygote_is_killed(tmp_path: Path) -> None:
    """Who asks for a worker meanwhile gets one from its successor."""
    with shared_zygote(tmp_path):
        launcher = Launcher(tmp_path)
        with launcher.worker(any_lock=True) as worker:
            assert worker.handle >= 0
        (zygote,) = children("formline.runtime.scripts.zygote")
        os.kill(zygote, signal.SIGKILL)
        with launcher.worker(any_lock=True) as worker:
            assert worker.handle >= 0
        assert children("formline.runtime.scripts.zygote") not in ([], [zygote])
    assert children("formline.runtime.scripts.zygote") == []


def children(module: str) -> list[int]:
    """Return the ids of this process's children that run a module."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            if module.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found
