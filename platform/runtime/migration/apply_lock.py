"""One apply at a time per site, freed by the system when its process dies; what is applied does not matter here."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from formline.errors import StalePlanError
from formline.runtime.fence import lock_key
from formline.runtime.site import Site


@contextmanager
def apply_lock(site: Site) -> Iterator[None]:
    """Hold the site's apply lock.

    Raises:
        StalePlanError: somebody else holds it.
    """
    holding = _postgresql(site) if site.dialect == "postgresql" else _sqlite(site)
    with holding:
        yield


@contextmanager
def _postgresql(site: Site) -> Iterator[None]:
    key = lock_key(site.id, "apply")
    with site.engines.read.connect() as connection:
        if not connection.execute(select(func.pg_try_advisory_lock(key))).scalar():
            raise _running()
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(key)))


@contextmanager
def _sqlite(site: Site) -> Iterator[None]:
    file = Path(f"{site.engines.read.url.database}.apply")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _running() from None
        yield
    finally:
        os.close(descriptor)


def _running() -> StalePlanError:
    return StalePlanError("Another apply is running.", hint="wait until it is finished, then plan again")
