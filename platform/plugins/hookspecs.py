"""All hooks a plug-in may implement, in one place; how plug-ins are found is in manager.py.

A plug-in is Python that the operator installed and named in the setting ``plugins``; it runs inside the process and may
do everything. What others install gets events after commit, never a place inside a write.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pluggy

PROJECT = "formline"
hookspec = pluggy.HookspecMarker(PROJECT)
#: A plug-in marks its functions with this.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def sign_in_ways(site: Any) -> Iterable[Any]:
    """Return further ways to sign in: a list of ``formline.plugins.sign_in.SignInWay``, each a button.

    Called when the sign-in page is shown; nothing slow belongs here.
    """
    return ()


@hookspec(firstresult=True)
def send_sms(site: Any, to: str, text: str) -> bool | None:
    """Send a text message and return True; None where this plug-in sends none.

    Called by a job, so it may take its time; an exception has it tried again. ``to`` is a number with its country code.
    """


@hookspec
def connectors(site: Any) -> Iterable[Any]:
    """Return ways to speak to other systems: a list of ``formline.runtime.webhooks.connectors.Connector``.

    A definition of kind ``integration`` names one. It makes requests of messages; sending, trying again, the log and
    the rules about where a request may go are the platform's.
    """
    return ()


@hookspec
def consumers(site: Any) -> Iterable[Any]:
    """Return who wants events after commit: a list of ``formline.runtime.outbox.Consumer``.

    ``site`` is the ``formline.runtime.site.Site``. Called once per worker process. A consumer is delivered to at least
    once, with the delivery's id as idempotency key; a transactional one has its effects on the database exactly once.
    """
    return ()


@hookspec
def scan_file(path: Path, name: str, media_type: str) -> str | None:
    """Return why an upload must not be kept, or None where nothing is wrong with it.

    Called before the file is stored, in the request that uploads it. ``path`` is a copy on this machine that may only
    be read; ``name`` is what the person called it; ``media_type`` is what its bytes are.
    """
    return None
