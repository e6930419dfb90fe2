"""An apply that is killed at random moments while people write: it is resumed to its end, and nothing is lost."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from formline.errors import FormlineError
from formline.runtime.access.actor import Actor
from formline.runtime.migration import apply as applying
from formline.runtime.migration.doctor import doctor
from formline.runtime.releases import unfinished
from formline.runtime.site import Site
from formline.runtime.unit import Unit, run_unit
from tests.faults.killing import Killer, kill, share, terminate_backend, until, watching
from tests.fixtures.sites import publish, settings_for
from tests.runtime.migration.processes import context
from tests.runtime.migration.rows import rows
from tests.runtime.migration.test_killed import AFTER, ROWS, prepared


def texts_after(number: int) -> list[str]:
    """Return what is applied after release ``number``: first renames and retypes, then a stored formula more each."""
    formula = "{{type: formula, returns: decimal, scale: 2, expression: size * {}}}"
    more = [f"  more_{n}: {formula.format(n)}" for n in range(2, number + 1)]
    return [text + "\n".join([*more, ""]) if "name: sale\n" in text else text for text in AFTER]


class Writer(threading.Thread):
    """Somebody who adds a sale with a line again and again; ``written`` are the names of those that were stored."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site, self.written = site, []  # type: ignore[var-annotated]
        self.stop = threading.Event()

    def run(self) -> None:
        """Write until told to stop; what was refused for the moment is written again."""
        number = 0
        while not self.stop.is_set():
            number += 1
            while not self.stop.is_set():
                try:
                    run_unit(self.site, Actor.system(), partial(self._write, f"w{number}"))
                except FormlineError as error:
                    assert error.code == "busy", error  # noqa: PT017 - the thread's own check
                else:
                    self.written.append(f"w{number}")
                    break
            self.stop.wait(0.01)

    def _write(self, name: str, unit: Unit) -> None:
        fields = unit.release.catalog.object("sale").fields
        size: Any = Decimal(2) if "title" in fields else "2"
        (sale,) = unit.create("sale", [{"title" if "title" in fields else "name": name, "size": size}])
        unit.create("line", [{"order": sale, "amount": 5}])


def apply_on(url: str, folder: Path, texts: list[str]) -> None:
    """Apply, or resume what another process began, until it is done; a lost connection is no end."""
    while True:
        try:
            with contextlib.closing(Site.open(settings_for(url, folder))) as site:
                with site.reading() as connection:
                    begun = unfinished(connection) is not None
                if begun:
                    applying.resume(site)
                else:
                    publish(site, texts, accept_loss=True)
            return
        except DBAPIError:
            time.sleep(0.05)  # the server ends connections one by one


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_apply_killed_again_and_again_comes_to_its_end(
    database_copy: Callable[[str, Callable[[str], None]], str], tmp_path: Path, database: str
) -> None:
    url = database_copy("killed", prepared(tmp_path))
    site = Site.open(settings_for(watching(url), tmp_path))
    chance = random.Random(5)  # noqa: S311 - work to do again, no secret
    writer = Writer(site)
    writer.start()
    process = started(url, tmp_path, site)

    def victims() -> list[tuple[str, Callable[[], bool]]]:
        found: list[tuple[str, Callable[[], bool]]] = []
        if process.is_alive():
            found.append(("apply", partial(kill, process.pid)))
            if database == "postgresql":
                found.append(("connection", partial(terminate_backend, site, chance)))
        return found

    def after(_kind: str) -> None:
        nonlocal process
        process.join(30)
        if not process.is_alive():
            process = started(url, tmp_path, site)

    try:
        killer = Killer(3, victims, pauses=(0.0, 0.4))
        killer.work(share(0.2), after)
        with until("the apply") as waiting:
            while process.is_alive() and waiting():
                pass
        while interrupted(site):
            after("")
            process.join(60)
    finally:
        writer.stop.set()
        writer.join()
        process.kill()
    print(f"{database}: killed {killer.killed}, {len(writer.written)} sales written, release {site.refresh().number}")
    verify(site, writer.written)
    site.close()


def started(url: str, folder: Path, site: Site) -> Any:
    """Return a process that goes on with what was begun, or applies the next change."""
    process = context().Process(target=apply_on, args=(url, folder, texts_after(site.refresh().number)))
    process.start()
    return process


def interrupted(site: Site) -> bool:
    """Return whether an apply waits to be resumed."""
    with site.reading() as connection:
        return unfinished(connection) is not None


def verify(site: Site, written: list[str]) -> None:
    """Assert that all rows there were, and all written meanwhile, are there once with their values and totals."""
    release = site.refresh()
    new = "title" in release.catalog.object("sale").fields
    found = rows(site, "sale", "title" if new else "name", "size")
    named = {str(name): size for name, size in found}
    assert len(named) == len(found)
    assert set(named) == {f"n{number}" for number in range(ROWS)} | set(written)
    assert {Decimal(named[name]) for name in written} <= {Decimal(2)}
    assert all(Decimal(named[f"n{number}"]) == number for number in range(ROWS))
    if new:
        computed = {str(name): tuple(values) for name, *values in rows(site, "sale", "title", "total", "double")}
        assert {computed[name] for name in written} <= {(5, Decimal(4))}
    assert doctor(site) == []
