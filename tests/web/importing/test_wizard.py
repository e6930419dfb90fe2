"""The import wizard of the shipped CRM: from a file to records, the rejected ones, and back again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from formline.runtime import jobs
from formline.runtime.access import Actor
from formline.runtime.keys import uuid7
from formline.runtime.queries import Query, fetch
from tests.web.conftest import Person

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]


def workbook(*rows: tuple[object, ...]) -> bytes:
    """Return an xlsx file of these rows."""
    import xlsxwriter

    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return made.getvalue()


def sent(person: Person, name: str, content: bytes, address: str = "/o/customer/import") -> TestResponse:
    """Upload a file."""
    values = {"file": (io.BytesIO(content), name)}
    return person.post(address, values, person.get(address).text, content_type="multipart/form-data")


def work(site: Site) -> None:
    """Run every job that waits."""
    holder = uuid7()
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder, datetime.now(UTC), 50)
    for each in claimed:
        jobs.run(site, each, holder)


def pressed(person: Person, site: Site, address: str, action: str, **values: Any) -> str:
    """Press a button of an import's page, let its job run, and return the page as it is then."""
    answer = person.post(f"{address}/{action}", values, person.get(address).text)
    assert answer.status_code == 303, answer.text
    work(site)
    return person.get(answer.headers["Location"]).text


def chosen(page: str) -> dict[str, str]:
    """Return what the columns' form says as it was drawn."""
    found = {}
    for name, body in re.findall(
        r'<select class="form-select[^"]*" (?:id="[^"]*" )?name="([^"]+)".*?>(.*?)</select>', page
    ):
        value = re.search(r'<option value="([^"]*)" selected|<option selected>([^<]*)', body)
        found[name] = (value[1] or value[2] or "") if value else ""
    return found


def names(site: Site) -> set[str]:
    """Return the names of all live customers."""
    with site.reading() as connection:
        query = Query("customer", ("name",), limit=500)
        return {row["name"] for row in fetch(connection, site.release, Actor.system(), query).rows}


@pytest.fixture
def person(sign_in: SignIn) -> Person:
    return sign_in("admin")


def test_a_workbook_becomes_records_and_is_undone(crm: Site, person: Person) -> None:
    """Upload, guessed columns, rehearsal, run, result, undo; the next import knows the columns again."""
    before = names(crm)
    rows = (("客户名称", "Phone", "Odd"), ("测试一号", "+86 755 8888 0001", "x"), ("", "+86 755 8888 0002", "y"))
    answer = sent(person, "customers.xlsx", workbook(*rows))
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    form = chosen(person.get(address).text)
    assert form["column.1"] == "phone"
    checked = pressed(person, crm, address, "columns", **{**form, "column.0": "name"})
    assert names(crm) == before
    assert "<b>1</b>" in checked
    assert '<td class="number">3</td>' in checked
    assert 'class="bad"><b>1</b>' in checked
    done = pressed(person, crm, address, "run")
    assert names(crm) == before | {"测试一号"}
    assert "/rejected" in done
    again = sent(person, "more.xlsx", workbook(rows[0]))
    assert chosen(person.get(again.headers["Location"]).text)["column.0"] == "name"
    assert "<b>1</b>" in pressed(person, crm, address, "undo")
    assert names(crm) == before


def test_rejected_rows_are_mended_alone(crm: Site, person: Person) -> None:
    """The grid shows the cells; what is mended becomes an import of its own; the file can be downloaded."""
    content = b"name,phone\n=SUM(1),+86 755 1234 5678\nGood,not a phone\n,+86 755 1234 5679\n"
    address = sent(person, "a.csv", content).headers["Location"]
    pressed(person, crm, address, "columns", **chosen(person.get(address).text))
    pressed(person, crm, address, "run")
    assert "=SUM(1)" in names(crm)
    told = person.get(f"{address}/rejected.csv")
    assert told.data.startswith(b"\xef\xbb\xbfname,phone,")
    assert "\r\n,'+86 755 1234 5679," in told.text
    grid = person.get(f"{address}/rejected").text
    values = dict(re.findall(r'name="(\d+\.\d+)" value="([^"]*)"', grid))
    assert set(values.values()) == {"Good", "not a phone", "", "+86 755 1234 5679"}
    mended = {**values, "3.1": "+86 755 1111 2222", "4.skip": "1"}
    answer = person.post(f"{address}/rejected", mended, grid)
    assert answer.status_code == 303, answer.text
    work(crm)
    pressed(person, crm, answer.headers["Location"], "run")
    assert "Good" in names(crm)


def test_rows_that_resemble_records_are_listed_and_imported(crm: Site, person: Person) -> None:
    """In the check and in the result, with the rule that says so; the download has the same rows."""
    first = sent(person, "one.csv", "name,phone\n华南重工有限公司,+86 755 2345 6789\n".encode()).headers["Location"]
    pressed(person, crm, first, "columns", **chosen(person.get(first).text))
    assert 'id="import-alike"' not in pressed(person, crm, first, "run")
    rows = "name,phone\nAnother firm,+86 755 2345 6789\nQuite different,+86 755 9999 1111\n"
    address = sent(person, "two.csv", rows.encode()).headers["Location"]
    checked = pressed(person, crm, address, "columns", **chosen(person.get(address).text))
    assert checked.count("华南重工有限公司") == 1
    done = pressed(person, crm, address, "run")
    table = done[done.index('id="import-alike"') :]
    assert "Another firm" in table
    assert "重复客户" in table
    assert "Quite different" not in table
    told = person.get(f"{address}/alike.csv")
    assert "2,Another firm,华南重工有限公司,重复客户,100" in told.text
    assert person.get(f"{first}/alike.csv").status_code == 404


def test_words_without_a_meaning_are_asked_for_once(crm: Site, person: Person) -> None:
    """A choice nobody knows: answered on the page, kept for the next file."""
    content = "name,level\nOne,very big\nTwo,very big\nThree,\n".encode("gb18030")
    address = sent(person, "levels.csv", content).headers["Location"]
    page = pressed(person, crm, address, "columns", **chosen(person.get(address).text))
    assert "very big" in page
    assert re.search(r'<b>very big</b> <span class="muted">2 ', page)
    value = next(name for name in crm.release.catalog.object("customer").fields["level"].choices)
    answered = pressed(person, crm, address, "answers", **{"level.0": value})
    assert "<b>3</b>" in answered
    assert "very big" not in answered


def test_pasted_rows_are_a_file_too(crm: Site, person: Person) -> None:
    """What a spreadsheet program copies has tabs."""
    page = person.get("/o/customer/import").text
    pasted = "名称\t电话\r\n测试粘贴\t+86 755 8888 0003"
    answer = person.post("/o/customer/import", {"pasted": pasted}, page)
    assert answer.status_code == 303, answer.text
    assert "测试粘贴" in person.get(answer.headers["Location"]).text


def test_nobody_reaches_the_import_of_another(crm: Site, person: Person, sign_in: SignIn) -> None:
    """Neither its page nor its rejected rows; who may not import does not get the first page."""
    address = sent(person, "a.csv", b"name\nOne\n").headers["Location"]
    other = sign_in("wang")
    assert [other.get(each).status_code for each in (address, f"{address}/rejected")] == [404, 404]
    assert person.get("/o/customer/import/blank.xlsx").data.startswith(b"PK")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", b"\x89PNG"), ("a.xlsx", b"PK\x03\x04broken"), ("a.csv", b"a,a\n1,2"), ("a.csv", b"")],
)
def test_what_is_no_table_is_refused_with_words(person: Person, name: str, content: bytes) -> None:
    answer = sent(person, name, content)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
