"""A first release makes tables; opening a site, models, and the fence."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from formline.errors import ReleaseMismatchError
from formline.runtime.keys import uuid7
from formline.runtime.migration.doctor import doctor
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
