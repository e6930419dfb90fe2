"""Changing values in the list of the shipped CRM, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from tests.web.conftest import Person
from tests.web.test_pages import ids, stored

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
LIST = "/o/opportunity"
HEADERS = {"HX-Request": "true"}


def own(person: Person) -> UUID:
    """Return an open deal of the person's list."""
    found = re.search(
        r'<tr data-id="([0-9a-f-]{36})">', person.get(f"{LIST}?f=stage~in~qualify,propose,negotiate").text
    )
    assert found is not None
    return UUID(found[1])


def test_cells_say_which_may_be_changed(sign_in: SignIn) -> None:
    page = sign_in("wang").get(LIST).text
    assert set(re.findall(r'<th data-cell="(\w+)"', page)) >= {"name", "amount", "close_date", "customer"}
    assert 'data-cell="stage"' not in page


def test_a_cell_is_changed_and_its_row_comes_back(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    deal = own(person)
    address = f"{LIST}/{deal}/cells/amount?columns=name,amount,expected"
    form = person.get(address, headers=HEADERS).text
    version = stored(crm, "opportunity", deal)["version"]
    assert f'name="version" value="{version}"' in form
    done = person.post(address, {"version": version, "amount": "4321"}, form, headers=HEADERS)
    assert done.status_code == 200, done.text
    assert done.text.startswith(f'<tr data-id="{deal}">')
    assert done.text.count("<td") == 4  # the checkbox and three columns
    assert "4,321.00" in done.text
    assert stored(crm, "opportunity", deal)["amount"] == 4321


def test_a_change_on_an_old_version_shows_both_values(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    deal = own(person)
    address = f"{LIST}/{deal}/cells/name"
    form = person.get(address, headers=HEADERS).text
    version = stored(crm, "opportunity", deal)["version"]
    other = sign_in("zhao")
    drawn = other.get(address, headers=HEADERS).text
    assert other.post(address, {"version": version, "name": "Theirs"}, drawn, headers=HEADERS).status_code == 200
    refused = person.post(address, {"version": version, "name": "Mine"}, form, headers=HEADERS)
    assert refused.status_code == 409
    assert refused.headers["HX-Retarget"] == "#cell-form"
    assert "<b>Theirs</b>" in refused.text
    assert 'value="Mine"' in refused.text
    assert stored(crm, "opportunity", deal)["name"] == "Theirs"
    now = re.search(r'name="version" value="(\d+)"', refused.text)
    assert now is not None
    assert person.post(address, {"version": now[1], "name": "Mine"}, form, headers=HEADERS).status_code == 200
    assert stored(crm, "opportunity", deal)["name"] == "Mine"


def test_what_does_not_fit_comes_back_with_the_form(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    deal = own(person)
    address = f"{LIST}/{deal}/cells/amount"
    form = person.get(address, headers=HEADERS).text
    for text in ("much", "-1"):
        refused = person.post(address, {"version": "", "amount": text}, form, headers=HEADERS)
        assert refused.status_code == 422
        assert "invalid-feedback" in refused.text
        assert f'value="{text}"' in refused.text


def test_states_formulas_and_records_of_others_have_no_such_form(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    deal = own(person)
    for name in ("stage", "expected", "created_at", "nothing"):
        assert person.get(f"{LIST}/{deal}/cells/{name}").status_code == 404
    (wang,) = ids(crm, "user", login="wang")
    foreign = next(key for key in ids(crm, "opportunity") if stored(crm, "opportunity", key)["owner"] != wang)
    assert person.get(f"{LIST}/{foreign}/cells/amount").status_code in (403, 404)
