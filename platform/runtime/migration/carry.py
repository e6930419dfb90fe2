"""Carries out the steps of one release that was begun; which steps there are was decided when it was planned."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from formline.errors import StalePlanError
from formline.runtime import fence, leases, tables
from formline.runtime.matching import rebuild as rebuild_matching
from formline.runtime.migration import ddl, ledger, steps
from formline.runtime.migration.reshaped import reshaped
from formline.runtime.migration.shadow import BATCH, Shadow
from formline.runtime.migration.steps import Step
from formline.runtime.release import Release
from formline.runtime.releases import LIVE, RETIRED, SETTLING, put_site_files
from formline.runtime.search import rebuild
from formline.runtime.site import Site
from formline.runtime.unit import sharing
from formline.runtime.unit.retry import is_passing, pause

if TYPE_CHECKING:
    from formline.runtime.migration.apply import Progress

_SWITCH_PATIENCE_MS = 200
_SWITCH_SECONDS = 60.0
_DRAIN_SECONDS = 60.0
_MOST_FAILURES = 50
_row = tables.release.c


class Carrier:
    """Runs the steps of release ``number`` that are not done yet; the apply lock is held by the caller."""

    def __init__(self, site: Site, number: int, progress: Progress) -> None:
        """Read where the release stands."""
        self.site = site
        self.progress = progress
        with site.reading(patient=True) as connection:
            row = connection.execute(select(_row.steps, _row.done, _row.base).where(_row.number == number)).one()
            self.old = site.load(connection, row.base) if row.base is not None else None
            self.new = site.load(connection, number)
        self.steps: list[Step] = [tuple(step) for step in row.steps]
        self.done: int = row.done

    def run(self) -> None:
        """Carry out what is left."""
        for number in range(self.done, len(self.steps)):
            step = self.steps[number]
            self.progress(number, len(self.steps), step)
            self._actions[step[0]](*step[1:])
            with self.site.writing() as connection:
                self._note(connection, done=number + 1, cursor=None)

    def _note(self, connection: Connection, **values: Any) -> None:
        connection.execute(update(tables.release).where(_row.number == self.new.number).values(**values))

    @cached_property
    def _actions(self) -> dict[str, Callable[..., None]]:
        return {
            steps.EXPAND: self._expand,
            steps.INDEX: self._index,
            steps.SWITCH: self._switch,
            steps.FILL: self._fill,
            steps.ROLLUP: self._rollup,
            steps.DRAIN: self._drain,
            steps.SETTLE: self._settle,
        }

    @cached_property
    def _shadow(self) -> Shadow:
        if self.old is None:
            raise StalePlanError("The first release has no rows to fill.")
        return Shadow(self.old, self.new)

    @cached_property
    def _changed(self) -> list[str]:
        """Objects whose tables or indexes may differ from those of the release before."""
        return reshaped(self.old, self.new)

    @cached_property
    def _tables(self) -> set[str]:
        """The tables of changed and removed objects, join tables included."""
        found = ledger.tables_of(self.new.physical, self._changed)
        if self.old is None:
            return found
        changed = {self.new.physical.data[name][0] for name in self._changed}
        before = self.old.physical
        left = [n for n, where in before.data.items() if where[0] in changed or where[0] not in self.new.physical.by_id]
        return found | ledger.tables_of(before, left)

    def _expand(self) -> None:
        models = [self.new.model(name) for name in self._changed]
        ddl.create_tables(self.site.engines, models)
        ddl.add_columns(self.site.engines, models)

    def _index(self) -> None:
        ddl.create_indexes(self.site.engines, [self.new.model(name) for name in self._changed])

    def _switch(self, phase: str) -> None:
        """Make the phase live. Running units finish first; new ones wait for the switch, milliseconds."""
        deadline = time.monotonic() + _SWITCH_SECONDS
        while True:
            try:
                with self.site.writing() as connection:
                    self._switch_once(connection, phase)
                return
            except OperationalError as error:
                if not ddl.lock_missed(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _switch_once(self, connection: Connection, phase: str) -> None:
        live = fence.read_live(connection)
        old = self.old.number if self.old else None
        release, other = self.new.number, old if phase == fence.PUBLIC else None
        if phase == fence.WRITE_ONLY and old is not None:
            release, other = old, self.new.number
        if (live.release, live.phase) == (release, phase):
            return
        fence.switch(connection, live, release=release, phase=phase, other=other, patience_ms=_SWITCH_PATIENCE_MS)
        if release == self.new.number:
            self._note(connection, state=SETTLING, published_at=datetime.now(UTC))
            put_site_files(connection, release)
            sharing.published(connection, self.old, self.new)
            rebuild.enqueue(connection, rebuild.changed(self.old, self.new, self._changed))
            rebuild_matching.enqueue(connection, rebuild_matching.changed(self.old, self.new))

    def _fill(self, name: str) -> None:
        filler = self._shadow.fillers[name]
        self._in_batches(name, lambda connection, ids: filler.fill(connection, ids))

    def _rollup(self, name: str, field: str) -> None:
        rollup = next(one for one in self._shadow.rollups if (one.parent, one.field.name) == (name, field))
        self._in_batches(name, lambda connection, ids: rollup.fill(connection, ids))

    def _in_batches(self, name: str, work: Callable[[Connection, list[UUID]], Any]) -> None:
        """Walk an object's rows by id in short transactions, noting how far it got in each."""
        key = self._shadow.current.model(name).id
        after = self._cursor()
        failures = 0
        while True:
            try:
                with self.site.writing() as connection:
                    chunk = select(key).order_by(key).limit(BATCH)
                    ids = list(connection.execute(chunk.where(key > after) if after else chunk).scalars())
                    if not ids:
                        return
                    work(connection, ids)
                    self._note(connection, cursor=str(ids[-1]))
            except DBAPIError as error:
                # Units that lock the same rows in another order: the batch is simply done again.
                failures += 1
                if not is_passing(error) or failures > _MOST_FAILURES:
                    raise
                time.sleep(pause(min(failures, 5)))
                continue
            after, failures = ids[-1], 0

    def _cursor(self) -> UUID | None:
        with self.site.reading() as connection:
            found: Any = connection.execute(select(_row.cursor).where(_row.number == self.new.number)).scalar_one()
        return UUID(found) if found else None

    def _drain(self) -> None:
        """Wait until no process serves the release before."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while late := self._late():
            if time.monotonic() > deadline:
                raise StalePlanError(
                    f"Still served by the old release: {', '.join(late)}.",
                    hint="stop them, then `formline apply --resume`",
                )
            time.sleep(0.2)

    def _late(self) -> list[str]:
        with self.site.reading() as connection:
            return leases.behind(connection, self.new.number)

    def _settle(self) -> None:
        """Drop indexes nobody wants, mark what is in quarantine, and close the books of this apply."""
        if self.old is not None:
            ddl.drop_indexes(self.site.engines, self._unwanted(self.old))
        with self.site.writing() as connection:
            ledger.quarantine(connection, self.new.physical, datetime.now(UTC), self._tables)
            if self.old is not None:
                connection.execute(update(tables.release).where(_row.number == self.old.number).values(state=RETIRED))
            self._note(connection, state=LIVE)

    def _unwanted(self, old: Release) -> list[str]:
        """Return the indexes of changed and removed objects that only the release before had."""
        wanted = {spec.name for name in self._changed for spec in self.new.model(name).indexes}
        changed = {self.new.physical.data[name][0] for name in self._changed}
        before = [
            name
            for name, where in old.physical.data.items()
            if where[0] in changed or where[0] not in self.new.physical.by_id
        ]
        return [spec.name for name in before for spec in old.model(name).indexes if spec.name not in wanted]
