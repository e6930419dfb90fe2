"""A site: settings, connections, keys and the live release, passed to whoever needs them; nothing here is global."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from formline.catalog.catalog import Catalog
from formline.errors import FormlineError
from formline.expressions.context import Dialect
from formline.runtime import fence, schema
from formline.runtime.engines import Engines, open_engines
from formline.runtime.keyring import KeyRing, load_keys
from formline.runtime.physical import PhysicalMap
from formline.runtime.release import Release
from formline.runtime.releases import load_release
from formline.runtime.scripts.launcher import Launcher
from formline.settings import Settings

_KEPT_RELEASES = 3


class NoReleaseError(FormlineError):
    """The database has the platform's tables but no definitions yet."""

    code = "no_release"


class Site:
    """One database with its release. Thread-safe; one per process and database."""

    def __init__(self, settings: Settings, engines: Engines, keys: KeyRing, plugins: Any = None) -> None:
        """Keep the parts; :meth:`open` is the usual way."""
        self.settings = settings
        self.engines = engines
        self.keys = keys
        self.plugins = plugins
        self.scripts = Launcher(settings.data_dir, settings.scripts)
        with engines.read.connect() as connection:
            schema.require_known(connection)
            live = fence.read_live(connection)
        self.id: UUID = live.site_id
        self._fence_key = live.lock_key
        self._lock = threading.RLock()
        self._loaded: dict[int, Release] = {}
        self._release: Release | None = None

    @classmethod
    def open(cls, settings: Settings, plugins: Any = None) -> Site:
        """Return the site of a database that ``formline init`` prepared.

        Raises:
            SchemaError: absent, older or newer platform tables.
            DatabaseError: a database that is not supported.
        """
        engines = open_engines(settings)
        try:
            return cls(settings, engines, load_keys(settings), plugins)
        except BaseException:
            engines.dispose()
            raise

    def close(self) -> None:
        """Close all connections, and end the processes of scripts that this one started."""
        self.scripts.close()
        self.engines.dispose()

    @property
    def dialect(self) -> Dialect:
        """``sqlite`` or ``postgresql``."""
        return self.engines.dialect

    @property
    def release(self) -> Release:
        """The release this process works with; it may be one switch behind until :meth:`refresh`."""
        return self._release or self.refresh()

    def at(self, revision: int) -> Release:
        """Return the live release, given ``formline_live.revision`` as the request read it: one comparison, usually."""
        current = self._release
        return current if current is not None and current.revision == revision else self.refresh()

    def refresh(self) -> Release:
        """Load what is live now and return it.

        Raises:
            NoReleaseError: nothing was applied yet.
        """
        with self._lock, self.reading(patient=True) as connection:
            live = fence.read_live(connection)
            if live.release is None:
                raise NoReleaseError("The site has no definitions yet.", hint="run `formline init` or `formline apply`")
            if self._release is None or self._release.revision != live.revision:
                self._release = self._build(connection, live, live.release)
            return self._release

    def _build(self, connection: Connection, live: fence.Live, number: int) -> Release:
        release = self.load(connection, number).at(live.revision, live.phase)
        if live.other is not None:
            # Imported here: most processes never see a release being prepared.
            from formline.runtime.migration.shadow import Shadow

            release.shadow = Shadow(release, self.load(connection, live.other))
        return release

    def release_of(self, number: int, catalog: Catalog, physical: PhysicalMap, *, going_back: bool = False) -> Release:
        """Return a release made of parts, stored or not."""
        return Release(
            number, catalog, physical, dialect=self.dialect, zone=self.zone, keys=self.keys, going_back=going_back
        )

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.settings.base_zone)

    def adopt(self, release: Release) -> None:
        """Keep a release that was just stored, so that this process need not read it back."""
        with self._lock:
            self._loaded[release.number] = release

    def load(self, connection: Connection, number: int) -> Release:
        """Return a stored release; the last few are kept in memory."""
        with self._lock:
            found = self._loaded.pop(number, None) or load_release(connection, number, self.zone, self.keys)
            self._loaded[number] = found  # moved to the end: the one longest unused is dropped first
            while len(self._loaded) > _KEPT_RELEASES:
                del self._loaded[next(iter(self._loaded))]
            return found

    @contextmanager
    def reading(self, *, patient: bool = False) -> Iterator[Connection]:
        """Yield a connection that commits each statement by itself; ``patient`` lifts the time limit (jobs)."""
        with self.engines.read.connect() as connection:
            lift = patient and self.dialect == "postgresql"
            if lift:
                connection.execute(text("SET statement_timeout = 0"))
            try:
                yield connection
            finally:
                if lift and not connection.invalidated:
                    connection.execute(text("RESET statement_timeout"))

    @contextmanager
    def writing(self, release: Release | None = None) -> Iterator[Connection]:
        """Yield a writing transaction; it commits at the end, or rolls back.

        With ``release`` it is fenced: that release stays live until the end. Whoever writes records gives it; without,
        only the platform's own tables may be written (sessions, jobs, leases).

        Raises:
            ReleaseMismatchError: another release is live; :meth:`refresh` and run the unit again.
        """
        with self.engines.transaction() as connection:
            if release is not None:
                fence.enter(connection, self._fence_key, release.revision)
            yield connection
