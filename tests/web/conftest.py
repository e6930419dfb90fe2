"""The shipped CRM with its sample data on both databases, and clients that are signed in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.databases import Prepare

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site

PASSWORD = "correct horse battery"
#: A sales director, one of the reports, a colleague elsewhere, the administrator; service, finance, marketing, head,
#: the manager in between, legal.
PEOPLE = ("zhao", "wang", "wu", "admin", "he", "qian", "gu", "lin", "li", "jiang")
SECRET = "a key for tests only, long enough to be one"
_CONTROL = re.compile(r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select|template|/form)\b)", re.S)


def _site(url: str, folder: Path) -> Site:
    from formline.runtime.site import Site
    from formline.settings import Settings

    return Site.open(Settings(database_url=url, data_dir=folder, secret_key=SECRET))


def _prepare(folder: Path) -> Prepare:
    def prepare_crm(url: str) -> None:
        from formline.runtime.candidates import candidate
        from formline.runtime.migration.apply import Author, apply
        from formline.runtime.migration.plan import plan
        from formline.runtime.preparing import prepare
        from formline.runtime.sample_data import load_sample_data
        from formline.settings import Settings
        from formline.web.auth import accounts, passwords

        settings = Settings(database_url=url, data_dir=folder, secret_key=SECRET)
        prepare(settings)
        site = _site(url, folder)
        apply(site, plan(site, candidate(settings, {})), "first release", Author("test"))
        load_sample_data(site)
        hashed = passwords.hash_password(PASSWORD)
        with site.writing() as connection:
            for login in PEOPLE:
                account = accounts.find(connection, site.release, login)
                assert account is not None
                accounts.save_password(connection, account.user_id, login, hashed)
        site.close()

    return prepare_crm


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hash with the least cost: what is tested is not argon2."""
    from argon2 import PasswordHasher

    from formline.web.auth import passwords

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def crm(database_copy: Callable[[str, Prepare], str], tmp_path: Path) -> Iterator[Site]:
    """Return a site with the shipped CRM, its sample data, and passwords for ``PEOPLE``."""
    site = _site(database_copy("crm", _prepare(tmp_path)), tmp_path)
    yield site
    site.close()


@pytest.fixture
def app(crm: Site) -> Flask:
    """Return the application of the CRM."""
    from formline.web import create_app

    return create_app(crm)


@dataclass
class Person:
    """A browser without scripts: follows no redirect, keeps cookies, fills in forms as they were drawn."""

    client: FlaskClient

    def get(self, address: str, **arguments: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(address, **arguments)

    def post(self, address: str, values: dict[str, Any], page: str, **arguments: Any) -> TestResponse:
        """Send values with the CSRF token of a page."""
        return self.client.post(address, data={"csrf_token": token_of(page), **values}, **arguments)

    def submit(self, address: str, changes: dict[str, Any] | None = None, drawn: str = "") -> TestResponse:
        """Open a form (or take the one given), change some inputs, and send all of it."""
        page = drawn or self.get(address).text
        return self.client.post(address, data={**inputs(page), **(changes or {})})


def token_of(page: str) -> str:
    """Return the CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page[:2000]
    return found[1]


def inputs(page: str) -> dict[str, str]:
    """Return what a browser would send of the record form of a page."""
    form = page[page.index('class="record-form"') :]
    sent: dict[str, str] = {}
    for kind, attributes, body in _CONTROL.findall(re.sub(r"<template>.*?</template>", "", form, flags=re.S)):
        name = re.search(r'\bname="([^"]+)"', attributes)
        if name is None or " disabled" in attributes:
            continue
        if kind == "select":
            chosen = re.search(r'value="([^"]*)" selected', body)
            sent[name[1]] = html.unescape(chosen[1]) if chosen else ""
        elif kind == "textarea":
            sent[name[1]] = html.unescape(body.split("</textarea>")[0]).removeprefix("\n")
        elif not re.search(r'type="(radio|checkbox)"', attributes) or " checked" in attributes:
            value = re.search(r'\bvalue="([^"]*)"', attributes)
            sent[name[1]] = html.unescape(value[1]) if value else ""
    return sent


def errors(page: str) -> list[str]:
    """Return what a page says beside its inputs."""
    return [html.unescape(text) for text in re.findall(r'class="invalid-feedback"[^>]*>([^<]*)<', page)]


@pytest.fixture
def visitor(app: Flask) -> Person:
    """Return somebody who is not signed in and reads English."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return Person(client)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], Person]:
    """Return ``sign_in(login) -> Person``; each call is another browser."""

    def signed_in(login: str, password: str = PASSWORD) -> Person:
        person = Person(app.test_client())
        answer = person.post("/login", {"login": login, "password": password}, person.get("/login").text)
        assert answer.status_code == 303, answer.text
        return person

    return signed_in
