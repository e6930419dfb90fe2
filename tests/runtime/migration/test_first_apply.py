"""A first release makes tables; opening a site, models, and the fence."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text

from formline.errors import ReleaseMismatchError
from formline.runtime.keys import uuid7
from formline.runtime.migration import ddl
from formline.runtime.migration.doctor import doctor
from tests.fixtures.databases import PostgresqlDatabases
from tests.fixtures.sites import MakeSite, publish
from tests.runtime.migration.definitions import BASE, with_fields


def test_a_first_release_makes_what_the_definitions_say(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text, required: true}")], database_url)
    assert site.release.number == 1
    assert doctor(site) == []
    model = site.release.model("customer")
    assert "name" in model.keys
    assert "id" in model.keys


def test_rows_can_be_written_under_the_fence_and_not_after_a_switch(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text}")], database_url)
    release = site.release
    model = release.model("customer")
    with site.writing(release) as connection:
        connection.execute(insert(model.table).values({model.id: uuid7(), model.column("name"): "Ann"}))
    publish(site, [*BASE, with_fields("customer", name="{type: text}", phone="{type: text}")])
    with site.reading() as connection:
        assert connection.execute(select(model.column("name"))).scalars().all() == ["Ann"]
    with pytest.raises(ReleaseMismatchError), site.writing(release):
        pass
    assert site.refresh().number == 2
    assert doctor(site) == []


def test_an_index_left_invalid_is_found_and_made_anew(
    make_site: MakeSite, postgresql_databases: PostgresqlDatabases
) -> None:
    url = postgresql_databases.create()
    site = make_site([*BASE, with_fields("customer", code="{type: text, unique: true}")], url)
    (name,) = site.release.model("customer").unique_indexes
    broken = text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(:name AS regclass)")
    with site.writing() as connection:
        connection.execute(broken, {"name": name})
    (problem,) = doctor(site)
    assert (problem.code, "was not finished" in problem.message) == ("missing-index", True)
    ddl.create_indexes(site.engines, [site.release.model("customer")])
    assert doctor(site) == []
    site.close()
    postgresql_databases.drop(url)


def test_drift_is_reported_with_what_to_do(make_site: MakeSite, database_url: str) -> None:
    site = make_site([*BASE, with_fields("customer", name="{type: text}", size="{type: integer}")], database_url)
    with site.writing() as connection:
        for statement in ("ALTER TABLE customer DROP COLUMN size", "DROP TABLE department"):
            connection.execute(text(statement))
    found = {problem.where: problem.code for problem in doctor(site) if problem.code != "missing-index"}
    assert found == {"customer.size": "missing-column", "department": "missing-table"}
    ddl.add_columns(site.engines, [site.release.model("customer")])
    assert "customer.size" not in {problem.where for problem in doctor(site)}
