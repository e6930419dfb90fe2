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

from formline.runtime import jobs, leader, outbox
from formline.runtime.keys import uuid7

if TYPE_CHECKING:
    from formline.runtime.site import Site

LEASE_NAME = "worker"
#: How long an idle worker waits before it looks again.
IDLE_SECONDS = 0.5

_log = logging.getLogger("formline.worker")


def consumers_of(site: Site) -> list[outbox.Consumer]:
    """Return the consumers of the site's plug-ins."""
    if site.plugins is None:
        return []
    return [consumer for found in site.plugins.hook.consumers(site=site) for consumer in found]


class Worker:
    """One process's worker on one site; ``consumers`` get the events of the outbox."""

    def __init__(self, site: Site, consumers: Sequence[outbox.Consumer] = ()) -> None:
        """Prepare; nothing runs before :meth:`run` or :meth:`step`."""
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
        worked = self._events() if self.lead() else False
        claimed = self._claim_jobs()
        for job in claimed:
            self._run_beside_events(job)
        return worked or bool(claimed)

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

    def _claim_jobs(self) -> list[jobs.Job]:
        now = datetime.now(UTC)
        with self.site.reading() as connection:
            if not jobs.any_due(connection, now):
                return []
        with self.site.writing() as connection:
            return jobs.claim(connection, self.holder, now)

    def _events(self) -> bool:
        now = datetime.now(UTC)
        with self.site.reading() as connection:
            if not outbox.any_due(connection, now):
                return False
        with self.site.writing() as connection:
            found = outbox.dispatch(connection, self.consumers, now)
            claimed = outbox.claim(connection, self.consumers, self.holder, now)
        for consumer, event in claimed:
            outbox.deliver(self.site, consumer, event, self.holder)
        return bool(found or claimed)

    def _run_beside_events(self, job: jobs.Job) -> None:
        """Run a job while events go on: a long import must not hold up notifications."""
        done = threading.Event()

        def lead_on() -> None:
            while not done.wait(IDLE_SECONDS):
                try:
                    if self.lead():
                        self._events()
                except Exception:
                    _log.exception("dispatch beside a job failed")

        beside = threading.Thread(target=lead_on, name="dispatch", daemon=True)
        beside.start()
        try:
            jobs.run(self.site, job, self.holder)
        finally:
            done.set()
            beside.join()
