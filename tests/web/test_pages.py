"""Generated pages of the shipped CRM, address by address, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event

from formline.runtime.access.actor import Actor
from formline.runtime.queries.lists import fetch, get
from formline.runtime.queries.query import Query
from tests.web.conftest import Person, errors, inputs, token_of

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

SignIn = Callable[[str], Person]
LINKS = re.compile(r'class="record-link" href="/o/opportunity/([0-9a-f-]+)"')


def ids(site: Site, object_name: str, **values: object) -> list[UUID]:
    """Return the ids of records with these values, oldest first."""
    where = {"and": [{"field": name, "op": "eq", "value": value} for name, value in values.items()]}
    query = Query(object_name, ("id",), where if values else None, None, (("id", False),), 1000)
    with site.reading() as connection:
        return [row["id"] for row in fetch(connection, site.release, Actor.system(), query).rows]


def stored(site: Site, object_name: str, key: UUID) -> dict[str, object]:
    with site.reading() as connection:
        return get(connection, site.release, Actor.system(), object_name, key)


def created(answer_location: str) -> UUID:
    return UUID(answer_location.split("/")[-1].split("?")[0])


def new_opportunity(person: Person, **values: object) -> UUID:
    answer = person.submit("/o/opportunity/new", {"name": "A deal", **values})
    assert answer.status_code == 303, errors(answer.text)
    return created(answer.headers["Location"])


# --- lists -----------------------------------------------------------------------------------------------------------


def test_the_way_in_leads_to_the_persons_home_page(sign_in: SignIn) -> None:
    page = sign_in("wang").get("/")
    assert page.status_code == 200
    assert 'aria-current="page"' in page.text


def test_a_list_shows_what_the_person_may_read(crm: Site, sign_in: SignIn) -> None:
    page = sign_in("wang").get("/o/opportunity").text
    rows = LINKS.findall(page)
    own = ids(crm, "opportunity", owner=ids(crm, "user", login="wang")[0])
    assert own
    assert {UUID(one) for one in rows} == set(own)


def test_a_list_and_a_form_take_few_statements(crm: Site, sign_in: SignIn) -> None:
    """Titles come with the rows, rights with the record; of drafts a form asks only where there are any."""
    person = sign_in("admin")
    record = re.search(r'href="(/o/product/[0-9a-f-]+)"', person.get("/o/product").text)
    assert record is not None
    told: list[str] = []

    def watch(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        told.append(statement)

    for address, most in (("/o/product", 4), (f"{record[1]}/edit", 3)):
        person.get(address)
        told.clear()
        event.listen(Engine, "before_cursor_execute", watch)
        try:
            assert person.get(address).status_code == 200
        finally:
            event.remove(Engine, "before_cursor_execute", watch)
        assert len(told) <= most, told
    assert not any("formline_draft.inputs" in statement for statement in told)


def test_tabs_are_the_list_views(sign_in: SignIn) -> None:
    page = sign_in("zhao").get("/o/opportunity?view=opportunities_won").text
    assert re.search(r'view=opportunities_won" class="active" aria-current="true">赢单<', page)
    assert "需求确认" not in page.partition("<tbody>")[2]


@pytest.mark.parametrize(
    ("filtered", "matching"),
    [
        ("stage~in~won,lost", {"stage": {"won", "lost"}}),
        ("stage~eq~won", {"stage": {"won"}}),
        ("amount~ge~1,000,000", None),
        (f"close_date~between~{date.today()},{date.today() + timedelta(days=40)}", None),
        ("source~is_null~", {"source": {None}}),
        ("customer.name~contains~华东", None),
    ],
)
def test_filters_narrow_the_list(
    crm: Site, sign_in: SignIn, filtered: str, matching: dict[str, set[object]] | None
) -> None:
    person = sign_in("zhao")
    answer = person.get("/o/opportunity", query_string={"f": filtered})
    assert answer.status_code == 200
    assert 'class="filter-chip"' in answer.text
    rows = LINKS.findall(answer.text)
    everything = re.findall(
        r'class="record-link" href="/o/opportunity/([0-9a-f-]+)"', person.get("/o/opportunity").text
    )
    assert len(rows) > 0
    assert set(rows) != set(everything)
    for name, values in (matching or {}).items():
        assert {stored(crm, "opportunity", UUID(one))[name] for one in rows} <= values


@pytest.mark.parametrize(
    "filtered", ["nothing~eq~1", "name~between~a,b", "amount~ge~much", "stage~eq~nowhere", "~~", "x"]
)
def test_a_filter_that_makes_no_sense_is_no_error(sign_in: SignIn, filtered: str) -> None:
    assert sign_in("zhao").get("/o/opportunity", query_string={"f": filtered}).status_code == 200


def test_the_filter_dialog_asks_for_a_field_then_for_what_fits_it(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    assert '<option value="stage">' in person.get("/o/opportunity/filter").text
    asked = person.get("/o/opportunity/filter?field=stage&view=opportunities_mine").text
    assert 'type="checkbox" name="value" value="won"' in asked
    assert 'name="view" value="opportunities_mine"' in asked
    assert 'data-b="date"' in person.get("/o/opportunity/filter?field=close_date").text
    assert "/o/opportunity/pick?field=customer" in person.get("/o/opportunity/filter?field=customer").text
    added = person.get("/o/opportunity/filter/add?field=stage&op=eq&value=won&value=lost&view=opportunities_mine")
    assert added.headers["Location"] == "/o/opportunity?view=opportunities_mine&f=stage~in~won,lost"


def test_columns_are_chosen(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    assert 'value="competitor"' in person.get("/o/opportunity/columns").text
    chosen = person.get("/o/opportunity/columns/choose?column=competitor&column=name").headers["Location"]
    assert chosen.endswith("columns=competitor,name")
    heads = re.findall(r"<th(?: data-cell=\"\w+\")?>(?:<a [^>]*>)?([^<]+)<", person.get(chosen).text)
    assert heads == ["主要竞争对手", "商机名称"]


def test_a_column_sorts_both_ways(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    up = person.get("/o/opportunity?sort=amount").text
    down = person.get("/o/opportunity?sort=-amount").text
    assert 'aria-sort="ascending"' in up
    assert 'aria-sort="descending"' in down

    def amounts(page: str) -> list[float]:
        return [float(text.replace(",", "")) for text in re.findall(r'data-slot="amount">¥([\d,.]+)<', page)]

    assert amounts(up) == sorted(amounts(up))
    assert amounts(down) == sorted(amounts(down), reverse=True)


def test_pages_go_forward_and_back(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    first = person.get("/o/opportunity").text
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = person.get(onward[1].replace("&amp;", "&")).text
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    again = person.get(back[1].replace("&amp;", "&")).text
    links = re.compile(r'class="record-link" href="([^"]+)"')
    assert links.findall(again) == links.findall(first)
    assert not set(links.findall(second)) & set(links.findall(first))


def test_a_list_is_searched_by_title(sign_in: SignIn) -> None:
    page = sign_in("zhao").get("/o/opportunity?q=ERP").text
    titles = re.findall(r'class="record-link" href="[^"]+">([^<]+)<', page)
    assert titles
    assert all("ERP" in title for title in titles)


def test_an_empty_list_says_what_to_do(sign_in: SignIn) -> None:
    page = sign_in("zhao").get("/o/opportunity?q=nothing-is-called-so").text
    assert 'class="empty-state"' in page
    assert 'href="/o/opportunity?view=opportunities_all"' in page


# --- who may see what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/o/nothing", "/o/nothing/new", "/o/opportunity/not-an-id", "/nowhere"])
def test_what_does_not_exist_is_not_found(sign_in: SignIn, address: str) -> None:
    assert sign_in("wang").get(address).status_code == 404


def test_unreadable_and_absent_records_look_the_same(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    others = ids(crm, "opportunity", owner=ids(crm, "user", login="wu")[0])[0]
    absent = uuid4()

    def body(key: UUID, way: str) -> tuple[int, str]:
        answer = person.get(f"/o/opportunity/{key}{way}")
        return answer.status_code, re.sub(r"[0-9a-f]{12}<|content=\"[^\"]+\"|value=\"[^\"]+\"", "", answer.text)

    for way in ("", "/edit", "/transitions/stage.win", "/diagram/stage"):
        assert body(others, way) == body(absent, way)
        assert body(others, way)[0] == 404
    token = {"csrf_token": token_of(person.get("/profile").text)}
    for way in ("/edit", "/delete", "/transitions/stage.win"):
        answers = [person.client.post(f"/o/opportunity/{key}{way}", data=token) for key in (others, absent)]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_reading_does_not_mean_changing(crm: Site, sign_in: SignIn) -> None:
    product = ids(crm, "product")[0]
    person = sign_in("wang")
    page = person.get(f"/o/product/{product}").text
    assert f"/o/product/{product}/edit" not in page
    assert f"/o/product/{product}/delete" not in page
    assert person.get(f"/o/product/{product}/edit").status_code == 403
    assert person.get("/o/product/new").status_code == 403
    assert "/o/product/new" not in person.get("/o/product").text


def test_masked_values_never_reach_the_page(crm: Site, sign_in: SignIn) -> None:
    colleague = ids(crm, "user", login="wu")[0]
    mobile = str(stored(crm, "user", colleague)["mobile"])
    page = sign_in("wang").get(f"/o/user/{colleague}?").text
    assert mobile not in page
    assert f'<span class="masked">{mobile[:3]}****{mobile[-4:]}</span>' in page


# --- records and forms -----------------------------------------------------------------------------------------------


def test_a_record_is_created_with_its_defaults_and_opened(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person, amount="1,234.5", close_date="2027-03-31", source="exhibition", exhibition="Expo")
    record = stored(crm, "opportunity", key)
    assert str(record["amount"]) == "1234.50"
    assert record["record_type"] == "sale"
    assert record["priority"] == "normal"
    assert record["stage"] == "qualify"
    assert record["owner"] == ids(crm, "user", login="wang")[0]
    page = person.get(f"/o/opportunity/{key}").text
    assert "2027年3月31日" in page
    assert "¥1,234.50" in page
    assert "<h1>A deal</h1>" in page


def test_errors_keep_what_was_typed(sign_in: SignIn) -> None:
    person = sign_in("wang")
    answer = person.submit("/o/opportunity/new", {"name": "", "amount": "a lot", "competitor": "<b>Rival</b>"})
    assert answer.status_code == 422
    assert len(errors(answer.text)) == 2  # all at once: the amount is none, the name is missing
    assert 'id="e-name"' in answer.text
    kept = inputs(answer.text)
    assert (kept["amount"], kept["competitor"]) == ("a lot", "<b>Rival</b>")
    assert "<b>Rival</b>" not in answer.text
    again = person.submit("/o/opportunity/new", {"amount": "5"}, drawn=answer.text)
    assert again.status_code == 422
    assert 'id="e-name"' in again.text


def test_a_warning_is_saved_after_confirmation(sign_in: SignIn) -> None:
    person = sign_in("wang")
    answer = person.submit("/o/opportunity/new", {"name": "Key", "key_project": "true"})
    assert answer.status_code == 422
    assert inputs(answer.text)["confirm"] == "1"
    assert person.submit("/o/opportunity/new", {}, drawn=answer.text).status_code == 303


def test_the_form_is_that_of_the_record_type(sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/o/opportunity/new?record_type=project").text
    assert inputs(page)["record_type"] == "project"
    sources = re.findall(r'name="source" value="(\w+)"', page)
    assert sorted(sources) == ["bid", "exhibition", "referral"]


def test_the_address_fills_the_form_in(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    page = person.get(f"/o/opportunity/new?customer={customer}").text
    assert inputs(page)["customer"] == str(customer)
    # Another record type's form is given the same.
    other = re.search(r'formaction="(/o/opportunity/new[?][^"]*record_type=project)"', page)
    assert other is not None
    drawn = inputs(person.get(unescape(other[1])).text)
    assert (drawn["customer"], drawn["record_type"]) == (str(customer), "project")


def test_another_record_type_keeps_what_was_typed(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    page = person.get(f"/o/opportunity/new?customer={customer}").text
    typed = {"name": "Kept", "amount": "12 apples", "source": "exhibition", "exhibition": "Expo"}
    only_here = sorted(inputs(page).keys() - inputs(person.get("/o/opportunity/new?record_type=project").text).keys())

    def switched(drawn: str, to: str, **changes: str) -> str:
        address = f"/o/opportunity/new?customer={customer}&record_type={to}"
        answer = person.client.post(address, data={**inputs(drawn), **changes, "switch_type": to})
        assert answer.status_code == 200
        assert 'data-unsaved="1"' in answer.text
        return answer.text

    project = switched(page, "project", **typed)
    shown = inputs(project)
    assert (shown["record_type"], shown["name"], shown["amount"]) == ("project", "Kept", "12 apples")
    assert (shown["customer"], shown["source"]) == (str(customer), "exhibition")
    assert errors(project) == []
    back = inputs(switched(project, inputs(page)["record_type"], name="Kept too"))
    assert (back["name"], back["exhibition"]) == ("Kept too", "Expo")
    assert back.keys() >= set(only_here)
    assert ids(crm, "opportunity", name="Kept") == []


def test_a_record_of_several_kinds_is_chosen_or_left_out(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    deal = new_opportunity(person)
    for about, stored_as in ((f"opportunity:{deal}", ("opportunity", deal)), ("", (None, None))):
        answer = person.submit("/o/task/new", {"subject": "Call", "about": about})
        assert answer.status_code == 303, answer.text
        key = created(answer.headers["Location"])
        task = stored(crm, "task", key)
        assert (task["about.object"], task["about"]) == stored_as
        assert person.submit(f"/o/task/{key}/edit", {"subject": "Call again"}).status_code == 303
        task = stored(crm, "task", key)
        assert (task["subject"], task["about.object"], task["about"]) == ("Call again", *stored_as)


def test_new_from_a_related_list_knows_where_it_came_from(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    deal = new_opportunity(person, customer=str(customer))
    page = person.get(f"/o/opportunity/{deal}").text
    task, follow_up = (re.search(rf'href="(/o/{name}/new[^"]+)"', page) for name in ("task", "follow_up"))
    assert task is not None
    assert follow_up is not None
    assert inputs(person.get(unescape(task[1])).text)["about"] == f"opportunity:{deal}"
    # The deal is one of the customer's, so the customer is known too.
    drawn = person.get(unescape(follow_up[1])).text
    assert (inputs(drawn)["opportunity"], inputs(drawn)["customer"]) == (str(deal), str(customer))
    assert person.submit("/o/follow_up/new", {"summary": "Called"}, drawn=drawn).status_code == 303


def test_a_hidden_field_is_neither_shown_nor_sent(sign_in: SignIn) -> None:
    page = sign_in("wang").get("/o/opportunity/new").text
    assert re.search(r'<div class="fw" hidden data-field="exhibition"', page)
    assert "exhibition" not in inputs(page)
    assert "lost_reason" not in inputs(page)


def test_editing_changes_only_what_was_changed(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person, amount="10")
    answer = person.submit(f"/o/opportunity/{key}/edit", {"competitor": "Rival"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/o/opportunity/{key}?saved=1")
    timeline = person.get(f"/o/opportunity/{key}").text.partition('class="timeline-list"')[2]
    assert "Rival" in timeline
    assert "¥10.00" not in timeline


def test_two_editors_are_merged_and_told(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person, amount="10")
    drawn = person.get(f"/o/opportunity/{key}/edit").text
    assert (
        person.submit(f"/o/opportunity/{key}/edit", {"name": "Theirs", "description": "Theirs too"}).status_code == 303
    )
    answer = person.submit(f"/o/opportunity/{key}/edit", {"name": "Mine", "competitor": "Mine too"}, drawn=drawn)
    assert answer.status_code == 409
    shown = inputs(answer.text)
    assert (shown["name"], shown["competitor"], shown["description"]) == ("Mine", "Mine too", "Theirs too")
    assert re.search(r'<a href="#f-name">[^<]+</a>: [^<]*Theirs', answer.text)
    assert person.submit(f"/o/opportunity/{key}/edit", {}, drawn=answer.text).status_code == 303
    record = stored(crm, "opportunity", key)
    assert (record["name"], record["competitor"], record["description"]) == ("Mine", "Mine too", "Theirs too")


@pytest.mark.parametrize("version", [None, "", "one"])
def test_a_form_without_its_version_saves_nothing(crm: Site, sign_in: SignIn, version: str | None) -> None:
    person = sign_in("wang")
    key = new_opportunity(person, name="As it was")
    sent = inputs(person.get(f"/o/opportunity/{key}/edit").text)
    sent = {name: value for name, value in sent.items() if name != "version"} | {"name": "Overwritten"}
    sent |= {} if version is None else {"version": version}
    answer = person.client.post(f"/o/opportunity/{key}/edit", data=sent)
    assert answer.status_code == 400
    assert stored(crm, "opportunity", key)["name"] == "As it was"


def test_names_that_are_no_inputs_are_not_written(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    extra = {
        "created_by": str(ids(crm, "user", login="wu")[0]),
        "stage": "won",
        "version": "1",
        "number": "X",
        "created_at": "2020-01-01",
        "expected": "9",
    }
    key = new_opportunity(person, **extra)
    record = stored(crm, "opportunity", key)
    assert record["stage"] == "qualify"
    assert record["created_by"] == record["owner"] == ids(crm, "user", login="wang")[0]
    assert str(record["number"]).startswith("OPP-")


def test_children_are_written_with_their_parent(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    plan = {"instalments-0-name": "First", "instalments-0-amount": "60", "instalments-0-due_on": "2027-01-01"}
    empty = {"instalments-1-name": "", "instalments-1-amount": "", "instalments-1-id": ""}
    answer = person.submit(
        "/o/contract/new", {"name": "C", "customer": str(customer), "amount": "100", **plan, **empty}
    )
    assert answer.status_code == 303, answer.text
    key = created(answer.headers["Location"])
    assert len(ids(crm, "instalment", contract=key)) == 1
    edit = f"/o/contract/{key}/edit"
    # More than the contract: a rule over parent and children, told with the rows kept.
    refused = person.submit(edit, {"instalments-0-amount": "600"})
    assert refused.status_code == 422
    assert inputs(refused.text)["instalments-0-amount"] == "600"
    wrong = person.submit(edit, {"instalments-0-amount": "sixty"})
    assert 'id="e-instalments-0-amount"' in wrong.text
    second = {"instalments-1-name": "Second", "instalments-1-amount": "40", "instalments-1-due_on": "2027-02-01"}
    assert person.submit(edit, second).status_code == 303
    assert len(ids(crm, "instalment", contract=key)) == 2
    page = person.get(edit).text
    kept = {name: value for name, value in inputs(page).items() if not name.startswith("instalments-0-")}
    assert person.client.post(edit, data=kept).status_code == 303
    left = ids(crm, "instalment", contract=key)
    assert [stored(crm, "instalment", one)["name"] for one in left] == ["Second"]


# --- transitions -----------------------------------------------------------------------------------------------------


def test_a_transition_asks_exactly_what_it_needs(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person)
    address = f"/o/opportunity/{key}/transitions/stage.propose"
    dialog = person.get(address, headers={"HX-Request": "true"}).text
    assert re.findall(r'<(?:input|select)[^>]* name="(\w+)"', dialog) == ["csrf_token", "customer", "amount"]
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    missing = person.post(address, {"customer": str(customer), "amount": ""}, dialog, headers={"HX-Request": "true"})
    assert missing.status_code == 422
    assert 'id="e-amount"' in missing.text
    done = person.post(address, {"customer": str(customer), "amount": "7"}, dialog, headers={"HX-Request": "true"})
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, f"/o/opportunity/{key}?saved=1")
    record = stored(crm, "opportunity", key)
    assert (record["stage"], str(record["probability"])) == ("propose", "50.00")


def test_a_transition_works_without_scripts(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person)
    address = f"/o/opportunity/{key}/transitions/stage.lose"
    page = person.get(address).text
    assert '<main class="page"' in page
    answer = person.post(address, {"lost_reason": "price", "competitor": ""}, page)
    assert (answer.status_code, stored(crm, "opportunity", key)["stage"]) == (303, "lost")


def test_buttons_are_the_open_transitions_of_the_role(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person)
    page = person.get(f"/o/opportunity/{key}").text
    assert f"/o/opportunity/{key}/transitions/stage.propose" in page
    assert f"/o/opportunity/{key}/transitions/stage.reopen" not in page
    for name in ("stage.reopen", "stage.negotiate", "stage.nothing", "other.propose"):
        assert person.get(f"/o/opportunity/{key}/transitions/{name}").status_code == 404


PEOPLE_AND_CONDITIONS = """
kind: object
name: request
title: name
default_access: read_write
fields:
  name: {type: text, required: true}
  judge: {type: user}
  cost: {type: integer}
  stage: {type: state, machine: request_stage}
