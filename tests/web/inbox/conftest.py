"""Contracts of the shipped CRM on their way through approval, and short ways to submit and look at them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import Query, fetch
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from tests.web.conftest import Person, token_of


@dataclass
class Office:
    """The site with its people; each call of ``at`` is another browser."""

    site: Site
    at: Callable[[str], Person]

    def actor(self, login: str) -> Actor:
        """Return somebody as they are now."""
        where = {"field": "login", "op": "eq", "value": login}
        with self.site.reading() as connection:
            found = fetch(connection, self.site.release, Actor.system(), Query("user", ("id",), where)).rows
            return load_actor(connection, self.site.release, found[0]["id"])

    def contract(self, amount: int = 50_000, name: str = "Test contract", **values: object) -> UUID:
        """Create a draft of Wang's with a payment plan."""
        where = {"field": "owner.login", "op": "eq", "value": "wang"}
        today = date(2026, 3, 2)
        with self.site.reading() as connection:
            customer = fetch(connection, self.site.release, Actor.system(), Query("customer", ("id",), where)).rows[0]
        row = {"name": name, "customer": customer["id"], "amount": amount, "signed_on": today, "starts_on": today}
        row |= {"ends_on": today + timedelta(days=365), "terms": "30 days", **values}
        plan = [{"name": "All", "due_on": today, "amount": amount}]
        return self.write("wang", lambda unit: unit.create("contract", [{**row, "instalments": plan}]))[0]  # type: ignore[index]

    def write(self, login: str, work: object) -> object:
        """Write as somebody."""
        return run_unit(self.site, self.actor(login), work, confirm=True)  # type: ignore[arg-type]

    def change(self, login: str, record: UUID, **values: object) -> None:
        """Change a contract as somebody."""
        self.write(login, lambda unit: unit.update("contract", [Change(record, values)]))

    def submit(self, record: UUID) -> str:
        """Submit a contract as Wang through its dialog; return the address of its approval."""
        wang = self.at("wang")
        address = f"/o/contract/{record}/transitions/status.sign"
        page = wang.get(address).text
        answer = wang.post(
            address, {"signed_on": "2026-03-02", "starts_on": "2026-03-02", "ends_on": "2027-03-02"}, page
        )
        assert answer.status_code == 303, answer.text
        return self.address_of(wang.get(answer.location).text)

    def address_of(self, page: str) -> str:
        """Return the address of the approval that a page leads to."""
        found = re.search(r'href="(/approvals/[0-9a-f-]{36})', page)
        assert found is not None, page
        return found[1]

    def act(self, person: Person, approval: str, action: str, **values: str) -> TestResponse:
        """Press a button of the page of an approval and send its dialog."""
        page = person.get(approval).text
        href = re.search(rf'href="([^"]*/do/{action}[^"]*)"', page)
        assert href is not None, f"no {action} in {re.findall(r'/do/([a-z_]+)', page)}"
        return self.send(person, unescape(href[1]), **values)

    def send(self, person: Person, address: str, **values: str) -> TestResponse:
        """Open a dialog and send it with some inputs filled in."""
        dialog = person.get(address).text
        sent = {"csrf_token": token_of(dialog), **hidden(dialog), **values}
        return person.client.post(address, data=sent)


def hidden(page: str) -> dict[str, str]:
    """Return the hidden inputs of a dialog."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}


@pytest.fixture
def office(crm: Site, sign_in: Callable[[str], Person]) -> Office:
    """Return the site with its people."""
    people: dict[str, Person] = {}

    def at(login: str) -> Person:
        if login not in people:
            people[login] = sign_in(login)
            people[login].client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return people[login]

    return Office(crm, at)
