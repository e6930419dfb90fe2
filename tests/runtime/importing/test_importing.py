"""Imports of a small catalog on both databases: rehearsed, run, mended, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.databases import Prepare
from tests.fixtures.sites import published_at, settings_for

if TYPE_CHECKING:
    from formline.runtime.jobs import Job
    from formline.runtime.site import Site

FIRM = """
kind: object
name: firm
title: name
fields:
  name: {type: text, required: true, unique: true}
  kind: {type: choice, choices: {shop: {label: Shop}, works: {label: Works}}}
  staff: {type: integer, min: 0}
  note: {type: text}
  parent: {type: lookup, to: firm, reverse: firms}
rules:
  small: {check: "kind != 'shop' or staff == null or staff < 100", message: "A shop is small."}
---
kind: object
name: deal
title: name
fields:
  name: {type: text, required: true}
  firm: {type: lookup, to: firm, required: true, reverse: deals}
"""
COLUMNS = {
    "name": "名称",
    "kind": {"from": "类型", "values": {"商店": "shop", "工厂": "works"}},
    "staff": "人数",
    "parent": {"from": "上级", "find": {"by": "name"}},
}
HEAD = ("名称", "类型", "人数", "上级")


def _prepare(url: str, folder: Path) -> None:

    site = published_at(url, [*ORGANISATION.values(), FIRM], folder)
    site.close()


@pytest.fixture
def site(database_copy: Callable[[str, Prepare], str], tmp_path: Path) -> Iterator[Site]:
    from formline.runtime.site import Site

    site = Site.open(settings_for(database_copy("firms", lambda url: _prepare(url, tmp_path)), tmp_path))
    yield site
    site.close()


def written(folder: Path, *rows: tuple[object, ...], encoding: str = "utf-8") -> Path:
    """Write rows below the usual head as CSV."""
    file = folder / "firms.csv"
    lines = [HEAD, *rows]
    file.write_text("\n".join(",".join(map(str, line)) for line in lines), encoding=encoding)
    return file


def started(site: Site, file: Path, kind: str, **mapping: Any) -> tuple[UUID, Job]:
    """Start an import or its rehearsal, run it to the end, and return its id and its job."""
    from formline.runtime.importing import imports, job

    with site.writing() as connection:
        identifier = imports.create(
            connection,
            object_id=site.release.physical["firm"].id,
            name=file.name,
            file=imports.keep_file(site, file),
            mapping={"object": "firm", "columns": COLUMNS, **mapping},
        )
        queued = job.enqueue(connection, imports.get(connection, identifier), kind)
    return identifier, run(site, queued)


def run(site: Site, queued: UUID) -> Job:
    """Run one job here and return it as it ended."""
    from formline.runtime import jobs
    from formline.runtime.keys import uuid7

    holder = uuid7()
    with site.writing() as connection:
        claimed = jobs.claim_one(connection, queued, holder, datetime.now(UTC))
    assert claimed is not None
    jobs.run(site, claimed, holder)
    with site.reading() as connection:
        ended = jobs.get(connection, queued)
    assert ended is not None
    assert ended.state == "done", ended.error
    return ended


def undone(site: Site, identifier: UUID) -> dict[str, int]:
    """Undo an import and return how many records became what."""
    from formline.runtime.importing import imports, undo

    with site.writing() as connection:
        queued = undo.enqueue(connection, imports.get(connection, identifier), UUID(int=1))
        # The platform itself, as these imports: a person's rights are the pages' tests.
        from sqlalchemy import update

        from formline.runtime.tables import job

        connection.execute(update(job).where(job.c.id == queued).values(created_by=None))
    counts: dict[str, int] = run(site, queued).result["counts"]
    return counts


def firms(site: Site) -> dict[str, dict[str, Any]]:
    """Return the live firms by name."""
    from formline.runtime.access import Actor
    from formline.runtime.queries import Query, fetch

    with site.reading() as connection:
        rows = fetch(connection, site.release, Actor.system(), Query("firm", limit=500)).rows
    return {row["name"]: row for row in rows}


def changed(site: Site, name: str, **values: Any) -> None:
    """Change a firm as somebody would."""
    from formline.runtime.access import Actor
    from formline.runtime.unit import Change, run_unit

    key = firms(site)[name]["id"]
    run_unit(site, Actor.system(), lambda unit: unit.update("firm", [Change(key, values)]))


ROWS = (("乙", "商店", 5, "甲"), ("甲", "工厂", 500, ""), ("丙", "商店", 900, ""), ("丁", "作坊", 1, "无"))


def test_a_rehearsal_says_what_would_happen_and_writes_nothing(site: Site, tmp_path: Path) -> None:
    """Parents further down are found, rules are asked, words without a meaning are counted."""
    from formline.runtime.importing.job import CHECK

    _key, job = started(site, written(tmp_path, *ROWS), CHECK)
    assert (job.result["created"], job.result["rejected"]) == (2, 2)
    assert {row["line"]: [each[1] for each in row["problems"]] for row in job.result["refused"]} == {
        4: ["small"],
        5: ["unknown_choice"],
    }
    assert job.result["unknown"] == {"kind": {"作坊": 1}}
    assert firms(site) == {}


def test_a_word_is_answered_once_for_all_rows(site: Site, tmp_path: Path) -> None:
    """Answers name a record or a choice; the rehearsal and the import both take them."""
    from formline.runtime.importing.job import CHECK, KIND

    started(site, written(tmp_path, ("甲", "工厂", 500, "")), KIND)
    answers = {str(firms(site)["甲"]["id"])}
    columns = {
        **COLUMNS,
        "kind": {"from": "类型", "values": {"作坊": "works"}},
        "parent": {"from": "上级", "find": {"by": "name", "answers": {"老甲": answers.pop()}}},
    }
    rows = [("戊", "作坊", 2, "老甲"), ("己", "作坊", 3, "老甲")]
    for kind in (CHECK, KIND):
        _key, job = started(site, written(tmp_path, *rows), kind, columns=columns)
        assert (job.result["created"], job.result["unknown"]) == (2, {})
    assert firms(site)["己"]["parent"] == firms(site)["甲"]["id"]


def test_rejected_rows_are_kept_with_their_cells(site: Site, tmp_path: Path) -> None:
    """What is needed to mend them is in the store."""
    import orjson

    from formline.runtime.files.storage import store_of
    from formline.runtime.importing import imports
    from formline.runtime.importing.job import KIND

    key, _job = started(site, written(tmp_path, *ROWS, encoding="gb18030"), KIND)
    with site.reading() as connection:
        of = imports.get(connection, key)
    assert of.refused_file is not None
    head, *rows = store_of(site).path(of.refused_file).read_bytes().splitlines()
    assert orjson.loads(head) == list(HEAD)
    assert [orjson.loads(row)[:2] for row in rows] == [[4, ["丙", "商店", "900", ""]], [5, ["丁", "作坊", "1", "无"]]]


def test_an_import_is_undone_with_its_updates(site: Site, tmp_path: Path) -> None:
    """Made records go, changed ones get their old values back; a second undo finds nothing to do."""
    from formline.runtime.importing.job import KIND

    started(site, written(tmp_path, ("甲", "工厂", 500, "")), KIND)
    rows = [("甲", "工厂", 501, ""), ("乙", "商店", 5, "甲")]
    key, job = started(site, written(tmp_path, *rows), KIND, key=["name"])
    assert (job.result["created"], job.result["updated"]) == (1, 1)
    assert undone(site, key) == {"undone": 2}
    assert {name: row["staff"] for name, row in firms(site).items()} == {"甲": 500}


def test_what_changed_since_or_is_used_elsewhere_stays(site: Site, tmp_path: Path) -> None:
    """Later work is never lost: not a changed field, not a changed record, not one that others name."""
    from formline.runtime.access import Actor
    from formline.runtime.importing.job import KIND
    from formline.runtime.unit import run_unit

    started(site, written(tmp_path, ("甲", "工厂", 500, ""), ("辛", "工厂", 1, "")), KIND)
    rows = [("甲", "商店", 5, ""), ("辛", "商店", 2, ""), *((name, "商店", 7, "") for name in "乙丙丁")]
    key, _job = started(site, written(tmp_path, *rows), KIND, key=["name"])
    changed(site, "甲", staff=6)
    changed(site, "乙", note="kept")
    used = firms(site)["丙"]["id"]
    run_unit(site, Actor.system(), lambda unit: unit.create("deal", [{"name": "one", "firm": used}]))
    assert undone(site, key) == {"undone": 2, "changed_since": 2, "used_elsewhere": 1}
    now = firms(site)
    assert set(now) == {"甲", "辛", "乙", "丙"}
    assert (now["甲"]["staff"], now["甲"]["kind"]) == (6, "works")
    assert (now["辛"]["staff"], now["辛"]["kind"]) == (1, "works")
