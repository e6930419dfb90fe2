"""S5, inference: what is masked or hidden is learned by no filter, order, path, search, page, lookup or description."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.web.api.conftest import Caller
from tests.web.conftest import Person

Make = Callable[..., Caller]
SignIn = Callable[[str], Person]

#: How the API may be asked about people's masked mobile numbers; a sales person gets no answer.
ASKED = [
    {"where": 'mobile == "+8613800138000"'},
    {"where": 'starts_with(mobile, "138")'},
    {"where": 'contains(mobile, "138")'},
    {"where": "is_empty(mobile)"},
    {"where": 'mobile < "+86138"'},
    {"where": 'manager.mobile == "+8613800138000"'},
    {"where": 'user.mobile == "+8613800138000"'},
    {"where": "count(reports, is_empty(mobile)) > 0"},
    {"where": 'if_(contains(mobile, "138"), true, false)'},
    {"filter": '{"field": "mobile", "op": "eq", "value": "+8613800138000"}'},
    {"filter": '{"field": "mobile", "op": "is_null"}'},
    {"filter": '{"not": {"field": "mobile", "op": "starts_with", "value": "1"}}'},
    {"filter": '{"field": "manager.mobile", "op": "contains", "value": "138"}'},
    {"filter": '{"field": "mobile.sort", "op": "eq", "value": "1"}'},
    {"sort": "mobile"},
    {"sort": "-manager.mobile"},
    {"fields": "mobile.sort"},
    {"where": 'password_hash == "x"'},
    {"fields": "password_hash"},
    {"where": "is_empty(deleted_at)"},
]


@pytest.mark.parametrize("query", ASKED, ids=str)
def test_a_masked_field_answers_nothing(caller: Make, query: dict[str, str]) -> None:
    answer = caller("wang")("GET", f"/user?{urlencode({'fields': 'name', 'count': '100', **query})}")
    assert answer.status_code == 422
    assert not {"data", "count", "next"} & set(answer.get_json())


def test_a_masked_value_is_masked_behind_a_lookup(caller: Make) -> None:
    rows = caller("wang")("GET", "/user?fields=mobile,manager.mobile&limit=100").get_json()["data"]
    shown = {row[name] for row in rows for name in ("mobile", "manager.mobile") if row.get(name)}
    assert shown
    assert all("****" in value for value in shown)


@pytest.mark.parametrize(
    "address",
    [
        "/o/user?columns=name,mobile,manager.mobile",
        "/o/user?f=mobile~contains~138",
        "/o/user?sort=mobile",
        "/o/user?sort=-mobile",
        "/o/user?q=138",
        "/search?q=138",
        "/o/user/pick?field=manager&q=138",
        "/o/user/filter?field=mobile",
    ],
)
def test_pages_tell_masked_values_to_nobody(sign_in: SignIn, caller: Make, address: str) -> None:
    rows = caller("admin")("GET", "/user?fields=mobile&limit=100").get_json()["data"]
    numbers = {row["mobile"] for row in rows if row["mobile"]}
    text = sign_in("wang").get(address).text
    assert numbers
    assert not [number for number in numbers if number in text or number[-11:] in text]


@pytest.mark.parametrize("address", ["/o/user?f=mobile~contains~138", "/o/user?sort=mobile", "/o/user?q=138"])
def test_a_list_does_not_say_whose_number_has_the_digits(sign_in: SignIn, address: str) -> None:
    assert "/o/user/0" not in sign_in("wang").get(address).text


def test_counts_are_of_what_may_be_read(caller: Make) -> None:
    whole, part = (
        caller(login)("GET", "/customer?fields=name&limit=500&count=500").get_json() for login in ("admin", "wang")
    )
    assert part["count"] == len(part["data"]) < whole["count"]


def test_a_page_marker_is_the_readers_own(caller: Make) -> None:
    marker = caller("admin")("GET", "/customer?limit=1").get_json()["next"]
    wang = caller("wang")
    told = {
        wang("GET", f"/customer?limit=1&cursor={each}").text.split('"instance"')[0] for each in (marker, marker[::-1])
    }
    assert len(told) == 1
    assert wang("GET", f"/customer?limit=1&cursor={marker}").status_code == 400


def test_a_duplicate_names_no_other_record(caller: Make) -> None:
    other = caller("admin")("POST", "/customer", {"name": "Secret Ltd"}).get_json()["id"]
    answer = caller("wang")("POST", "/customer", {"name": "Secret Ltd"})
    assert answer.status_code == 422
    assert other not in answer.text


def test_the_description_leaves_out_what_is_hidden(caller: Make) -> None:
    described = caller("wang")("GET", "/openapi.json").text
    assert "password" not in described
    assert "manage_users" not in described
