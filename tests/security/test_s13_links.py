"""S13: a link in a mail shows, a post decides; it is bound to the ballot, the revision and the person."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from formline.runtime.tables import account
from formline.web import decision_links
from formline.web.decision_links import Invitation
from formline.workflow.approvals import shell, tasks
from tests.web import conftest as web
from tests.web.conftest import Person
from tests.web.inbox import conftest as offices
from tests.web.inbox.conftest import Office, hidden

# Fixtures of other folders, by their names.
app, crm, sign_in, visitor, office = web.app, web.crm, web.sign_in, web.visitor, offices.office


@pytest.fixture
def asked(office: Office) -> tuple[Office, UUID, str]:
    """Return the office, an approval that waits for Li, and the path of the link in Li's mail."""
    address = office.submit(office.contract())
    key = UUID(address.rpartition("/")[2])
    li = office.actor("li").user_id
    assert li is not None
    with office.site.reading() as connection:
        return office, key, decision_links.path(office.site, connection, li, key)


def _send(visitor: Person, path: str, **values: str) -> Any:
    page = visitor.get(path).text
    return visitor.client.post(path, data={**hidden(page), **values})


def test_a_get_shows_and_changes_nothing(asked: tuple[Office, UUID, str], visitor: Person) -> None:
    office, key, path = asked
    for _ in range(2):
        page = visitor.get(path)
        assert page.status_code == 200
        assert "50,000" in page.text
    visitor.client.head(path)
    visitor.get(f"{path}?choice=approve")
    with office.site.reading() as connection:
        case = tasks.storage.load_case(connection, office.site.release, key)
    assert case is not None
    assert case.state.status == "running"


def test_a_post_decides_once(asked: tuple[Office, UUID, str], visitor: Person) -> None:
    office, key, path = asked
    done = _send(visitor, path, choice="approve", opinion="By mail.")
    assert done.status_code == 200, done.text
    assert "By mail." in office.at("wang").get(f"/approvals/{key}").text
    assert visitor.client.post(path, data={"choice": "reject"}).status_code in (400, 410)
    assert "choice" not in visitor.get(path).text


def test_what_happened_since_ends_the_link(asked: tuple[Office, UUID, str], visitor: Person) -> None:
    office, key, path = asked
    page = visitor.get(path).text
    shell.comment(office.site, office.actor("wang"), key, "Please wait.")
    late = visitor.client.post(path, data={**hidden(page), "choice": "approve"})
    assert late.status_code == 410
    assert "choice" not in visitor.get(path).text


def test_a_link_is_its_persons_alone(asked: tuple[Office, UUID, str], visitor: Person, app: Flask) -> None:
    office, _key, path = asked
    one = decision_links.invitation(office.site, path.removeprefix(decision_links.PATH))
    assert one is not None
    for other in (
        replace(one, user_id=office.actor("wang").user_id or one.user_id),
        replace(one, ballot="manager#1.9"),
        replace(one, revision=one.revision - 1),
    ):
        token = decision_links.token(office.site, other)
        page = visitor.get(decision_links.PATH + token).text
        posted = visitor.client.post(
            decision_links.PATH + token, data={**hidden(visitor.get(path).text), "choice": "approve"}
        )
        assert posted.status_code == 410
        assert 'value="approve"' not in page
    assert visitor.get(path[:-3] + "abc").status_code == 410
    # Whoever is signed in goes to the approval with their own rights.
    led = office.at("gu").get(path)
    assert led.status_code == 302
    assert office.at("gu").get(led.location).status_code == 404


def test_who_is_signed_in_as_somebody_else_decides_nothing_with_it(
    asked: tuple[Office, UUID, str], visitor: Person
) -> None:
    office, key, path = asked
    wang = office.at("wang")
    answer = wang.post(path, {"choice": "approve"}, wang.get("/profile").text)
    assert (answer.status_code, f"/approvals/{key}" in answer.location) == (302, True)
    assert 'value="approve"' in visitor.get(path).text


def test_a_signature_or_a_second_factor_wants_a_sign_in(asked: tuple[Office, UUID, str], visitor: Person) -> None:
    office, _key, path = asked
    one = decision_links.invitation(office.site, path.removeprefix(decision_links.PATH))
    assert isinstance(one, Invitation)
    before = hidden(visitor.get(path).text)
    with office.site.writing() as connection:
        connection.execute(account.update().where(account.c.user_id == one.user_id).values(totp_secret=b"x"))
    assert 'value="approve"' not in visitor.get(path).text
    assert visitor.client.post(path, data={**before, "choice": "approve"}).status_code == 410


def test_links_are_built_from_the_sites_own_address(asked: tuple[Office, UUID, str], visitor: Person) -> None:
    _office, key, path = asked
    page = visitor.get(path, headers={"Host": "evil.example"}).text
    links = [unescape(one) for one in re.findall(r'(?:href|action)="([^"]+)"', page)]
    assert not [one for one in links if "evil.example" in one]
    assert f"/approvals/{key}" in links
