"""Runs native attacks inside a worker's lock, as a process of its own: ``python -m`` with host, canary and attacks."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import socket
import sys
from typing import Any

from formline.runtime.scripts.layers import Preparing

#: Calls that ctypes reaches by the C library's names.
_LIBRARY = ctypes.CDLL(None, use_errno=True)
_NUMBERS = {"bpf": 321, "io_uring_setup": 425, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250}
_NUMBERS |= {"reboot": 169, "init_module": 175, "setns": 308, "process_vm_readv": 310}


def call(name: str, *arguments: Any) -> int:
    """Make a system call; raises where it is refused."""
    if name in _NUMBERS:
        found = _LIBRARY.syscall(_NUMBERS[name], *arguments)
    else:
        function = getattr(_LIBRARY, name)
        function.restype = ctypes.c_long if name == "mmap" else ctypes.c_int
        found = function(*arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), name)
    return int(found)


def attempt(prepared: Preparing, source: str, names: dict[str, Any]) -> str:
    """Lock a child in, run the attack in it, and return what became of it."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(theirs.detach(), 0)
            os.closerange(1, 256)
            stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=0)
            prepared.enter(0)
            try:
                exec(source, names | {"STREAM": stream})  # noqa: S102 - attacks of ours, locked in
                said = "escaped"
            except BaseException as error:
                said = f"stopped: {type(error).__name__}: {error}"
            os.write(0, said.encode())
        finally:
            os._exit(0)
    theirs.close()
    ours.settimeout(10)
    said = ours.recv(4096).decode()
    os.waitpid(pid, 0)
    ours.close()
    return said or "stopped: killed"


def main() -> None:
    """Print what became of each attack."""
    host, canary, attacks = json.loads(sys.stdin.read())
    prepared = Preparing()
    names = {"os": os, "socket": socket, "resource": resource, "HOST": host, "CANARY": canary, "CALL": call}
    print(json.dumps([attempt(prepared, source, names) for source in attacks]))


if __name__ == "__main__":
    main()
