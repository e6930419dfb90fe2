"""Four processes write while release after release is published: no value is lost, nobody sees an error.

``FORMLINE_TEST_ROWS=200000`` makes it the long run.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from formline.runtime import fence
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7s
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.doctor import doctor
from formline.runtime.migration.rollback import rollback_plan
from formline.runtime.release import ObjectModel
from formline.runtime.site import Site
from formline.runtime.unit import Change, Unit, run_unit
from tests.fixtures.sites import MakeSite, publish, settings_for
from tests.runtime.migration.definitions import BASE, with_fields
from tests.runtime.migration.processes import context

ROWS = int(os.environ.get("FORMLINE_TEST_ROWS", "2000"))
WRITERS = 4
OWN_ROWS = 5
CHUNK = 1000

FORMULA = "{type: formula, returns: integer, expression: %s * 2}"
FIRST = with_fields("item", name="{type: text}", pieces="{type: integer}", note="{type: text}")
RELEASES = {
    "rename": with_fields("item", title="{type: text, was: name}", pieces="{type: integer}", note="{type: text}"),
    "retype": with_fields("item", title="{type: text}", pieces="{type: text}", note="{type: text}"),
    "retype back": with_fields("item", title="{type: text}", pieces="{type: integer}", note="{type: text}"),
    "formula": with_fields(
        "item", title="{type: text}", pieces="{type: integer}", note="{type: text}", double=FORMULA % "pieces"
    ),
    "rename all": with_fields(
        "thing",
        extra="was: item\n",
        label="{type: text, was: title}",
        count="{type: integer, was: pieces}",
        double=FORMULA % "count",
        note="{type: text}",
    ),
}


def counter_of(model: ObjectModel, ids: dict[str, int]) -> str:
    """Return what the counter is called in the release at hand."""
    return model.field_names[ids["pieces"]]


def write(url: str, folder: Path, ids: dict[str, int], mine: list[UUID], stop: Event, results: Queue[Any]) -> None:
    """Count own rows up, one unit each, until told to stop; read meanwhile; report how often, or what went wrong."""
    done: Counter[UUID] = Counter()
    try:
        site = Site.open(settings_for(url, folder))
        turn = 0
        while not stop.is_set():
            key = mine[turn % len(mine)]
            run_unit(site, Actor.system(), lambda unit, key=key: increment(unit, ids, key))  # type: ignore[misc]
            done[key] += 1
            turn += 1
            look(site, ids, mine, done)
        site.close()
        results.put((dict(done), ""))
    except BaseException:  # the parent shows it
        results.put((dict(done), traceback.format_exc()))


def increment(unit: Unit, ids: dict[str, int], key: UUID) -> None:
    name = unit.release.object_named(ids["item"])
    assert name is not None
    model = unit.release.model(name)
    field = counter_of(model, ids)
    value = unit.connection.execute(select(model.column(field)).where(model.id == key)).scalar_one()
    unit.update(name, [Change(key, {field: str(int(value) + 1)})])


def look(site: Site, ids: dict[str, int], mine: list[UUID], done: Counter[UUID]) -> None:
    """Read as a request does: one release for all of it, and in it the values are whole."""
    with site.reading() as connection:
        release = site.at(fence.read_live(connection).revision)
        name = release.object_named(ids["item"])
        assert name is not None
        model = release.model(name)
        doubled = "double" in model.object.fields
        columns = [model.column(counter_of(model, ids)), *([model.column("double")] if doubled else [])]
        for key in mine:
            row = connection.execute(select(*columns).where(model.id == key)).one()
            # A reader in flight during a switch may be one write behind, never further and never empty.
            assert int(row[0]) in (done[key], done[key] - 1), (release.number, row, done[key])
            assert not doubled or row[1] == int(row[0]) * 2, (release.number, row)


def filled(site: Site) -> list[UUID]:
    """Insert the rows; return their ids."""
    model = site.release.model("item")
    keys = uuid7s(ROWS)
    for start in range(0, ROWS, CHUNK):
        rows = [
            {"id": key, "name": f"n{start + n}", "pieces": 0, "version": 1}
            for n, key in enumerate(keys[start : start + CHUNK])
        ]
        with site.writing(site.release) as connection:
            connection.execute(insert(model.table), rows)
    return keys


@pytest.mark.timeout(900)
def test_nothing_is_lost_while_releases_change_under_writers(
    make_site: MakeSite, database_url: str, tmp_path: Path
) -> None:
    site = make_site([*BASE, FIRST], database_url)
    model = site.release.model("item")
    ids = {"item": model.object_id, **model.field_ids}
    keys = filled(site)
    processes = context()
    stop: Event = processes.Event()
    results: Queue[Any] = processes.Queue()
    writers = [
        processes.Process(
            target=write,
            args=(database_url, tmp_path, ids, keys[n * OWN_ROWS : (n + 1) * OWN_ROWS], stop, results),
            daemon=True,
        )
        for n in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    try:
        for text in RELEASES.values():
            publish(site, [*BASE, text])
            wait_for_writes(site, ids, keys[:1])
        apply(site, rollback_plan(site, 1), "back to the first", Author("test"))
        wait_for_writes(site, ids, keys[:1])
    finally:
        stop.set()
    reports = [results.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join(timeout=10)
    assert [trouble for _, trouble in reports if trouble] == []
    counted: Counter[UUID] = Counter()
    for done, _ in reports:
        counted.update(done)
    verify(site, keys, counted)


def wait_for_writes(site: Site, ids: dict[str, int], keys: list[UUID]) -> None:
    """Return once the writers have written under the new release."""
    release = site.refresh()
    name = release.object_named(ids["item"])
    assert name is not None
    model = release.model(name)
    column = model.column(counter_of(model, ids))
    deadline = time.monotonic() + 30
    first = None
    while time.monotonic() < deadline:
        with site.reading() as connection:
            found = connection.execute(select(column).where(model.id == keys[0])).scalar_one()
        first = found if first is None else first
        if int(found) > int(first):
            return
        time.sleep(0.02)
    pytest.fail("the writers do not write any more")


def verify(site: Site, keys: list[UUID], counted: Counter[UUID]) -> None:
    assert sum(counted.values()) > WRITERS * len(RELEASES)
    model = site.refresh().model("item")
    with site.reading(patient=True) as connection:
        rows = connection.execute(select(model.id, model.column("name"), model.column("pieces"))).all()
    found = {key: (name, pieces) for key, name, pieces in rows}
    assert len(found) == ROWS
    assert found == {key: (f"n{number}", counted[key]) for number, key in enumerate(keys)}
    assert doctor(site) == []
