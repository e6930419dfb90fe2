"""The background worker's loop: leads, dispatches, delivers, runs jobs; what a job does lives with its feature.

Every process may run jobs; dispatching and delivering are done by the one that holds the lease ``worker``. A worker
killed at any moment leaves leases behind that end by themselves. An idle worker only reads: it must not hold up
the writers of a SQLite database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from formline.catalog.kinds import kinds
from formline.runtime import following, jobs, leader, outbox, periodic, tidying
from formline.runtime.audit import sealing
from formline.runtime.files import collecting
from formline.runtime.keys import uuid7
from formline.runtime.matching import rebuild as rebuild_matching
from formline.runtime.matching import scanning
from formline.runtime.search import rebuild
from formline.runtime.web_forms import storage as submissions
from formline.runtime.webhooks import sending, taking, telling

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: Modules whose import registers the regular work every worker knows.
PARTS = (
    sealing,
    tidying,
    collecting,
    rebuild,
    rebuild_matching,
    scanning,
    following,
    sending,
    telling,
    taking,
    submissions,
)
LEASE_NAME = "worker"
#: How long an idle worker waits before it looks again.
IDLE_SECONDS = 0.5

_log = logging.getLogger("formline.worker")


def consumers_of(site: Site) -> list[outbox.Consumer]:
    """Return the consumers of the platform's own parts, then those of the site's plug-ins."""
    kinds()  # the modules of kinds register consumers and regular work
    own = outbox.provided(site)
    if site.plugins is None:
        return own
    return [*own, *(consumer for found in site.plugins.hook.consumers(site=site) for consumer in found)]


class Worker:
    """One process's worker on one site; ``consumers`` get the events of the outbox."""

    def __init__(self, site: Site, consumers: Sequence[outbox.Consumer] = ()) -> None:
        """Prepare; nothing runs before :meth:`run` or :meth:`step`."""
        kinds()
        self.site = site
        self.consumers = tuple(consumers)
        self.holder = uuid7()
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, then give the lease back."""
        try:
            while not stop.is_set():
                try:
                    busy = self.step()
                except Exception:
                    _log.exception("worker step failed")
                    busy = False
                if not busy:
                    stop.wait(IDLE_SECONDS)
        finally:
            with self.site.writing() as connection:
                leader.release(connection, LEASE_NAME, self.holder)

    def step(self) -> bool:
        """Do one round; return whether there was anything to do."""
        worked = self._lead_on()
        claimed = self._claim_jobs()
        for job in claimed:
            if jobs.is_long(job.kind):
                self._run_beside_others(job)
            else:
                jobs.run(self.site, job, self.holder)
        return worked or bool(claimed)

    def _lead_on(self) -> bool:
        """Do what only the leader does, if this process leads; return whether there were events."""
        if not self.lead():
            return False
        self._regular()
        return self._events()

    def lead(self) -> bool:
        """Take or renew the leader's lease; return whether this process leads."""
        now = datetime.now(UTC)
        if now < self._renew_at:
            return True
        with self.site.reading() as connection:
            other = leader.holder_of(connection, LEASE_NAME, now)
        if other not in (None, self.holder):
            return False
        with self.site.writing() as connection:
            leads = leader.acquire(connection, LEASE_NAME, self.holder, now)
        self._renew_at = now + leader.LEASE / 3 if leads else now
        return leads

    def _claim_jobs(self, *, short: bool = False) -> list[jobs.Job]:
        now = datetime.now(UTC)
        with self.site.reading() as connection:
            if not jobs.any_due(connection, now, short=short):
                return []
        with self.site.writing() as connection:
            return jobs.claim(connection, self.holder, now, short=short)

    def _regular(self) -> None:
        now = datetime.now(UTC)
        tables = periodic.timetables(self.site.release)
        with self.site.reading() as connection:
            if not periodic.any_due(connection, now, tables):
                return
        with self.site.writing() as connection:
            periodic.enqueue_due(connection, now, tables)

    def _events(self) -> bool:
        now = datetime.now(UTC)
        with self.site.reading() as connection:
            if not outbox.any_due(connection, now):
                return False
        with self.site.writing() as connection:
            if not leader.confirm(connection, LEASE_NAME, self.holder):
                self._renew_at = now  # stopped for longer than the lease: another process leads by now
                return False
            found = outbox.dispatch(connection, self.consumers, now)
            claimed = outbox.claim(connection, self.consumers, self.holder, now)
        for consumer, event in claimed:
            outbox.deliver(self.site, consumer, event, self.holder)
        return bool(found or claimed)

    def _run_beside_others(self, job: jobs.Job) -> None:
        """Run a long job while regular work, events and short jobs go on: an import must not hold up a mail."""
        done = threading.Event()

        def go_on() -> None:
            while not done.is_set():
                try:
                    busy = self._short_step()
                except Exception:
                    _log.exception("a step beside a job failed")
                    busy = False
                if not busy:
                    done.wait(IDLE_SECONDS)

        beside = threading.Thread(target=go_on, name="beside", daemon=True)
        beside.start()
        try:
            jobs.run(self.site, job, self.holder)
        finally:
            done.set()
            beside.join()

    def _short_step(self) -> bool:
        worked = self._lead_on()
        claimed = self._claim_jobs(short=True)
        for job in claimed:
            jobs.run(self.site, job, self.holder)
        return worked or bool(claimed)