---
kind: state_machine
name: request_stage
object: request
field: stage
initial: asked
states: {asked: {}, granted: {final: true}, refused: {final: true}, dear: {final: true}}
transitions:
  grant: {from: asked, to: granted, allowed: {field: judge}}
  refuse: {from: asked, to: refused, allowed: {user: ada}, when: cost > 10}
  note: {from: asked, to: dear, allowed: {role: administrator}, when: cost > 10}
---
kind: layout
name: request
object: request
form:
  - {section: what, rows: [[name, cost]]}
  - {section: dear, label: Dear, rows: [[judge]], visible: cost > 10}
fields: {cost: {label: What it costs}}
"""


def test_buttons_are_for_the_people_a_transition_names(make_site: MakeSite, database_url: str) -> None:
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app
    from tests.web.test_sign_in import SETUP, USER

    role = SETUP.replace("objects: {", "objects: {request: {create: true, read: all, update: all}, ")
    site = make_site([role, USER, PEOPLE_AND_CONDITIONS], database_url)
    person = Person(create_app(site).test_client())
    values = {"name": "Ada", "login": "ada", "password": "a good password", "again": "a good password"}
    person.post("/setup", {**values, "secret": bootstrap_secret(site)}, person.get("/setup").text)
    own = created(person.submit("/o/request/new", {"name": "One", "cost": "5"}).headers["Location"])
    ada = ids(site, "user", login="ada")[0]
    dear = {"name": "Two", "cost": "50", "judge": str(ada)}
    judged = created(person.submit("/o/request/new", dear).headers["Location"])

    def offered(key: UUID) -> set[str]:
        page = person.get(f"/o/request/{key}").text
        return set(re.findall(rf"/o/request/{key}/transitions/stage\.(\w+)", page))

    assert offered(own) == set()
    assert person.get(f"/o/request/{own}").text.count("Not possible with the present values.") == 2
    assert offered(judged) == {"grant", "refuse", "note"}
    # The layout's own label, and its section that shows for dear requests only.
    assert "What it costs" in person.get(f"/o/request/{own}").text
    assert [">Dear<" in person.get(f"/o/request/{key}").text for key in (own, judged)] == [False, True]
    form = person.get(f"/o/request/{own}/edit").text
    assert re.search(r'<div class="fw full" hidden data-field="judge"', form)


def test_the_diagram_marks_where_the_record_is(sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person)
    drawn = person.get(f"/o/opportunity/{key}/diagram/stage").text
    assert drawn.count("<rect") == 5
    assert drawn.count(" current") == 1
    assert person.get(f"/o/opportunity/{key}/diagram/name").status_code == 404


def test_more_rows_than_a_form_has_are_refused(crm: Site, sign_in: SignIn) -> None:
    """Reading the first ones would take the others for deleted."""
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    sent = inputs(person.get("/o/contract/new").text) | {"name": "C", "customer": str(customer), "amount": "1"}
    many = {f"instalments-{number}-name": "N" for number in range(501)}
    answer = person.client.post("/o/contract/new", data=sent | many)
    assert answer.status_code == 422
    assert ids(crm, "contract", name="C") == []


LAYOUTS_BY_ROLE = """
kind: object
name: request
fields: {name: {type: text, required: true}, cost: {type: integer}}
---
kind: layout
name: ordinary
object: request
form: [{section: what, rows: [[name, cost]]}]
---
kind: layout
name: for_others
object: request
for: {roles: [other]}
form: [{section: what, rows: [[name, cost]], visible: cost > 10}]
---
kind: role
name: other
label: Other
"""


def test_the_rules_of_other_roles_layouts_are_theirs(make_site: MakeSite, database_url: str) -> None:
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app
    from tests.web.test_sign_in import SETUP, USER

    role = SETUP.replace("objects: {", "objects: {request: {create: true, read: all, update: all}, ")
    site = make_site([role, USER, LAYOUTS_BY_ROLE], database_url)
    person = Person(create_app(site).test_client())
    values = {"name": "Ada", "login": "ada", "password": "a good password", "again": "a good password"}
    person.post("/setup", {**values, "secret": bootstrap_secret(site)}, person.get("/setup").text)
    page = person.get("/o/request/new").text
    address = re.search(r'data-module="([^"]+/ordinary/[^"]+)"', page)
    assert address is not None
    assert person.get(address[1]).status_code == 200
    assert person.get(address[1].replace("/ordinary/", "/for_others/")).status_code == 404
    state = inputs(page) | {"layout": "for_others"}
    assert person.client.post("/o/request/form-state", data=state).status_code == 404


# --- deleting --------------------------------------------------------------------------------------------------------


def test_deleting_is_undone_from_the_list(sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person)
    page = person.get(f"/o/opportunity/{key}").text
    gone = person.post(f"/o/opportunity/{key}/delete", {}, page)
    assert person.get(f"/o/opportunity/{key}").status_code == 404
    undo = re.search(r'data-undo="([^"]+)"', person.get(gone.headers["Location"]).text)
    assert undo is not None
    restored = person.client.post(undo[1], headers={"X-CSRFToken": token_of(page)})
    assert restored.status_code == 204
    assert person.get(f"/o/opportunity/{key}").status_code == 200


def test_several_are_deleted_all_or_none(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    mine = [new_opportunity(person), new_opportunity(person)]
    page = person.get("/o/opportunity").text
    others = ids(crm, "opportunity", owner=ids(crm, "user", login="wu")[0])[0]
    mixed = person.post("/o/opportunity/delete", {"id": [str(mine[0]), str(others)]}, page)
    assert mixed.status_code == 404
    assert person.get(f"/o/opportunity/{mine[0]}").status_code == 200
    assert person.post("/o/opportunity/delete", {"id": [str(one) for one in mine]}, page).status_code == 303
    assert [person.get(f"/o/opportunity/{one}").status_code for one in mine] == [404, 404]


def test_what_is_used_elsewhere_is_not_deleted(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    answer = person.post(f"/o/customer/{customer}/delete", {}, person.get(f"/o/customer/{customer}").text)
    assert answer.status_code in (409, 422)
    assert 'class="empty-state"' in answer.text
    assert person.get(f"/o/customer/{customer}").status_code == 200


# --- lookups and live rules ------------------------------------------------------------------------------------------


def test_a_lookup_offers_readable_records_that_fit(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    offered = person.get("/o/opportunity/pick?field=customer&q=").json
    assert offered
    own = set(map(str, ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])))
    assert {one["id"] for one in offered} <= own
    customer = offered[0]["id"]
    contacts = person.get(f"/o/opportunity/pick?field=contact&q=&customer={customer}").json
    assert {stored(crm, "contact", UUID(one["id"]))["customer"] for one in contacts} <= {UUID(customer)}
    assert person.get("/o/opportunity/pick?field=contact&q=").json == []


@pytest.mark.parametrize(
    "address", ["/o/opportunity/pick?field=name", "/o/opportunity/pick", "/o/nothing/pick?field=x"]
)
def test_only_lookups_are_picked_from(sign_in: SignIn, address: str) -> None:
    assert sign_in("wang").get(address).status_code == 404


@pytest.mark.parametrize(
    ("login", "address"),
    [
        ("wang", "/o/opportunity/filter"),
        ("wang", "/o/opportunity/filter?field=name"),
        ("wang", "/o/opportunity/columns"),
        ("admin", "/people/{wu}/password"),
    ],
)
def test_a_dialogs_address_opened_by_itself_is_a_page(crm: Site, sign_in: SignIn, login: str, address: str) -> None:
    person = sign_in(login)
    address = address.format(wu=ids(crm, "user", login="wu")[0])
    assert person.get(address).text.startswith("<!doctype html>")
    assert person.get(address, headers={"HX-Request": "true"}).text.startswith('<div class="dialog-head">')


def test_the_rules_are_a_module_of_this_browser(sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/o/opportunity/new").text
    address = re.search(r'data-module="([^"]+)"', page)
    assert address is not None
    answer = person.get(address[1])
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"].startswith("private")
    assert '"exhibition": {visible: (r) =>' in answer.text
    # The stage is not in the form: what depends on it is answered by the server.
    assert '"lost_reason"' in answer.text.partition("server:")[2]
    other = sign_in("zhao").get("/o/opportunity/new").text
    assert address[1] not in other
    stale = person.get(address[1].replace(address[1].split("/")[-1], "0.js"))
    assert stale.headers["Cache-Control"] == "no-store"


def test_the_server_answers_what_the_browser_cannot(sign_in: SignIn) -> None:
    person = sign_in("wang")
    key = new_opportunity(person)
    drawn = person.get(f"/o/opportunity/{key}/edit").text
    answer = person.client.post("/o/opportunity/form-state", data=inputs(drawn))
    assert answer.json is not None
    assert answer.json["lost_reason"] == {"visible": False, "required": False, "readOnly": False}
    assert "exhibition" not in answer.json


def test_a_state_locks_fields(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    customer = ids(crm, "customer", owner=ids(crm, "user", login="wang")[0])[0]
    key = new_opportunity(person, customer=str(customer), amount="7")
    address = f"/o/opportunity/{key}/transitions/stage.propose"
    person.post(address, {"customer": str(customer), "amount": "7"}, person.get(address).text)
    page = person.get(f"/o/opportunity/{key}/edit").text
    assert re.search(r'<select[^>]* name="customer"[^>]* disabled', page)
    assert "customer" not in inputs(page)


@pytest.mark.parametrize("language", ["en", "zh_CN", "zh_TW"])
def test_every_language_has_every_page(sign_in: SignIn, language: str) -> None:
    person = sign_in("zhao")
    chosen = person.post("/language", {"language": language, "next": "/o/customer"}, person.get("/profile").text)
    assert chosen.headers["Location"] == "/o/customer"
    for address in ("/o/customer", "/o/customer/new", "/o/opportunity", "/profile"):
        page = person.get(address)
        assert page.status_code == 200
        assert f'<html lang="{language.replace("_", "-")}"' in page.text
    assert {"en": "Customers", "zh_CN": "客户", "zh_TW": "客戶"}[language] in person.get("/o/customer").text


def test_the_profile_keeps_language_zone_and_theme(sign_in: SignIn) -> None:
    person = sign_in("wang")
    values = {"language": "en", "time_zone": "Europe/Berlin", "theme": "dark"}
    assert person.post("/profile", values, person.get("/profile").text).status_code == 303
    page = person.get("/profile").text
    assert 'data-bs-theme="dark"' in page
    assert '<option value="Europe/Berlin" selected>' in page
    assert person.post("/profile", {**values, "time_zone": "Mars/Base"}, page).status_code == 422
