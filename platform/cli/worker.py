"""``formline worker``: the background worker in a process of its own."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta

import click

from formline.cli.options import opened, settings_of
from formline.runtime import bulk, bulk_undo, jobs, logs, mailing, notifications, periodic, sealing, texting
from formline.runtime.access import rule_job, transfer_job
from formline.runtime.exporting import job as exporting_job
from formline.runtime.importing import job as importing_job
from formline.runtime.importing import undo as undoing_job
from formline.runtime.leases import held
from formline.runtime.worker import Worker, consumers_of

#: Modules whose import registers handlers of jobs.
HANDLERS = (
    bulk,
    bulk_undo,
    exporting_job,
    importing_job,
    mailing,
    rule_job,
    sealing,
    transfer_job,
    texting,
    undoing_job,
)


@periodic.every("mail_notices", timedelta(minutes=1))
def mail_notices(running: jobs.Running) -> int:
    """Enqueue the mails of notices that are due; return how many."""
    now = datetime.now(UTC)
    with running.site.reading() as connection:
        if not notifications.any_mail_due(connection, now):
            return 0
    # The pages' texts word mails, too; a worker that mails nothing does without the web layer.
    from formline.web.notifications import mails

    return mails.send_due(running.site, now)


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
