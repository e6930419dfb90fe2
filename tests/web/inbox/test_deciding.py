"""The page of an approval: what it shows to whom, what its dialogs do, what they refuse and how they say so."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from tests.web.inbox.conftest import Office, hidden


def test_the_dialog_shows_the_whole_path_before_submitting(office: Office) -> None:
    record = office.contract(600_000)
    page = office.at("wang").get(f"/o/contract/{record}/transitions/status.sign").text
    assert "合同审批" in page
    for name in ("李建国", "赵一鸣", "蒋文静", "钱慧"):
        assert name in page
    small = office.contract(1_000)
    page = office.at("wang").get(f"/o/contract/{small}/transitions/status.sign").text
    assert "李建国" in page
    assert "赵一鸣" not in page


def test_submitting_waits_and_approving_signs(office: Office) -> None:
    record = office.contract()
    approval = office.submit(record)
    shown = office.at("wang").get(f"/o/contract/{record}").text
    assert "李建国" in shown
    assert approval in shown
    assert "Test contract" in office.at("li").get("/inbox").text
    page = office.at("li").get(approval).text
    assert "50,000" in page
    answer = office.act(office.at("li"), approval, "approve", opinion="Fine.")
    assert answer.status_code == 303
    assert "decided=approve" in answer.location
    assert "Fine." in office.at("wang").get(approval).text
    assert 'class="pill tone-blue"' in office.at("wang").get(f"/o/contract/{record}").text


def test_who_is_late_hears_who_decided_what(office: Office) -> None:
    approval = office.submit(office.contract())
    li = office.at("li")
    page = li.get(approval).text
    href = unescape(re.search(r'href="([^"]*/do/reject[^"]*)"', page)[1])  # type: ignore[index]
    dialog = li.get(href).text
    assert office.act(li, approval, "approve").status_code == 303
    late = li.client.post(href, data={**hidden(dialog), "opinion": "No."})
    assert late.status_code == 409
    assert "李建国" in late.text
    assert "No." in late.text, "what was typed is kept"


def test_what_was_seen_is_what_is_signed(office: Office) -> None:
    record = office.contract()
    approval = office.submit(record)
    li = office.at("li")
    href = unescape(re.search(r'href="([^"]*/do/approve[^"]*)"', li.get(approval).text)[1])  # type: ignore[index]
    dialog = li.get(href).text
    model = office.site.release.model("contract")
    with office.site.writing() as connection:
        connection.execute(model.table.update().where(model.id == record).values(**{model.column("discount").name: 9}))
    changed = li.client.post(href, data=hidden(dialog))
    assert changed.status_code == 409
    assert office.act(li, approval, "approve").status_code == 303


def test_an_opinion_and_a_signature_are_asked_for(office: Office) -> None:
    approval = office.submit(office.contract(600_000))
    li = office.at("li")
    assert office.act(li, approval, "reject").status_code == 409
    assert office.act(li, approval, "approve").status_code == 303
    assert office.act(office.at("zhao"), approval, "approve").status_code == 303
    qian = office.at("qian")
    assert office.act(qian, approval, "approve").status_code == 409
    assert office.act(qian, approval, "approve", drawn="M1 1 L20 20 L30 5").status_code == 303
    assert '<path d="M1 1 L20 20 L30 5"/>' in qian.get(approval).text


def test_fields_of_a_step_are_edited_while_approving(office: Office) -> None:
    record = office.contract(200_000, discount=15)
    approval = office.submit(record)
    office.act(office.at("li"), approval, "approve")
    zhao = office.at("zhao")
    assert office.act(zhao, approval, "approve", discount="7").status_code == 303
    with office.site.reading() as connection:
        model = office.site.release.model("contract")
        column = model.column("discount")
        assert connection.execute(model.table.select().where(model.id == record)).mappings().one()[column.name] == 7


def test_back_and_forth(office: Office) -> None:
    """Return, change, submit again; transfer, consult, add, copy, urge, comment, undo, withdraw."""
    record = office.contract(200_000)
    approval = office.submit(record)
    li, wang = office.at("li"), office.at("wang")
    assert office.act(li, approval, "return", opinion="Name the terms.", step="submitter").status_code == 303
    assert "Name the terms." in wang.get(approval).text
    assert f"/o/contract/{record}/edit" in wang.get(approval).text
    office.change("wang", record, terms="60 days")
    assert office.act(wang, approval, "resubmit").status_code == 303
    zhao = str(office.actor("zhao").user_id)
    assert office.act(li, approval, "consult", to=zhao, opinion="What do you think?").status_code == 303
    assert office.act(office.at("zhao"), approval, "opinion", opinion="Looks fine.").status_code == 303
    assert office.act(li, approval, "cc", people=str(office.actor("qian").user_id)).status_code == 303
    assert "Test contract" in office.at("qian").get("/inbox?tab=copies").text
    assert office.act(li, approval, "approve").status_code == 303
    assert office.act(li, approval, "undo").status_code == 303
    assert office.act(li, approval, "add", to=str(office.actor("wu").user_id), where="before").status_code == 303
    assert office.act(office.at("wu"), approval, "approve").status_code == 303
    assert office.act(wang, approval, "urge").status_code == 303
    page = li.get(approval).text
    posted = li.post(f"{approval}/comments", {"text": "Nearly there."}, page)
    assert posted.status_code == 303
    assert office.act(li, approval, "transfer", to=str(office.actor("lin").user_id)).status_code == 303
    assert "Nearly there." in wang.get(approval).text
    assert office.act(wang, approval, "withdraw", opinion="Not now.").status_code == 303
    assert "已撤回" in wang.get(approval).text


def test_strangers_see_nothing_and_readers_only_what_they_may(office: Office) -> None:
    approval = office.submit(office.contract())
    assert office.at("gu").get(approval).status_code == 404
    assert office.at("gu").get(f"{approval}/trail.pdf").status_code == 404
    assert office.at("wu").get(f"{approval}/do/approve?ballot=manager%231.1").status_code == 404
    reader = office.at("qian").get(approval)
    assert reader.status_code == 200
    assert "/do/approve" not in reader.text


def test_the_trail_is_a_pdf(office: Office) -> None:
    approval = office.submit(office.contract())
    office.act(office.at("li"), approval, "approve", opinion="Fine.")
    answer = office.at("wang").get(f"{approval}/trail.pdf")
    assert answer.data.startswith(b"%PDF")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_page_of_the_record_says_in_words_why_approvers_may_read_it(office: Office) -> None:
    record = office.contract()
    office.submit(record)
    page = office.at("wang").get(f"/o/contract/{record}").text
    assert "查看 · 审批" in page
    assert "· approval" not in page


def quote_in_approval(office: Office) -> tuple[UUID, list[UUID], str]:
    """Submit a quote of Wang's with two lines; return it, its lines and the address of its approval."""
    where = {"field": "owner.login", "op": "eq", "value": "wang"}
    with office.site.reading() as connection:
        query = Query("customer", ("id",), where)
        customer = fetch(connection, office.site.release, Actor.system(), query).rows[0]["id"]
    lines = [{"name": name, "quantity": 2, "price": 100, "discount": 1} for name in ("First", "Second")]
    row = {"name": "Two lines", "customer": customer, "discount": 10, "valid_until": "2099-01-01", "lines": lines}
    (key,) = office.write("wang", lambda unit: unit.create("quote", [row]))  # type: ignore[misc, attr-defined]
    office.write("wang", lambda unit: unit.transition("quote", [key], "send"))  # type: ignore[attr-defined]
    with office.site.reading() as connection:
        query = Query("quote_line", ("id",), {"field": "quote", "op": "eq", "value": key}, None, (("name", False),))
        found = [one["id"] for one in fetch(connection, office.site.release, Actor.system(), query).rows]
    return key, found, office.address_of(office.at("wang").get(f"/o/quote/{key}").text)


