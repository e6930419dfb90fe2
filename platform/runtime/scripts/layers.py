"""The layers that lock a worker in: each is put on where the machine has it, and said; nothing of scripts lives here.

The order matters: the user id before privileges are given up, then Landlock (it opens a file), then the limit of open
files, then the filter of system calls, which refuses all of these.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Any

from formline.runtime.scripts import landlock, system_calls

MEGABYTE = 1 << 20
#: Address space of one worker, in MB, on top of what the zygote has, which is mostly shared with it.
MEMORY = 96
#: Seconds of processor time before the kernel ends a worker, whatever the host does.
PROCESSOR = 20
#: The first of the user ids of workers; each running one has its own, so that none can send another a signal.
_FIRST_ID, _IDS = 1_900_000_000, 4_194_304
_NOBODY = 65_534
_NEW_NETWORK, _NEW_USERS = 0x4000_0000, 0x1000_0000
_SET_DUMPABLE, _SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 4, 1, 38

Layers = dict[str, str]


class Preparing:
    """What the zygote does once for all workers; ``on`` and ``off`` say of each layer what it is, or why it is not."""

    def __init__(self) -> None:
        """Leave the network and build the filter."""
        self.on: Layers = {"process": "own process for each run"}
        self.off: Layers = {}
        self.filter: Any = None
        self._library = ctypes.CDLL(None, use_errno=True)
        self._leave_network()
        try:
            self.filter = system_calls.build()
        except Exception as error:
            self.off["system_calls"] = _why(error)

    def _leave_network(self) -> None:
        for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USERS):
            if self._library.unshare(flags) == 0:
                self.on["network"] = "own namespace without any"
                return
        self.off["network"] = os.strerror(ctypes.get_errno())

    def enter(self, highest_file: int) -> None:
        """Lock the calling process in; files above ``highest_file`` cannot be opened from then on."""
        steps = (
            ("limits", self._limit),
            ("user", self._change_user),
            ("privileges", self._give_up_privileges),
            ("files", self._leave_files),
        )
        for name, step in steps:
            self._try(name, step)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest_file + 1, highest_file + 1))
        if self.filter is not None:
            self._try("system_calls", self._filter_calls)
        if "system_calls" in self.on and "network" not in self.on:
            del self.off["network"]
            self.on["network"] = "system calls of the network refused"

    def _try(self, name: str, step: Any) -> None:
        try:
            self.on[name] = step()
            self.off.pop(name, None)
        except Exception as error:
            self.off[name] = _why(error)

    def _limit(self) -> str:
        memory = _address_space() + MEMORY * MEGABYTE
        for what, value in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, PROCESSOR),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NPROC, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_MSGQUEUE, 0),
        ):
            resource.setrlimit(what, (value, value))
        sys.setrecursionlimit(400)
        return f"{MEMORY} MB, {PROCESSOR} s of processor time, no files, no processes"

    def _change_user(self) -> str:
        if os.geteuid() != 0:
            raise PermissionError("not started as root")
        os.setgroups([])
        for number in (_FIRST_ID + os.getpid() % _IDS, _NOBODY):
            try:
                os.setresgid(number, number, number)
                os.setresuid(number, number, number)
            except OSError:  # a container that maps few ids
                continue
            return "a user id of its own" if number != _NOBODY else "the user id of nobody"
        raise PermissionError("no other user id may be taken")

    def _give_up_privileges(self) -> str:
        for option, value in ((_SET_NO_NEW_PRIVILEGES, 1), (_SET_DUMPABLE, 0), (_SET_DEATH_SIGNAL, signal.SIGKILL)):
            if self._library.prctl(option, value, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return "none can be gained"

    def _leave_files(self) -> str:
        return f"Landlock {landlock.restrict()}"

    def _filter_calls(self) -> str:
        self.filter.load()
        return f"{len(system_calls.ALLOWED) + 2} allowed, by seccomp"


def _address_space() -> int:
    """Return the bytes of address space of this process."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _why(error: Exception) -> str:
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error) or type(error).__name__
