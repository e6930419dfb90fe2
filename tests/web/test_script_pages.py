"""Pages of scripts: the list, how each ran, trying a changed source on a record; the banner of weak locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.tables import history, script_run
from formline.runtime.worker import Worker, consumers_of
from formline.web import create_app
from tests.web.test_notifications import a_customer

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.web.conftest import Person

SignIn = Callable[[str], "Person"]
SCRIPT = """
kind: script
name: shouting
label: Shouting
object: customer
runs: after_commit
fields: [name]
source: |
  log("was", record.name)
  update(record, name=record.name + "!")
"""


def add_script(site: Site) -> None:
    """Add a script to the site's definitions."""
    apply(site, plan(site, candidate(site.settings, {"scripts/shouting.yaml": SCRIPT})), "a script", Author("test"))


def test_a_script_is_tried_without_effect(crm: Site, sign_in: SignIn) -> None:
    """What it would write, its log and cost are shown; a changed source too, and the line where one fails."""
    add_script(crm)
    key, name = a_customer(crm, "wang")
    admin = sign_in("admin")
    assert "/scripts/shouting" in admin.get("/scripts").text
    page = admin.get("/scripts/shouting").text
    assert "update(record, name=record.name" in page
    with crm.reading() as connection:
        before = connection.execute(select(func.count()).select_from(history)).scalar()
    tried = admin.post("/scripts/shouting/try", {"record": str(key)}, page).text
    assert f"{name}!" in tried
    assert f"was {name}" in tried
    changed = {"record": str(key), "source": 'x = 1\nfail("not this one")'}
    assert "not this one" in admin.post("/scripts/shouting/try", changed, page).text
    broken = {"record": str(key), "source": "x = 1\nopen('/etc/passwd')"}
    assert "/etc/passwd" in (text := admin.post("/scripts/shouting/try", broken, page).text)
    assert 'role="alert"' in text
    with crm.reading() as connection:
        assert connection.execute(select(func.count()).select_from(history)).scalar() == before
        assert connection.execute(select(func.count()).select_from(script_run)).scalar() == 0


def test_runs_are_shown_to_who_manages_definitions(crm: Site, sign_in: SignIn) -> None:
    """With state, log and cost; others are refused, and a record out of reach is not found."""
    add_script(crm)
    worker = Worker(crm, [one for one in consumers_of(crm) if one.name == "scripts"])
    while worker.step():
        pass
    wang = sign_in("wang")
    wang.submit("/o/customer/new", {"name": "Loud Ltd"})
    while worker.step():
        pass
    assert "was Loud Ltd" in sign_in("admin").get("/scripts/shouting").text
    assert [wang.get(path).status_code for path in ("/scripts", "/scripts/shouting")] == [403, 403]
    assert wang.post("/scripts/shouting/try", {}, wang.get("/jobs").text).status_code == 403
    assert sign_in("admin").get("/scripts/none").status_code == 404


def test_weak_scripts_are_told_on_every_page(crm: Site, sign_in: SignIn) -> None:
    """A permanent banner, where the operator lets scripts run without locks."""
    words = "未被隔离"
    assert words not in sign_in("wang").get("/jobs").text
    object.__setattr__(crm, "settings", crm.settings.with_values(scripts="weak"))
    client = create_app(crm).test_client()
    wang = type(sign_in("wang"))(client)
    wang.post("/login", {"login": "wang", "password": "correct horse battery"}, wang.get("/login").text)
    assert words in wang.get("/jobs").text
