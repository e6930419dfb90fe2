"""Live updates: one open stream per browser that says "something changed, fetch"; it carries no data and no rights.

Each process asks the database once a second, only while somebody listens, and wakes those who were told something.
The stream ends after some minutes; the browser opens it anew, and that request is authenticated like any other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from flask import Flask

from formline.runtime import notifications
from formline.runtime.site import Site
from formline.web.rsgi import EventStream

POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 20.0
STREAM_SECONDS = 300.0
#: A transaction that began this long before it committed is still noticed.
OVERLAP = timedelta(seconds=60)
OPENING = "retry: 5000\n\n"

_log = logging.getLogger("formline.live")

#: Returns what was told since a moment: id of the notice to the person.
Read = Callable[[datetime], Mapping[UUID, UUID]]


class Hub:
    """Who listens in this process; all of it runs on the event loop but the reading of the database."""

    def __init__(self, read: Read) -> None:
        """Start with nobody listening."""
        self._read = read
        self._listeners: dict[UUID, set[asyncio.Event]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._closing = False

    def stream(self, user: UUID) -> EventStream:
        """Return the body of a person's stream."""
        return EventStream(OPENING, partial(self.events, user))

    async def events(self, user: UUID) -> AsyncGenerator[str]:
        """Yield server-sent events for a person: an opening, news when there is some, heartbeats in between."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._listeners.setdefault(user, set()).add(woken)
        if self._poller is None or self._poller.done():
            self._poller = loop.create_task(self._poll())
        try:
            yield OPENING
            end = loop.time() + STREAM_SECONDS
            while loop.time() < end and not self._closing:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await woken.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                woken.clear()
                if not self._closing:
                    yield "event: notifications\ndata: changed\n\n"
        finally:
            self._leave(user, woken)

    def close(self) -> None:
        """End all streams, so that the process can stop."""
        self._closing = True
        for events in self._listeners.values():
            for each in events:
                each.set()

    def _leave(self, user: UUID, woken: asyncio.Event) -> None:
        left = self._listeners.get(user, set())
        left.discard(woken)
        if not left:
            self._listeners.pop(user, None)

    async def _poll(self) -> None:
        seen: Mapping[UUID, UUID] | None = None
        while self._listeners and not self._closing:
            try:
                told = await asyncio.to_thread(self._read, datetime.now(UTC) - OVERLAP)
            except Exception:
                _log.exception("reading the news failed")
            else:
                fresh = set() if seen is None else {user for key, user in told.items() if key not in seen}
                for user in fresh & self._listeners.keys():
                    for woken in self._listeners[user]:
                        woken.set()
                seen = told
            await asyncio.sleep(POLL_SECONDS)


def read_news(site: Site, since: datetime) -> Mapping[UUID, UUID]:
    """Return the notices of all people since a moment."""
    with site.reading() as connection:
        return notifications.told_since(connection, since)


def install(app: Flask, site: Site) -> None:
    """Give the application its hub."""
    app.extensions["live"] = Hub(partial(read_news, site))
