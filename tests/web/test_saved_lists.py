"""The filter builder and saved views of the shipped CRM, on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from formline.expressions.compiler import compile_expression
from tests.web.conftest import Person
from tests.web.test_pages import LINKS, ids, stored

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
LIST = "/o/opportunity"


def shown(person: Person, tree: Any, **query: str) -> set[UUID]:
    """Return the deals a tree of conditions finds."""
    answer = person.get(LIST, query_string={"w": json.dumps(tree), "view": "opportunities_all", **query})
    assert answer.status_code == 200
    return {UUID(one) for one in LINKS.findall(answer.text)}


def test_groups_of_conditions_find_what_they_say(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    tree = {"and": [["amount", "ge", "100000"], {"or": [["stage", "eq", "won"], ["stage", "eq", "lost"]]}]}
    found = shown(person, tree)
    records = {key: stored(crm, "opportunity", key) for key in ids(crm, "opportunity")}
    expected = {
        key
        for key, row in records.items()
        if (row["amount"] or 0) >= 100_000 and row["stage"] in ("won", "lost")  # type: ignore[operator]
    }
    assert found
    assert found == expected


def test_me_and_my_department_depend_on_who_asks(crm: Site, sign_in: SignIn) -> None:
    tree = {"and": [["owner", "me", ""]]}
    for login in ("zhao", "wang"):
        (user,) = ids(crm, "user", login=login)
        assert {stored(crm, "opportunity", key)["owner"] for key in shown(sign_in(login), tree)} <= {user}
    assert shown(sign_in("wang"), tree) <= shown(sign_in("wang"), {"and": [["owner", "my_department", ""]]})
    few = ["stage", "eq", "won"]  # all on one page
    mine = shown(sign_in("wang"), {"and": [["owner", "me", ""], few]})
    assert mine <= shown(sign_in("zhao"), {"and": [["owner", "my_team", ""], few]})


@pytest.mark.parametrize(("op", "text"), [("this_year", ""), ("next_days", "30"), ("last_days", "30"), ("past", "")])
def test_relative_days_are_days_around_today(crm: Site, sign_in: SignIn, op: str, text: str) -> None:
    today = date.today()
    stretches = {
        "this_year": (date(today.year, 1, 1), date(today.year, 12, 31)),
        "next_days": (today, today + timedelta(days=29)),
        "last_days": (today - timedelta(days=29), today),
        "past": (date(1, 1, 1), today - timedelta(days=1)),
    }
    first, last = stretches[op]
    slack = timedelta(days=1)  # the person's zone may be on another day than this machine
    for key in shown(sign_in("zhao"), {"and": [["close_date", op, text]]}):
        day = stored(crm, "opportunity", key)["close_date"]
        assert isinstance(day, date)
        assert first - (slack if first > date(1, 1, 1) else timedelta()) <= day <= last + slack


@pytest.mark.parametrize(
    "tree",
    ["no json", "[]", '{"xor": []}', '{"and": [["nothing", "eq", "1"]]}', '{"and": [["name", "between", "a"]]}', "{}"],
)
def test_a_tree_that_makes_no_sense_is_left_out(sign_in: SignIn, tree: str) -> None:
    person = sign_in("zhao")
    assert person.get(LIST, query_string={"w": tree}).status_code == 200


def test_the_builder_shows_the_tree_and_its_expression_compiles(crm: Site, sign_in: SignIn) -> None:
    tree = {
        "or": [
            ["close_date", "this_month", ""],
            ["created_at", "last_days", "7"],
            {"and": [["stage", "in", "won,lost"], ["owner", "me", ""], ["customer.name", "contains", "x"]]},
            ["amount", "between", "1,5"],
            ["source", "is_null", ""],
        ]
    }
    page = sign_in("zhao").get(f"{LIST}/filter/tree", query_string={"w": json.dumps(tree)}).text
    assert page.count('class="filter-row"') == 7
    assert page.count("data-group>") == 3  # the whole, the group, the template
    written = re.search(r'class="filter-expression">(.*?)</code>', page, re.S)
    assert written is not None
    scope = crm.release.catalog.compiler.scope
    compile_expression(unescape(written[1]), scope, object="opportunity", roots=frozenset({"user"}))


def test_a_row_of_the_builder_fits_its_field(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    assert "multiple" in person.get(f"{LIST}/filter/row?field=stage").text
    assert 'data-b="lookup"' in person.get(f"{LIST}/filter/row?field=customer").text
    assert 'value="this_quarter" data-bare' in person.get(f"{LIST}/filter/row?field=close_date").text
    assert 'value="customer.industry" selected' in person.get(f"{LIST}/filter/row?field=customer.industry").text
    assert person.get(f"{LIST}/filter/row?field=nothing").status_code == 200


def save(person: Person, name: str, **values: Any) -> str:
    page = person.get(f"{LIST}/views/new").text
    answer = person.post(f"{LIST}/views/new", {"name": name, **values}, page)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_view_keeps_what_the_list_shows_for_its_owner_alone(sign_in: SignIn) -> None:
    person = sign_in("wang")
    address = save(person, "Big ones", w='{"and":[["amount","ge","100000"]]}', sort="-amount", columns="name,amount")
    page = person.get(address).text
    assert re.search(r'class="active" aria-current="true"><svg.*?</svg> Big ones<', page, re.S)
    assert "sort=-amount" in address
    assert "columns=name,amount" in address
    assert "Big ones" not in sign_in("wu").get(LIST).text
    key = re.search(r"saved=([0-9a-f-]+)", address)[1]  # type: ignore[index]
    assert sign_in("wu").get(f"{LIST}/views/{key}").status_code == 404


def test_a_view_is_renamed_updated_made_the_start_and_deleted(sign_in: SignIn) -> None:
    person = sign_in("wang")
    address = save(person, "Mine", f="stage~eq~won")
    key = re.search(r"saved=([0-9a-f-]+)", address)[1]  # type: ignore[index]
    own = f"{LIST}/views/{key}"
    dialog = person.get(own).text
    assert person.post(own, {"name": ""}, dialog).status_code == 422
    assert person.post(own, {"name": "Wins", "default": "1"}, dialog).status_code == 303
    start = person.get(LIST)
    assert start.status_code == 302
    assert f"saved={key}" in start.headers["Location"]
    changed = person.get(f"{LIST}?f=stage~eq~lost&saved={key}").text
    assert 'name="act" value="keep"' in changed
    kept = person.post(own, {"act": "keep", "f": "stage~eq~lost", "saved": key}, changed)
    assert "f=stage~eq~lost" in kept.headers["Location"]
    assert 'name="act" value="keep"' not in person.get(kept.headers["Location"]).text
    person.post(own, {"act": "delete"}, dialog)
    assert person.get(LIST).status_code == 200


def test_shared_views_are_for_those_named_and_only_some_may_share(sign_in: SignIn) -> None:
    save(sign_in("wu"), "Not shared", f="stage~eq~won", roles="everyone")
    assert "Not shared" not in sign_in("wang").get(LIST).text
    save(sign_in("admin"), "For all", f="stage~eq~won", roles="everyone")
    save(sign_in("admin"), "For managers", f="stage~eq~won", roles="sales_manager")
    page = sign_in("wang").get(LIST).text
    assert "For all" in page
    assert "For managers" not in page
    assert "For managers" in sign_in("zhao").get(LIST).text
    key = re.search(r"saved=([0-9a-f-]+)[^>]*><svg.*?</svg> For all<", page, re.S)
    assert key is not None
    own = f"{LIST}/views/{key[1]}"
    wang = sign_in("wang")
    refused = wang.post(own, {"act": "delete"}, wang.get("/profile").text)
    assert refused.status_code == 403
