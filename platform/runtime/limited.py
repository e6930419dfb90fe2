"""Runs a module of ours in a limited child process: what reads hostile bytes must not take the server with it.

The child gets no environment but the path of the interpreter, no inherited files, and limits on memory, processor
time, open files and the size of what it writes, which it sets before it reads anything (see :func:`enter`).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from formline.errors import FormlineError

MEGABYTE = 1 << 20
#: What a child says of itself at most; the rest is dropped.
_WORDS = 2_000


class LimitedError(FormlineError):
    """A child process that failed, or went over one of its limits."""

    code = "not_readable"
    status = 422


def run_limited(
    module: str, arguments: Sequence[str | Path], *, data: bytes = b"", megabytes: int = 1024, seconds: int = 10
) -> bytes:
    """Run ``python -m module megabytes seconds *arguments`` with ``data`` as its input and return its output.

    Raises:
        LimitedError: it ended badly; the message is the last line it wrote.
    """
    command = [sys.executable, "-I", "-m", module, str(megabytes), str(seconds), *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603 - our own modules with arguments of ours
            command, input=data, capture_output=True, timeout=seconds + 5, env={}, close_fds=True, check=False
        )
    except subprocess.TimeoutExpired:
        raise LimitedError("It took too long to read.") from None
    if done.returncode:
        lines = done.stderr[-_WORDS:].decode("utf-8", "replace").strip().splitlines()
        raise LimitedError(lines[-1] if lines and done.returncode == 1 else "It went over the limits.")
    return done.stdout


def enter(arguments: Sequence[str]) -> list[str]:
    """Set the limits named by the first two arguments, in the child, and return the others."""
    import resource

    memory, seconds = int(arguments[0]) * MEGABYTE, int(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 * MEGABYTE, 256 * MEGABYTE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return list(arguments[2:])
