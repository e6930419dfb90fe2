"""The host's way to a worker: a zygote that the supervisor started for all, or one of this process; runs no script."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from formline.errors import FormlineError
from formline.runtime.scripts import frames
from formline.runtime.supervising import kept_alive

#: The socket of a shared zygote, in the data folder.
SOCKET = "scripts.sock"
#: Seconds in which a worker must be there and say how it is locked in.
PATIENCE = 10.0


class ScriptsOffError(FormlineError):
    """There is no worker that is locked in well enough; scripts do not run."""

    code = "scripts_off"
    status = 503


@dataclass(frozen=True, slots=True)
class Locks:
    """How a worker says it is locked in: layer -> what it is, layer -> why it is not there."""

    on: dict[str, str]
    off: dict[str, str]

    @property
    def sufficient(self) -> bool:
        """Whether scripts may run without the operator's word."""
        return {"process", "limits", "network"} <= self.on.keys() and bool({"files", "user"} & self.on.keys())


class Worker:
    """A worker of one's own: its connection, and the handle that ends it."""

    def __init__(self, channel: socket.socket) -> None:
        """Take over the connection; the first thing on it is the handle."""
        self.channel = channel
        self.handle = -1
        until = time.monotonic() + PATIENCE
        channel.settimeout(PATIENCE)
        try:
            _, files, _, _ = socket.recv_fds(channel, 1, 1)
            if not files:
                raise OSError("The zygote is gone.")
            self.handle = files[0]
            hello = frames.receive(channel, until) or {}
            self.locks = Locks(_texts(hello.get("layers")), _texts(hello.get("missing")))
        except (frames.FrameError, frames.OverdueError, TimeoutError) as error:
            self.end()
            raise OSError("The worker did not come.") from error
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Kill the process whatever it does, and forget it."""
        if self.handle >= 0:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            os.close(self.handle)
            self.handle = -1
        self.channel.close()


def _texts(found: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


class Launcher:
    """Gives workers; thread-safe. ``folder`` is where a shared zygote listens; ``mode`` is the operator's word.

    Modes: ``locked`` (workers that are locked in, or none), ``weak`` (any), ``off``.
    """

    def __init__(self, folder: Path, mode: str = "locked") -> None:
        """Start nothing yet."""
        self._folder = folder
        self.mode = mode
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    @contextlib.contextmanager
    def worker(self, *, any_lock: bool = False) -> Iterator[Worker]:
        """Yield a worker that waits for its script; it is killed at the end. ``any_lock``: only to look at its locks.

        Raises:
            ScriptsOffError: none can be started here, or none that is locked in.
        """
        if self.mode == "off":
            raise ScriptsOffError("Scripts are switched off on this site.", hint="the operator's setting: scripts")
        worker = self._worker()
        try:
            if not (any_lock or worker.locks.sufficient or self.mode == "weak"):
                why = "; ".join(f"{name}: {text}" for name, text in sorted(worker.locks.off.items()))
                message = "Scripts are off: their processes cannot be locked in on this machine."
                raise ScriptsOffError(message, hint=why)
            yield worker
        finally:
            worker.end()

    def close(self) -> None:
        """End this process's own zygote, and with it its workers."""
        with self._lock:
            self._stop()

    def _worker(self) -> Worker:
        for attempt in (1, 2):
            try:
                return Worker(self._shared() or self._own())
            except OSError as error:
                with self._lock:
                    self._stop()
                if attempt == 2:
                    raise ScriptsOffError("No process for scripts can be started.", hint=str(error)) from error
        raise AssertionError

    def _shared(self) -> socket.socket | None:
        """Return a connection to the supervisor's zygote, None where there is none."""
        channel = socket.socket(socket.AF_UNIX)
        try:
            with _short(self._folder) as folder:
                channel.connect(f"{folder}/{SOCKET}")
        except OSError:
            channel.close()
            return None
        return channel

    def _own(self) -> socket.socket:
        with self._lock:
            if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
                self._start()
            ours, theirs = socket.socketpair()
            with theirs:
                if self._control is not None:
                    socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            return ours

    def _start(self) -> None:
        self._stop()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._child = start_zygote(theirs)
        self._owner = os.getpid()

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._child is not None and self._owner == os.getpid():
            self._child.kill()
            self._child.wait()
        self._child = self._control = None


def start_zygote(control: socket.socket, listener: socket.socket | None = None) -> subprocess.Popen[bytes]:
    """Start a zygote with an empty environment and no files but its sockets."""
    files = () if listener is None else (listener.fileno(),)
    command = [sys.executable, "-I", "-m", "formline.runtime.scripts.zygote", *map(str, files)]
    return subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=control.fileno(), stdout=subprocess.DEVNULL, env={}, cwd="/", close_fds=True, pass_fds=files
    )


@contextlib.contextmanager
def shared_zygote(folder: Path) -> Iterator[None]:
    """Keep a zygote for all processes of a site while the block runs; the supervisor's part.

    Should it die, another takes its place at the same socket: who asked meanwhile waits for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SOCKET).unlink(missing_ok=True)
    with contextlib.ExitStack() as controls, socket.socket(socket.AF_UNIX) as listener:
        with _short(folder) as short:
            listener.bind(f"{short}/{SOCKET}")
        (folder / SOCKET).chmod(0o600)
        listener.listen(64)

        def start() -> subprocess.Popen[bytes]:
            controls.close()  # of the one before
            control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            controls.enter_context(control)
            with theirs:
                return start_zygote(theirs, listener)

        try:
            with kept_alive("the zygote of scripts", start):
                yield
        finally:
            (folder / SOCKET).unlink(missing_ok=True)


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Yield a short name of a folder: the address of a socket has room for a hundred characters."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
