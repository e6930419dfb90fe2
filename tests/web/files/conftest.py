"""The application of a site with papers that hold files, and people signed in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.databases import Prepare
from tests.web.conftest import PASSWORD, Person, _quick_passwords

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

__all__ = ["_quick_passwords"]
PEOPLE: dict[str, list[str]] = {"ann": ["clerk"], "ben": ["reader"], "cat": []}
ROLES = """
kind: role
name: clerk
label: Clerk
apps: [papers]
objects:
  paper: {create: true, read: own, update: own, delete: own}
---
kind: role
name: reader
label: Reader
apps: [papers]
objects:
  paper: {read: all}
---
kind: list_view
name: papers_all
label: All papers
object: paper
columns: [name, scan, photos]
---
kind: app
name: papers
label: Papers
items: [paper]
"""


def with_people(folder: Path, texts: Iterable[str], people: Mapping[str, list[str]]) -> Prepare:
    """Return what prepares a site of the definitions whose people (login and roles) can sign in."""

    def prepared(url: str) -> None:
        from formline.runtime.access.actor import Actor
        from formline.runtime.preparing import prepare
        from formline.runtime.site import Site
        from formline.runtime.unit import run_unit
        from formline.web.auth import accounts, passwords
        from tests.fixtures.catalogs import ORGANISATION
        from tests.fixtures.sites import publish, settings_for

        settings = settings_for(url, folder)
        prepare(settings)
        site = Site.open(settings)
        user = ORGANISATION["user"] + "  language: {type: text}\n  time_zone: {type: text}\n"
        others = (text for name, text in ORGANISATION.items() if name != "user")
        publish(site, [user, *others, *texts])
        rows = [
            {"name": login.title(), "login": login, "roles": roles, "active": True} for login, roles in people.items()
        ]
        ids = run_unit(site, Actor.system(), lambda unit: unit.create("user", rows))
        with site.writing() as connection:
            for login, key in zip(people, ids, strict=True):
                accounts.save_password(connection, key, login, passwords.hash_password(PASSWORD))
        site.close()

    return prepared


@pytest.fixture
def papers(database_copy: Callable[[str, Prepare], str], tmp_path: Path) -> Iterator[Site]:
    """Return a site with papers and the people ann (writes her own), ben (reads all), cat (nothing)."""
    from formline.runtime.site import Site
    from tests.fixtures.sites import settings_for
    from tests.runtime.files.conftest import PAPERS

    prepared = with_people(tmp_path, [PAPERS.split("---")[0], ROLES], PEOPLE)
    site = Site.open(settings_for(database_copy("web papers", prepared), tmp_path))
    yield site
    site.close()


@pytest.fixture
def app(papers: Site) -> Flask:
    """Return the application of the site."""
    from formline.web import create_app

    return create_app(papers)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], Person]:
    """Return ``sign_in(login) -> Person``; each call is another browser."""

    def signed_in(login: str) -> Person:
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        person = Person(client)
        answer = person.post("/login", {"login": login, "password": PASSWORD}, person.get("/login").text)
        assert answer.status_code == 303, answer.text
        return person

    return signed_in
