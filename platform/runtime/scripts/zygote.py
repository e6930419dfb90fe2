"""The process that has everything loaded and forks workers ahead of time; it never reads what a worker writes.

Started as ``python -I -m formline.runtime.scripts.zygote`` with an empty environment. Its standard input is a socket
of who started it: a byte with a connection attached asks for a worker on that connection, its end ends the zygote. An
argument is the number of a listening socket on which others ask. The asker gets, before anything else, one byte
with a handle of the worker's process attached, to kill it with.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass

from formline.runtime.scripts import worker
from formline.runtime.scripts.layers import Preparing

SPARES = 2
#: Seconds after which a worker is killed though its host did not ask for it.
LONGEST = 60.0
#: The worker's files: its connection, and the way on which that arrives.
_CONNECTION, _WAY = 0, 1


@dataclass
class Child:
    """A forked worker: ``way`` hands it its connection, None once it has one; ``until`` is when it is killed."""

    pid: int
    way: socket.socket | None
    until: float = 0.0


class Zygote:
    """Forks spares, hands connections to them, buries the dead."""

    def __init__(self, control: socket.socket, listener: socket.socket | None) -> None:
        """Prepare the layers; spares are forked by :meth:`run`."""
        self.control = control
        self.listener = listener
        self.prepared = Preparing()
        self.children: dict[int, Child] = {}

    def run(self) -> None:
        """Serve until the starter is gone."""
        sources = [self.control, *([self.listener] if self.listener else [])]
        while True:
            self._bury()
            self._fork_spares()
            try:
                ready, _, _ = select.select(sources, [], [], 0.5)
            except InterruptedError:
                continue
            for source in ready:
                connection = self._accept(source)
                if connection is None:
                    return
                with connection, contextlib.suppress(OSError):
                    self._hand_over(connection)

    def _accept(self, source: socket.socket) -> socket.socket | None:
        if source is self.listener:
            return source.accept()[0]
        _, files, _, _ = socket.recv_fds(source, 1, 1)
        return socket.socket(fileno=files[0]) if files else None

    def _hand_over(self, connection: socket.socket) -> None:
        self._bury()
        self._fork_spares()
        child = next(child for child in self.children.values() if child.way is not None)
        way, child.way, child.until = child.way, None, time.monotonic() + LONGEST
        handle = os.pidfd_open(child.pid)
        try:
            socket.send_fds(connection, [b"."], [handle])
        finally:
            os.close(handle)
        if way is not None:
            with way:
                socket.send_fds(way, [b"."], [connection.fileno()])

    def _fork_spares(self) -> None:
        while sum(child.way is not None for child in self.children.values()) < SPARES:
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                self._become_worker(theirs)
            theirs.close()
            self.children[pid] = Child(pid, ours)

    def _become_worker(self, way: socket.socket) -> None:
        try:
            os.dup2(way.detach(), _WAY)
            os.closerange(_WAY + 1, 256)
            os.close(_CONNECTION)
            self.prepared.enter(_WAY)
            with _stream(_WAY) as channel:
                _, files, _, _ = socket.recv_fds(channel, 1, 1)
            if files:
                worker.serve(_stream(files[0]), self.prepared.on, self.prepared.off)
        finally:
            os._exit(0)

    def _bury(self) -> None:
        """Forget children that ended and kill those that are overdue."""
        now = time.monotonic()
        for child in self.children.values():
            if child.way is None and child.until < now:
                os.kill(child.pid, signal.SIGKILL)
        while self.children:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            ended = self.children.pop(pid, None)
            if ended is not None and ended.way is not None:
                ended.way.close()


def _stream(file: int) -> socket.socket:
    """Return an open stream as a socket without asking the kernel what it is: a worker may not ask."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=file)


def main() -> None:
    """Run with the sockets that the starter left open."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in a terminal is for the starter
    listener = socket.socket(fileno=int(sys.argv[1])) if len(sys.argv) > 1 else None
    Zygote(socket.socket(fileno=os.dup(0)), listener).run()


if __name__ == "__main__":
    main()
