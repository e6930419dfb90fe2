"""An object of the site whose name is later shipped: both ways out keep its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.doctor import doctor
from formline.runtime.migration.plan import Plan, plan
from formline.runtime.migration.rollback import rollback_plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from tests.fixtures.sites import settings_for
from tests.runtime.migration.definitions import BASE, with_fields
from tests.runtime.migration.rows import add, rows

OWN = with_fields("project", name="{type: text}", size="{type: integer}")
SHIPPED = with_fields("project", name="{type: text}", budget="{type: integer}")

Planned = Callable[[dict[str, str]], Plan]


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """Return a site with an object ``project`` of its own and one record, whose program now ships one, too."""
    objects = tmp_path / "shipped" / "objects"
    objects.mkdir(parents=True)
    for text, name in zip(BASE, ("user", "department", "company"), strict=True):
        (objects / f"{name}.yaml").write_text(text, encoding="utf-8")
    settings = settings_for(database_url, tmp_path).with_values(definitions_dir=objects.parent)
    prepare(settings)
    site = Site.open(settings)
    carry_out(site, plan(site, candidate(settings, {"objects/project.yaml": OWN})))
    add(site, "project", {"name": "Bridge", "size": 3})
    (objects / "project.yaml").write_text(SHIPPED, encoding="utf-8")
    yield site
    site.close()


def planned(site: Site, **files: str) -> Plan:
    return plan(site, candidate(site.settings, {f"objects/{name}.yaml": text for name, text in files.items()}))


def carry_out(site: Site, made: Plan) -> None:
    apply(site, made, "test", Author("test"))


def test_the_hint_names_both_ways(site: Site) -> None:
    (blocker,) = planned(site, project=OWN).blockers
    assert blocker.code == "already-defined"
    assert "extends: project" in blocker.hint
    assert "was: project" in blocker.hint


def test_the_records_become_those_of_the_shipped_object(site: Site) -> None:
    made = planned(site, project="kind: object\nextends: project\nfields: {size: {type: integer}}\n")
    assert [(one.kind, one.what) for one in made.operations] == [
        ("add", "object/project.fields.budget"),
        ("change", "object/project"),
    ]
    carry_out(site, made)
    assert rows(site, "project", "name", "size", "budget") == [("Bridge", 3, None)]
    assert doctor(site) == []


def test_or_stay_those_of_the_renamed_one(site: Site) -> None:
    own = with_fields("building", extra="was: project\n", name="{type: text}", size="{type: integer}")
    made = planned(site, building=own)
    assert {(one.kind, one.what) for one in made.operations} >= {
        ("rename", "object/building"),
        ("add", "object/project"),
    }
    carry_out(site, made)
    add(site, "project", {"name": "Shipped", "budget": 1})
    assert rows(site, "building", "name", "size") == [("Bridge", 3)]
    assert rows(site, "project", "name", "budget") == [("Shipped", 1)]
    assert doctor(site) == []
    assert planned(site, building=own).empty
    carry_out(site, rollback_plan(site, 1))
    assert rows(site, "project", "name", "size") == [("Bridge", 3)]
