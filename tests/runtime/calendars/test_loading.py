"""Calendars as records: the named one, the default one, their own days, and the settings where there is none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from formline.runtime.access.actor import Actor
from formline.runtime.calendars.loading import working_time
from formline.runtime.calendars.working_time import WorkingTime
from formline.runtime.keys import uuid7
from formline.runtime.unit import run_unit

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

OBJECTS = Path(__file__).parents[3] / "definitions" / "objects"
USER = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with the shipped calendars."""
    return make_site(
        [*((OBJECTS / f"{name}.yaml").read_text() for name in ("calendar", "calendar_day")), USER], database_url
    )


def add(site: Site, name: str, **values: object) -> UUID:
    """Create a calendar."""
    return run_unit(site, Actor.system(), lambda unit: unit.create("calendar", [{"name": name, **values}]))[0]


def loaded(site: Site, key: UUID | None = None) -> WorkingTime:
    """Load a calendar, by default the default one."""
    with site.reading() as connection:
        return working_time(connection, site.release, site.settings, key)


def test_without_a_record_the_settings_count(site: Site) -> None:
    usual = loaded(site)
    assert [usual.works(day) for day in (date(2026, 10, 1), date(2026, 10, 10), date(2026, 10, 12))] == [
        False,
        True,
        True,
    ]
    assert loaded(site, uuid7()).works(date(2026, 10, 12))


def test_own_days_come_before_public_ones(site: Site) -> None:
    days = [
        {"name": "Open day", "day": "2026-10-01", "works": True},
        {"name": "Founder's day", "day": "2026-10-12", "works": False},
    ]
    key = add(site, "Shop", country="CN", weekdays=["mon", "sat"], hours="10:00-14:00", days=days)
    shop = loaded(site, key)
    seen = [date(2026, 10, day) for day in (1, 2, 3, 5, 12, 17, 19, 20)]
    assert [shop.works(day) for day in seen] == [True, False, False, False, False, True, True, False]
    assert len(list(shop.spans(date(2026, 10, 17)))) == 1
    assert not any(loaded(site).works(day) for day in seen[:4])


def test_the_default_one(site: Site) -> None:
    add(site, "Named")
    add(site, "Default", country="", weekdays=["sun"], is_default=True)
    assert [loaded(site).works(date(2026, 10, day)) for day in (4, 5)] == [True, False]
