"""What one request works with: the site, the release, who asks, their language, zone and rights.

Made once per request from what the session's one statement read; pages take everything from here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, current_app, g
from sqlalchemy.engine import Connection

from formline.fields.locale import Locale
from formline.web import i18n
from formline.web.formats import Formats, formats
from formline.web.labels import Labels, labels

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.access.rights import Rights
    from formline.runtime.release import Release
    from formline.runtime.site import Site

EXTENSION = "formline"
T = TypeVar("T")


def site() -> Site:
    """Return the site this application serves."""
    return cast("Site", current_app.extensions[EXTENSION])


def connection() -> Connection:
    """Return this request's reading connection; opened at first use, closed when the request ends."""
    if "connection" not in g:
        g.connection = site().engines.read.connect()
    return cast(Connection, g.connection)


def close_connection(_error: BaseException | None = None) -> None:
    """Give the reading connection back."""
    opened: Connection | None = g.pop("connection", None)
    if opened is not None:
        opened.close()


_compiled: WeakKeyDictionary[Any, dict[Hashable, Any]] = WeakKeyDictionary()


class Visit:
    """A signed-in person's request."""

    def __init__(self, site: Site, release: Release, actor: Actor) -> None:
        """Keep what was read; everything else is worked out when asked for."""
        self.site = site
        self.release = release
        self.actor = actor
        #: Notices the person has not read, as the session's statement counted them.
        self.unread = 0
        #: Open tasks of the person in approvals, counted by the same statement.
        self.waiting = 0
        #: Whether anything is kept of forms that the person left; False only where the session's statement said so.
        self.has_drafts = True
        self.now = datetime.now(UTC)
        self._once: dict[Hashable, Any] = {}

    def once(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what ``build`` made the first time in this request."""
        if key not in self._once:
            self._once[key] = build()
        return cast(T, self._once[key])

    def compiled(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what ``build`` made the first time for this release; a key names everything it depends on.

        Two threads may build the same thing at once; both results are equal.
        """
        kept = _compiled.setdefault(self.release, {})
        if key not in kept:
            kept[key] = build()
        return cast(T, kept[key])

    @property
    def connection(self) -> Connection:
        """The request's reading connection."""
        return connection()

    @cached_property
    def rights(self) -> Rights:
        """What the person may do."""
        from formline.runtime.access.rights import rights

        return rights(self.release, self.actor)

    @cached_property
    def language(self) -> str:
        """The language of this request."""
        return i18n.language()

    @cached_property
    def zone_name(self) -> str:
        """The person's time zone; without one, the site's."""
        wanted = self.actor.user.get("time_zone") or self.site.settings.base_zone
        try:
            ZoneInfo(wanted)
        except (ZoneInfoNotFoundError, ValueError):
            return self.site.settings.base_zone
        return str(wanted)

    @cached_property
    def locale(self) -> Locale:
        """How the person's input is read."""
        return Locale(self.language, ZoneInfo(self.zone_name))

    @cached_property
    def formats(self) -> Formats:
        """How values are written for the person."""
        return formats(self.language, self.zone_name, self.site.settings.base_currency)

    @cached_property
    def labels(self) -> Labels:
        """Labels of definitions in the person's language."""
        return labels(self.release, self.language)

    @cached_property
    def today(self) -> date:
        """The day it is where the person is."""
        return self.now.astimezone(ZoneInfo(self.zone_name)).date()


def visit() -> Visit:
    """Return the visit of the signed-in person; only for pages behind sign-in."""
    return cast(Visit, g.visit)


def install(app: Flask, of: Site) -> None:
    """Tie the application to its site."""
    app.extensions[EXTENSION] = of
    app.teardown_appcontext(close_connection)
