"""Serving: the supervisor that starts granian's workers and the embedded job worker; no request handling.

Every worker process opens its own :class:`~formline.runtime.site.Site` from the settings in the
environment, so nothing is shared but the database.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from formline.plugins.manager import load_plugins
from formline.runtime import logs
from formline.runtime.leases import Lease
from formline.runtime.site import Site
from formline.settings import load
from formline.web import create_app
from formline.web.rsgi import Bridge

#: What granian imports in each worker process.
TARGET = "formline.web.server:application"


def application() -> Bridge:
    """Open the site and build its web application, once per worker process."""
    settings = load()
    logs.configure(settings)
    site = Site.open(settings, load_plugins(settings.plugins))
    Lease(site, "serve").begin()
    return Bridge(create_app(site), max_body=settings.max_body)


def serve(*, host: str, port: int, workers: int | None = None, jobs: bool = True) -> None:
    """Serve until SIGTERM or SIGINT, which lets requests in progress finish.

    ``workers`` defaults to the number of cores. With ``jobs`` a job worker runs beside the web
    processes; it competes for the leader lease like every other one.
    """
    from granian.constants import Interfaces
    from granian.server import Server

    server = Server(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers or os.cpu_count() or 1,
        factory=True,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    )
    with _job_worker() if jobs else contextlib.nullcontext():
        server.serve()


@contextlib.contextmanager
def _job_worker() -> Iterator[None]:
    """Run ``formline worker`` as a child: imports and automations must not share a web process."""
    child = subprocess.Popen([sys.executable, "-m", "formline.cli", "worker"])
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
