"""Pages drawn once: nothing of one person or record shows on the page of another; each session has its own token."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from formline.runtime.site import Site
from tests.web.conftest import Person, token_of

SignIn = Callable[[str], Person]


def _name(site: Site, login: str) -> str:
    user = site.release.model("user")
    with site.reading() as connection:
        named = select(user.column("name")).where(user.column("login") == login)
        return str(connection.execute(named).scalar_one())


def test_people_of_equal_rights_see_their_own_name_records_and_token(crm: Site, sign_in: SignIn) -> None:
    names = {login: _name(crm, login) for login in ("wang", "wu")}
    pages = {}
    for login, other in (("wang", "wu"), ("wu", "wang")):
        person = sign_in(login)
        first, second = (person.get("/o/opportunity").text for _ in range(2))
        assert first == second
        topbar = first[first.index('class="topbar"') : first.index("<main")]
        assert names[login] in topbar
        assert names[other] not in topbar
        pages[login] = first
    assert token_of(pages["wang"]) != token_of(pages["wu"])
    shown = [set(re.findall(r'class="record-link" href="([^"]+)"', page)) for page in pages.values()]
    assert shown[0]
    assert shown[0].isdisjoint(shown[1])


def test_forms_of_two_records_hold_what_is_each_ones_own(sign_in: SignIn) -> None:
    person = sign_in("wang")
    links = re.findall(r'class="record-link" href="/o/opportunity/([^"]+)"', person.get("/o/opportunity").text)
    for key in links[:2]:
        page = person.get(f"/o/opportunity/{key}/edit").text
        assert f'name="record_id" value="{key}"' in page
        assert all(other not in page for other in links[:2] if other != key)


def test_a_filter_of_one_page_is_not_on_the_next(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    assert "filter-chip" in person.get("/o/opportunity?f=stage~eq~won").text
    assert "filter-chip" not in person.get("/o/opportunity").text
    assert "&lt;b&gt;" in person.get("/o/opportunity?q=<b>").text


def test_the_message_of_one_request_is_gone_with_it(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    assert 'class="toast-text"' in person.get("/o/opportunity?saved=1").text
    assert 'class="toast-text"' not in person.get("/o/opportunity").text
