"""All hooks a plug-in may implement, in one place; how plug-ins are found is in manager.py.

A plug-in is Python that the operator installed and named in the setting ``plugins``; it runs inside the process and may
do everything. What others install gets events after commit, never a place inside a write.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

PROJECT = "formline"
hookspec = pluggy.HookspecMarker(PROJECT)
#: A plug-in marks its functions with this.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def consumers(site: Any) -> Iterable[Any]:
    """Return who wants events after commit: a list of ``formline.runtime.outbox.Consumer``.

    ``site`` is the ``formline.runtime.site.Site``. Called once per worker process. A consumer is delivered to at least
    once, with the delivery's id as idempotency key; a transactional one has its effects on the database exactly once.
    """
    return ()
