"""Quarantine: what is listed, what comes back, what is dropped in the end; the site's files; upgrade conflicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from formline.errors import NotFoundError
from formline.runtime import tables
from formline.runtime.candidates import candidate, candidate_of_texts
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.doctor import doctor
from formline.runtime.migration.introspect import introspect
from formline.runtime.migration.plan import plan
from formline.runtime.migration.purge import expired, purge
from formline.runtime.migration.quarantine import listed
from formline.runtime.migration.restore import restore_plan
from formline.runtime.migration.rollback import rollback_plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from tests.fixtures.sites import MakeSite, publish, settings_for
from tests.runtime.migration.definitions import BASE, with_fields
from tests.runtime.migration.rows import add, rows

LATER = datetime.now(UTC) + timedelta(days=31)


def test_an_object_and_its_rows_come_back(make_site: MakeSite, database_url: str, tmp_path: Path) -> None:
    site = make_site([*BASE, with_fields("note", text="{type: text}")], database_url)
    add(site, "note", {"text": "hello"})
    publish(site, BASE)
    assert [one.path for one in listed(site)] == ["note"]
    made = plan(site, candidate_of_texts(site.settings, [*BASE, with_fields("note", text="{type: text}")]))
    (warning,) = [one for one in made.warnings if one.code == "comes-back-empty"]
    assert "its 1 records are in quarantine" in warning.message
    shipped = folder_of(tmp_path, BASE)
    site = reopened(site, shipped)
    apply(site, restore_plan(site, "note"), "again", Author("test"))
    assert rows(site, "note", "text") == [("hello",)]
    assert listed(site) == []
    assert doctor(site) == []
    with pytest.raises(NotFoundError, match="not in quarantine"):
        restore_plan(site, "note")
    site.close()


def folder_of(tmp_path: Path, texts: list[str]) -> Path:
    """Write texts as a folder of shipped objects."""
    folder = tmp_path / "shipped" / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    for text in texts:
        (folder / f"{text.split('name: ')[1].split()[0]}.yaml").write_text(text, encoding="utf-8")
    return folder.parent


def reopened(site: Site, shipped: Path) -> Site:
    """Open the same site with a folder as the shipped definitions."""
    settings = site.settings.with_values(definitions_dir=shipped)
    return Site.open(settings)


def test_after_its_time_a_column_and_a_table_are_dropped_and_their_names_stay_taken(
    make_site: MakeSite, database_url: str
) -> None:
    first = [
        *BASE,
        with_fields("customer", name="{type: text}", phone="{type: text}"),
        with_fields("note", t="{type: text}"),
    ]
    site = make_site(first, database_url)
    publish(site, [*BASE, with_fields("customer", name="{type: text}")])
    assert (expired(site), purge(site)) == ([], [])
    assert sorted(purge(site, LATER)) == [("customer", "phone"), ("note", "")]
    with site.reading() as connection:
        found = introspect(connection).tables
    assert "note" not in found
    assert "phone" not in found["customer"]
    assert listed(site) == []
    apply(site, rollback_plan(site, 1), "back without values", Author("test"))
    assert site.release.model("customer").column("phone").name == "phone_2"
    assert site.release.model("note").table.name == "note_2"
    assert doctor(site) == []


def test_site_files_follow_the_release(database_url: str, tmp_path: Path) -> None:
    shipped = folder_of(tmp_path, [*BASE, with_fields("customer", name="{type: text, label: Name}")])
    settings = settings_for(database_url, tmp_path).with_values(definitions_dir=shipped)
    prepare(settings)
    site = Site.open(settings)
    files = {"objects/customer.yaml": "kind: object\nextends: customer\nfields: {name: {label: Who}}\n"}
    for number in (1, 2):
        apply(site, plan(site, candidate(settings, files)), "x", Author("test"))
        files = {**files, "objects/note.yaml": with_fields("note", text="{type: text}")}
        with site.reading() as connection:
            found = connection.execute(select(tables.site_file.c.path, tables.site_file.c.revision)).all()
        assert len(found) == number
        assert {revision for _, revision in found} == {1}
    folder_of(tmp_path, [with_fields("customer", name="{type: text, label: Full name}")])
    made = plan(site, candidate(settings, files))
    (conflict,) = [one for one in made.warnings if one.code == "upgrade-conflict"]
    assert "the base was Name and is Full name" in conflict.message
    site.close()
