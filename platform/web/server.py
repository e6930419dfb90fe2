"""Serving: the supervisor that starts granian's workers and the embedded job worker; no request handling.

Every worker process opens its own :class:`~formline.runtime.site.Site` from the settings in the
environment, so nothing is shared but the database.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from formline.plugins.manager import load_plugins
from formline.runtime import logs
from formline.runtime.leases import Lease
from formline.runtime.scripts.launcher import shared_zygote
from formline.runtime.site import Site
from formline.runtime.supervising import kept_alive
from formline.settings import load
from formline.web import create_app, problems
from formline.web.rsgi import Bridge

#: What granian imports in each worker process.
TARGET = "formline.web.server:application"


def application() -> Bridge:
    """Open the site and build its web application, once per worker process."""
    settings = load()
    logs.configure(settings)
    site = Site.open(settings, load_plugins(settings.plugins))
    Lease(site, "serve").begin()
    return Bridge(create_app(site), max_body=settings.max_body, refusal=problems.refused_body)


def serve(*, host: str, port: int, workers: int | None = None, jobs: bool = True, scripts: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT, which lets requests in progress finish.

    ``workers`` defaults to the number of cores. With ``jobs`` a job worker runs beside the web
    processes; it competes for the leader lease like every other one. With ``scripts``, the data
    folder, a process that forks the workers of scripts is there before all others. A process that
    dies is started again.
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
    zygote = shared_zygote(scripts) if scripts else contextlib.nullcontext()
    with zygote, _job_worker() if jobs else contextlib.nullcontext():
        server.serve()


def _job_worker() -> contextlib.AbstractContextManager[None]:
    """Run ``formline worker`` as a child: imports and automations must not share a web process."""
    command = [sys.executable, "-m", "formline.cli", "worker"]
    return kept_alive("the job worker", lambda: subprocess.Popen(command), patience=15)  # noqa: S603 - our own
