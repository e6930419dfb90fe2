"""The system calls that a worker may make, as a filter of seccomp; all others fail with EPERM."""

from __future__ import annotations

import errno
import mmap
from typing import Any

#: What an interpreter needs that has everything loaded and only computes, reads and writes its one connection.
ALLOWED = (
    "read",
    "write",
    "recvfrom",
    "recvmsg",
    "sendto",
    "poll",
    "ppoll",
    "close",
    "munmap",
    "mremap",
    "brk",
    "madvise",
    "futex",
    "rt_sigreturn",
    "rt_sigprocmask",
    "sigaltstack",
    "clock_gettime",
    "gettimeofday",
    "getrandom",
    "getrusage",
    "sched_yield",
    "restart_syscall",
    "exit",
    "exit_group",
)
#: Those that give memory, without the right to make it executable.
_MEMORY = ("mmap", "mprotect")


def build() -> Any:
    """Return the filter, ready to be loaded by a child.

    Raises:
        ImportError, RuntimeError, OSError: there is no library, or it cannot.
    """
    import pyseccomp

    made = pyseccomp.SyscallFilter(defaction=pyseccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        try:
            made.add_rule(pyseccomp.ALLOW, name)
        except (ValueError, OSError, RuntimeError):  # a call that this architecture does not have
            continue
    for name in _MEMORY:
        made.add_rule(pyseccomp.ALLOW, name, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, mmap.PROT_EXEC, 0))
    return made
