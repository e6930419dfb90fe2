"""Exports of lists of the shipped CRM: made by a job, reached by their owner alone, with the rights of then and now."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from formline.runtime import tables
from formline.runtime.access import Actor
from formline.runtime.exporting import exports
from formline.runtime.exporting import job as exporting_job
from formline.runtime.queries import Query, fetch
from formline.runtime.unit import Change, run_unit
from tests.web.conftest import Person
from tests.web.importing.test_wizard import work

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
LIST = "/o/customer/export"


def ask(person: Person, **values: Any) -> TestResponse:
    """Send the dialog."""
    return person.post(LIST, {"form": "csv", **values}, person.get(LIST).text)


def files(person: Person) -> list[str]:
    """Return the addresses of a person's files, newest first."""
    return re.findall(r'href="(/exports/[0-9a-f-]+/file)"', person.get("/exports").text)


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return [*csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))]


def user_id(site: Site, login: str) -> UUID:
    with site.reading() as connection:
        query = Query("user", ("id",), {"field": "login", "op": "eq", "value": login})
        found: UUID = fetch(connection, site.release, Actor.system(), query).rows[0]["id"]
        return found


def events(site: Site) -> list[str]:
    with site.reading() as connection:
        statement = select(tables.security_event.c.event).order_by(tables.security_event.c.id)
        return [event for event in connection.execute(statement).scalars() if event.startswith("export")]


def test_a_list_becomes_a_file_of_its_rows_and_columns(crm: Site, sign_in: SignIn) -> None:
    """The filter, the columns and their order are the list's; asking and making are in the audit."""
    person = sign_in("admin")
    run_unit(crm, Actor.system(), lambda unit: unit.create("customer", [{"name": "=2+3", "phone": "+8675512345678"}]))
    assert ask(person, columns="phone,name", f="name~contains~2+3").status_code == 303
    assert files(person) == []
    work(crm)
    rows = rows_of(person.get(files(person)[0]))
    assert [[*row.values()] for row in rows] == [["'+8675512345678", "'=2+3"]]
    assert events(crm) == ["export_asked", "exported"]


def test_all_fields_as_a_workbook(crm: Site, sign_in: SignIn, tmp_path: Path) -> None:
    """Numbers and days keep their kinds; records are named by their titles."""
    from formline.runtime.importing.tables import read_table

    person = sign_in("admin")
    ask(person, form="xlsx", columns_of="all")
    work(crm)
    path = tmp_path / "a.xlsx"
    path.write_bytes(person.get(files(person)[0]).data)
    table = read_table(path, {})
    with crm.reading() as connection:
        count = fetch(connection, crm.release, Actor.system(), Query("customer", count_limit=500)).count
    assert len(table.rows) == count
    assert len(table.headings) > 10


def test_only_rows_one_may_export_and_only_one_self(crm: Site, sign_in: SignIn) -> None:
    """A manager gets the department's customers; nobody else gets the file; who may not export has no dialog."""
    person, admin = sign_in("zhao"), sign_in("admin")
    outside = {"name": "Outside", "owner": user_id(crm, "admin"), "department": None}
    run_unit(crm, Actor.system(), lambda unit: unit.create("customer", [outside]))
    for each in (person, admin):
        ask(each, columns="name")
    work(crm)
    own, every = (rows_of(each.get(files(each)[0])) for each in (person, admin))
    assert 0 < len(own) < len(every)
    assert admin.get(files(person)[0]).status_code == 404
    assert sign_in("wang").get(LIST).status_code == 404


def test_changed_rights_end_a_file(crm: Site, sign_in: SignIn) -> None:
    """What was taken out with rights one has no more is not handed out."""
    person = sign_in("zhao")
    ask(person, columns="name")
    work(crm)
    address = files(person)[0]
    assert person.get(address).status_code == 200
    key = user_id(crm, "zhao")
    run_unit(crm, Actor.system(), lambda unit: unit.update("user", [Change(key, {"roles": ["finance"]})]))
    assert person.get(address).status_code == 403


def test_an_export_asks_again_who_one_is(crm: Site, sign_in: SignIn) -> None:
    """Many values leave at once: that needs the password again after ten minutes."""
    person = sign_in("admin")
    with crm.writing() as connection:
        connection.execute(update(tables.session).values(confirmed_at=datetime.now(UTC) - timedelta(minutes=11)))
    answer = ask(person, columns="name")
    assert answer.status_code == 403
    assert 'name="step_up_secret"' in answer.text
    assert events(crm) == []


def test_more_rows_than_a_sheet_holds_are_refused(crm: Site, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the job where they can be counted, and by the job where they became more."""
    from formline.web.exporting import routes

    person = sign_in("admin")
    monkeypatch.setattr(exporting_job, "MOST_ROWS", 2)
    assert ask(person, columns="name").status_code == 303
    work(crm)
    assert files(person) == []
    monkeypatch.setattr(routes, "MOST_ROWS", 2)
    assert ask(person, columns="name").status_code == 422


def test_files_go_after_a_week_and_the_history_stays(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("admin")
    ask(person, columns="name")
    work(crm)
    address = files(person)[0]
    assert exports.collect(crm, datetime.now(UTC) + exports.KEPT + timedelta(minutes=1)) == 1
    assert person.get(address).status_code == 404
    assert person.get("/exports").text.count("<tr>") == 2
