"""The queue of writers of one SQLite database: first come, first served across processes; no SQL lives here.

SQLite lets a writer wait by sleeping and trying again, so a late one often wins and an early one starves. Here each
writer locks a byte of its own in a lock file and waits for the byte of the writer before it, then for the door. The
kernel frees the bytes of a process that dies, so nobody waits for the dead, and the door alone keeps two out.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DOOR = 1 << 40
_TICKET_WINDOW = (1 << 40) + 1
_COUNTER_SIZE = 8


class WriterQueue:
    """A fair lock on the file ``path``; usable from any thread, not re-entrant."""

    def __init__(self, path: Path) -> None:
        """Remember the lock file; it is made by the first writer."""
        self._path = path

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for this writer's turn and hold it."""
        # A new open file description per turn: its locks conflict with those of other threads, and closing frees all.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            ticket = self._take_ticket(descriptor)
            _wait(descriptor, ticket - 1, exclusive=False)
            _wait(descriptor, _DOOR, exclusive=True)
            yield
        finally:
            os.close(descriptor)

    @staticmethod
    def _take_ticket(descriptor: int) -> int:
        _wait(descriptor, _TICKET_WINDOW, exclusive=True)
        ticket = int.from_bytes(os.pread(descriptor, _COUNTER_SIZE, 0), "little") + 1
        _wait(descriptor, ticket, exclusive=True)
        os.pwrite(descriptor, ticket.to_bytes(_COUNTER_SIZE, "little"), 0)
        _set(descriptor, _TICKET_WINDOW, fcntl.F_UNLCK)
        return ticket


def _wait(descriptor: int, byte: int, *, exclusive: bool) -> None:
    _set(descriptor, byte, fcntl.F_WRLCK if exclusive else fcntl.F_RDLCK)


def _set(descriptor: int, byte: int, kind: int) -> None:
    # struct flock: type, whence, start, length, pid (must be 0 for locks of an open file description).
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, struct.pack("hhqqi4x", kind, os.SEEK_SET, byte, 1, 0))
