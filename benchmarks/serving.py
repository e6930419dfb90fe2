"""The real server in processes of its own, for benchmarks of what a client waits for."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import platform_site


@contextlib.contextmanager
def server(url: str, folder: Path) -> Iterator[int]:
    """Yield the port of ``formline serve`` with two web processes and no worker of jobs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "FORMLINE_DATABASE_URL": url,
        "FORMLINE_DATA_DIR": str(folder),
        "FORMLINE_SECRET_KEY": platform_site.KEY,
        "FORMLINE_EMBEDDED_WORKER": "false",
    }
    command = [sys.executable, "-m", "formline.cli", "serve", "--port", str(port), "--workers", "2"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
