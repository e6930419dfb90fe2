"""The queue of SQLite's writers: one at a time, in order of arrival, nobody waits for the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from formline.runtime.writer_queue import WriterQueue

HOLDER = """
import sys, time
from pathlib import Path
from formline.runtime.writer_queue import WriterQueue
with WriterQueue(Path(sys.argv[1])).turn():
    print("in", flush=True)
    time.sleep(600)
"""


def test_only_one_thread_is_inside(tmp_path: Path) -> None:
    queue = WriterQueue(tmp_path / "lock")
    inside = 0
    most = 0
    total = 0

    def work() -> None:
        nonlocal inside, most, total
        for _ in range(50):
            with queue.turn():
                inside += 1
                most = max(most, inside)
                total += 1
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (most, total) == (1, 200)


def test_turns_are_taken_in_the_order_of_arrival(tmp_path: Path) -> None:
    queue = WriterQueue(tmp_path / "lock")
    order: list[int] = []

    def work(number: int) -> None:
        with queue.turn():
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    with queue.turn():
        for arrived, thread in enumerate(threads, start=2):
            thread.start()
            wait_for_ticket(tmp_path / "lock", arrived)
    for thread in threads:
        thread.join(timeout=10)
    assert order == list(range(6))


def wait_for_ticket(file: Path, number: int) -> None:
    """Return when ticket ``number`` was given out."""
    waiting = threading.Event()
    for _ in range(2000):
        if int.from_bytes(file.read_bytes()[:8], "little") >= number:
            return
        waiting.wait(0.005)
    pytest.fail("the thread never asked for its turn")


def test_a_killed_process_gives_its_turn_away(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(timeout=10)
        entered = threading.Event()

        def work() -> None:
            with WriterQueue(lock).turn():
                entered.set()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        assert entered.wait(10)
