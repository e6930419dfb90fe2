"""The inbox: its lists and counts, words, several tasks at once, pages by the last row, substitutes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

from formline.workflow.approvals import inbox
from tests.web.conftest import token_of
from tests.web.inbox.conftest import Office


def _badge(page: str) -> str:
    found = re.search(r'href="/inbox"[^>]*>.*?<span class="count">([^<]+)<', page, re.S)
    return found[1] if found else ""


def test_each_list_has_what_it_says(office: Office) -> None:
    approval = office.submit(office.contract(name="Listed"))
    assert "Listed" in office.at("li").get("/inbox").text
    assert _badge(office.at("li").get("/inbox").text) == "1"
    assert "Listed" in office.at("wang").get("/inbox?tab=mine").text
    assert "Listed" not in office.at("wang").get("/inbox").text
    office.act(office.at("li"), approval, "approve")
    assert "Listed" in office.at("li").get("/inbox?tab=done").text
    assert "Listed" not in office.at("li").get("/inbox").text
    assert _badge(office.at("li").get("/inbox").text) == ""


def test_words_find_records_and_submitters(office: Office) -> None:
    office.submit(office.contract(name="Alpha works"))
    office.submit(office.contract(name="Beta works"))
    li = office.at("li")
    found = li.get("/inbox?q=alpha").text
    assert "Alpha works" in found
    assert "Beta works" not in found
    assert "Beta works" in li.get("/inbox?q=王晓").text
    assert "Beta works" not in li.get("/inbox?q=nothing").text


def test_several_are_approved_at_once_but_never_unseen(office: Office) -> None:
    records = [office.contract(name=f"Together {number}") for number in range(3)]
    for record in records:
        office.submit(record)
    li = office.at("li")
    page = li.get("/inbox").text
    tasks = [unescape(one) for one in re.findall(r'name="task" value="([^"]+)"', page)]
    assert len(tasks) == 3
    model = office.site.release.model("contract")
    with office.site.writing() as connection:  # one changes after it was seen
        values = {model.column("discount").name: 9}
        connection.execute(model.table.update().where(model.id == records[0]).values(**values))
    answer = li.client.post("/inbox/approve", data={"csrf_token": token_of(page), "task": tasks})
    assert "approved=2" in answer.location
    assert "approval_changed" in answer.location
    assert "2" in li.get(answer.location).text


def test_a_step_that_wants_each_decision_by_itself_refuses_the_others(office: Office) -> None:
    approval = office.submit(office.contract(200_000))
    office.act(office.at("li"), approval, "approve")
    zhao = office.at("zhao")
    page = zhao.get("/inbox").text
    assert 'name="task"' not in page
    with office.site.reading() as connection:
        me = office.actor("zhao").user_id
        assert me is not None
        (row,) = inbox.page(connection, me, "open", _now())
    posted = {"csrf_token": token_of(page), "task": f"{row.approval_id}:{row.ballot}|"}
    assert "approved=0" in zhao.client.post("/inbox/approve", data=posted).location


def _now() -> datetime:
    return datetime.now(UTC)


def test_pages_go_on_where_the_last_one_ended(office: Office) -> None:
    for number in range(5):
        office.submit(office.contract(name=f"Page {number}"))
    me = office.actor("li").user_id
    assert me is not None
    seen: list[str] = []
    after = ""
    with office.site.reading() as connection:
        while rows := inbox.page(connection, me, "open", _now(), after=after, limit=2):
            seen += [f"{row.approval_id}:{row.ballot}" for row in rows]
            after = rows[-1].place
    assert len(seen) == len(set(seen)) == 5


def test_a_substitute_sees_and_decides_for_a_while(office: Office) -> None:
    approval = office.submit(office.contract())
    li, zhao = office.at("li"), office.at("zhao")
    page = li.get("/profile/away").text
    today = date.today()
    values = {"to": str(office.actor("zhao").user_id), "from": str(today - timedelta(days=1)), "until": str(today)}
    assert li.post("/profile/away", {**values, "until": str(today - timedelta(days=9))}, page).status_code == 422
    assert li.post("/profile/away", {**values, "to": ""}, page).status_code == 422
    assert li.post("/profile/away", values, page).status_code == 303
    inbox_page = zhao.get("/inbox").text
    assert "Test contract" in inbox_page
    assert _badge(inbox_page) == "1"
    assert office.act(zhao, approval, "approve").status_code == 303
    assert "代李建国" in zhao.get(approval).text
    listed = li.get("/profile/away").text
    end = re.search(r'action="(/profile/away/[^"]+/end)"', listed)
    assert end is not None
    assert zhao.post(end[1], {}, zhao.get("/profile/away").text).status_code == 404
    assert li.post(end[1], {}, listed).status_code == 303


def test_opinions_are_kept_for_the_next_time(office: Office) -> None:
    li = office.at("li")
    approval = office.submit(office.contract())
    office.act(li, approval, "approve", opinion="As always.", keep="1")
    again = office.submit(office.contract())
    href = re.search(r'href="([^"]*/do/approve[^"]*)"', li.get(again).text)
    assert href is not None
    assert "As always." in li.get(unescape(href[1])).text
    li.post("/profile/opinions", {"opinions": "One\nTwo\n\nOne"}, li.get("/profile/away").text)
    assert li.get("/profile/away").text.count("One\nTwo") == 1
