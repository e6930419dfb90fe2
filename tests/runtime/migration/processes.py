"""Child processes that start fast and inherit no connection: forked by a server that has only imported things."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

PRELOADED = ["tests.runtime.migration.preloaded"]


def context() -> ForkServerContext:
    """Return the context to start children in."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found
