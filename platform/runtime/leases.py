"""Which release each process serves: a lease renewed by a thread, so that nothing is taken away from a reader.

The thread also loads a new release soon after a switch, in a process nobody asks anything.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from formline.runtime import fence, tables
from formline.runtime.keys import uuid7
from formline.runtime.site import Site

LEASE = timedelta(seconds=15)
RENEWAL_SECONDS = 3.0
_log = logging.getLogger(__name__)
_lease = tables.lease.c


def behind(connection: Connection, release: int) -> list[str]:
    """Return the processes (host and pid) that still serve a release before ``release``."""
    late = select(_lease.host, _lease.pid).where(_lease.release < release, _lease.lease_until > datetime.now(UTC))
    return [f"{host}:{pid}" for host, pid in connection.execute(late)]


@contextmanager
def held(site: Site, role: str) -> Iterator[None]:
    """Hold a lease while a process serves the site; ``role`` is shown to administrators (serve, worker)."""
    lease = Lease(site, role)
    lease.begin()
    try:
        yield
    finally:
        lease.end()


class Lease:
    """The lease of one process. One that is never ended runs out by itself, as after kill -9."""

    def __init__(self, site: Site, role: str) -> None:
        """Prepare a lease; ``role`` is shown to administrators."""
        self.site = site
        self.role = role
        self.process: UUID = uuid7()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="formline-lease", daemon=True)

    def begin(self) -> None:
        """Take the lease and renew it in a thread."""
        self._take()
        self._thread.start()

    def end(self) -> None:
        """Stop renewing and give the lease back."""
        self._stop.set()
        self._thread.join(timeout=RENEWAL_SECONDS)
        self._give_back()

    def _take(self) -> None:
        now = datetime.now(UTC)
        values = {
            "process": self.process,
            "release": self.site.refresh().number,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "role": self.role,
            "started_at": now,
            "lease_until": now + LEASE,
        }
        with self.site.writing() as connection:
            connection.execute(delete(tables.lease).where(_lease.lease_until < now - LEASE))
            connection.execute(insert(tables.lease).values(**values))

    def _keep(self) -> None:
        # A database that is away for a moment is tried again.
        while not self._stop.wait(RENEWAL_SECONDS):
            try:
                self._renew()
            except DBAPIError:
                _log.warning("the lease of this process could not be renewed", exc_info=True)

    def _renew(self) -> None:
        with self.site.reading() as connection:
            revision = fence.read_live(connection).revision
        release = self.site.at(revision).number
        until = datetime.now(UTC) + LEASE
        statement = update(tables.lease).where(_lease.process == self.process)
        with self.site.writing() as connection:
            connection.execute(statement.values(release=release, lease_until=until))

    def _give_back(self) -> None:
        try:
            with self.site.writing() as connection:
                connection.execute(delete(tables.lease).where(_lease.process == self.process))
        except DBAPIError:
            _log.warning("the lease of this process runs out by itself", exc_info=True)
