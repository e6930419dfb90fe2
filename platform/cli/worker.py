"""``formline worker``: the background worker in a process of its own."""

from __future__ import annotations

import signal
import threading

import click

from formline.cli.options import opened, settings_of
from formline.runtime import logs
from formline.runtime.importing import job as importing_job
from formline.runtime.leases import held
from formline.runtime.worker import Worker, consumers_of

#: Modules whose import registers handlers of jobs.
HANDLERS = (importing_job,)


@click.command()
def worker() -> None:
    """Run jobs and deliver events until stopped; any number of workers may run."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = settings_of()
    logs.configure(settings)
    with opened(settings) as site, held(site, "worker"):
        Worker(site, consumers_of(site)).run(stop)