def discounts(office: Office, key: UUID) -> list[int]:
    query = Query("quote_line", ("discount",), {"field": "quote", "op": "eq", "value": key}, None, (("name", False),))
    with office.site.reading() as connection:
        rows = fetch(connection, office.site.release, Actor.system(), query).rows
    return [int(one["discount"]) for one in rows]


def test_lines_of_a_step_are_edited_while_approving(office: Office) -> None:
    key, (first, second), approval = quote_in_approval(office)
    li = office.at("li")
    href = unescape(re.search(r'href="([^"]*/do/approve[^"]*)"', li.get(approval).text)[1])  # type: ignore[index]
    dialog = li.get(href).text
    assert "First" in dialog
    inputs = re.findall(r'name="(lines-\d-id)" value="([^"]+)"', dialog)
    assert {UUID(value) for _name, value in inputs} == {first, second}
    number = next(name.split("-")[1] for name, value in inputs if UUID(value) == first)
    kept = {f"lines-{one}-discount": "1" for one in "01"} | hidden(dialog) | {"discount": "10"}
    wrong = li.client.post(href, data={**kept, f"lines-{number}-discount": "much"})
    assert (wrong.status_code, discounts(office, key)) == (422, [1, 1])
    assert 'value="much"' in wrong.text
    unknown = li.client.post(href, data={**kept, f"lines-{number}-id": str(UUID(int=7))})
    assert unknown.status_code == 409
    assert li.client.post(href, data={**kept, f"lines-{number}-discount": "3"}).status_code == 303
    assert discounts(office, key) == [3, 1]


def test_a_rule_is_told_in_words_with_its_formula_aside(office: Office) -> None:
    approval = office.submit(office.contract(200_000))
    office.act(office.at("li"), approval, "approve")
    page = office.at("zhao").get(approval).text
    assert page.count("金额达到 10 万，或折扣超过 10%。") == 2, "on the path, and why it came"
    formula = re.search(r'<details class="flow-rule">.*?</details>', page, re.S)
    assert formula is not None
    assert "≥ 100000" in formula[0]
