"""Dashboards of the shipped CRM, on both databases: what they count, whose they are, how people arrange them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import Person, token_of

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
WIDGET = re.compile(r'<section class="card widget widget-(\w+).*?aria-labelledby="w-([\w-]+)".*?</section>', re.S)
ROW = re.compile(r"<tr><th scope=\"row\">([^<]*)</th>(.*?)</tr>", re.S)


def widgets(page: str) -> dict[str, str]:
    """Return the markup of the widgets of a page by name, in their order."""
    return {found[2]: found[0] for found in WIDGET.finditer(page)}


def heading(widget: str) -> str:
    """Return the address that the heading of a widget leads to."""
    found = re.search(r'<h2[^>]*><a href="([^"]+)"', widget)
    assert found is not None, widget
    return html.unescape(found[1])


def count_of(page: str) -> int:
    """Return how many records a list page says it has; 0 where it says nothing matches."""
    found = re.search(r'class="page-note[^"]*">([\d,]+)', page)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("query", ["team=all&period=all", "team=mine&period=this_year", "team=department&period=all"])
@pytest.mark.parametrize("login", ["zhao", "wang"])
def test_a_number_leads_to_as_many_records_as_it_says(sign_in: SignIn, login: str, query: str) -> None:
    person = sign_in(login)
    found = widgets(person.get(f"/dashboards/sales_home?{query}").text)
    said = re.search(r'class="stat-value">([\d,]+)<', found["sales_home-open_deals"])
    assert said is not None
    assert count_of(person.get(heading(found["sales_home-open_deals"])).text) == int(said[1].replace(",", ""))
    rows = ROW.findall(found.get("sales_home-funnel", ""))
    for _label, cells in rows:
        (address,) = re.findall(r'href="([^"]+)"', cells)
        (count,) = re.findall(r'<td class="number">(\d+)</td>', cells)
        assert count_of(person.get(html.unescape(address)).text) == int(count)


def test_parts_in_time_lead_to_the_records_of_their_days(sign_in: SignIn) -> None:
    person = sign_in("admin")
    chart = widgets(person.get("/dashboards/administrator_home?period=all").text)[
        "administrator_home-follow_ups_by_week"
    ]
    rows = ROW.findall(chart)
    assert len(rows) == 12
    for _label, cells in rows:
        ((address, text),) = re.findall(r'href="([^"]+)">([\d,]+)</a>', cells)
        assert count_of(person.get(html.unescape(address)).text) == int(text)


def test_amounts_are_added_up_within_the_rights_and_the_team(crm: Site, sign_in: SignIn) -> None:
    def won(login: str, team: str) -> str:
        page = sign_in(login).get(f"/dashboards/sales_home?period=all&team={team}").text
        found = re.search(r'class="stat-value">([^<]*)<', widgets(page)["sales_home-won_amount"])
        assert found is not None
        return found[1]

    from formline.runtime.access import Actor
    from formline.runtime.queries import Total, aggregate

    with crm.engines.read.connect() as connection:
        where = 'stage == "won"'
        totals = [Total("sum", "amount")]
        (every,) = aggregate(connection, crm.release, Actor.system(), "opportunity", where, [], totals)
        (wu,) = aggregate(
            connection, crm.release, Actor.system(), "opportunity", f'{where} and owner.login == "wu"', [], totals
        )
    assert wu["sum:amount"]
    from formline.web.formats import formats

    written = formats("zh_CN").short_money
    assert won("zhao", "all") == written(every["sum:amount"])
    assert won("wu", "mine") == won("wu", "all") == written(wu["sum:amount"])
    assert won("wang", "all") != won("zhao", "all")


@pytest.mark.parametrize(
    ("login", "home", "others"),
    [
        ("zhao", "sales_manager_home", ["sales_home"]),
        ("wang", "sales_home", []),
        ("admin", "administrator_home", []),
        ("he", "service_home", []),
        ("qian", "finance_home", []),
        ("gu", "marketing_home", []),
        ("lin", "executive_home", []),
    ],
)
def test_the_home_page_is_that_of_the_role(sign_in: SignIn, login: str, home: str, others: list[str]) -> None:
    person = sign_in(login)
    page = person.get("/").text
    assert all(name.startswith(home) for name in widgets(page))
    assert f"/dashboards/{home}/edit" in page
    allowed = {home, *others}
    for name in ("sales_manager_home", "sales_home", "administrator_home", "nothing"):
        assert person.get(f"/dashboards/{name}").status_code == (200 if name in allowed else 404)
        assert person.get(f"/dashboards/{name}/edit").status_code == (200 if name in allowed else 404)


def arrange(person: Person, places: object, name: str = "sales_home") -> None:
    page = person.get(f"/dashboards/{name}/edit").text
    answer = person.post(f"/dashboards/{name}/layout", {"layout": json.dumps(places)}, page)
    assert answer.status_code == 303


def test_everybody_arranges_their_own_and_goes_back(sign_in: SignIn) -> None:
    wang, wu = sign_in("wang"), sign_in("wu")
    before = list(widgets(wang.get("/").text))
    arrange(wang, [["sales_home.tasks", 0, 2, 12, 2], ["sales_home.funnel", 4, 0, 5, 3]])
    page = wang.get("/").text
    assert list(widgets(page)) == ["sales_home-funnel", "sales_home-tasks"]
    assert "gx-4 gw-5 gh-3" in page
    assert list(widgets(wu.get("/").text)) == before
    editor = wang.get("/dashboards/sales_home/edit").text
    assert wang.post("/dashboards/sales_home/reset", {}, editor).status_code == 303
    assert list(widgets(wang.get("/").text)) == before


@pytest.mark.parametrize(
    "places",
    [
        "nothing",
        {"a": 1},
        [["sales_manager_home.by_owner", 0, 0, 6, 3], ["gone.gone", 0, 0, 6, 3], ["sales_home.tasks"], 3, None],
        [["sales_home.tasks", "0", 0, 6, 3], ["sales_home.tasks", 0, None, 6, True]],
    ],
)
def test_an_arrangement_that_makes_no_sense_is_empty(sign_in: SignIn, places: object) -> None:
    person = sign_in("wang")
    arrange(person, places)
    page = person.get("/").text
    assert widgets(page) == {}
    assert "/dashboards/sales_home/edit" in page


def test_places_stay_on_the_page(sign_in: SignIn) -> None:
    person = sign_in("wang")
    arrange(person, [["sales_home.tasks", 11, -3, 40, 99], ["sales_home.tasks", 0, 0, 1, 1]])
    page = person.get("/").text
    assert "gx-0 gw-12 gh-8" in page
    assert len(widgets(page)) == 1


def test_no_json_is_refused(sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/dashboards/sales_home/edit").text
    assert person.post("/dashboards/sales_home/layout", {"layout": "["}, page).status_code == 422


def test_a_task_is_finished_where_it_stands(sign_in: SignIn) -> None:
    person = sign_in("wang")
    tasks = widgets(person.get("/").text)["sales_home-tasks"]
    ((address, title),) = re.findall(r'action="([^"]+finish[^"]*)".*?aria-label="[^"]*: ([^"]*)"', tasks, re.S)[:1]
    answer = person.client.post(
        html.unescape(address), data={"csrf_token": token_of(tasks)}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    assert "record:changed" in answer.headers["HX-Trigger"]
    again = person.get("/dashboards/sales_home/widgets/sales_home.tasks").text
    assert title not in again


def test_a_widget_is_only_for_who_may_have_it(sign_in: SignIn) -> None:
    person = sign_in("wang")
    for key in ("sales_manager_home.by_owner", "administrator_home.people", "gone.gone"):
        assert person.get(f"/dashboards/sales_home/widgets/{key}").status_code == 404
        assert person.get(f"/dashboards/sales_home/edit/{key}").status_code == 404
    behind = "/o/opportunity?view=sales_manager_home.by_owner&f=stage~eq~won"
    assert "sales_manager_home.by_owner" not in person.get(behind).text


@pytest.mark.parametrize("query", ["period=century", "team=everybody", "period=&team="])
def test_what_an_address_may_not_ask_is_as_defined(sign_in: SignIn, query: str) -> None:
    person = sign_in("wang")
    assert widgets(person.get(f"/?{query}").text).keys() == widgets(person.get("/").text).keys()
