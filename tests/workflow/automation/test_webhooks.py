"""Automations and other systems: what arrives sets them off, what they do tells others, all in one go."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from formline.runtime.site import Site
from formline.runtime.webhooks import receiving
from tests.fixtures.receivers import Receiver
from tests.fixtures.sites import MakeSite
from tests.runtime.webhooks.shop import TEXTS, allowing, bind, messages, order, work_off

AUTOMATIONS = """
kind: automation
name: mark_web
object: order
run_as: system
trigger: {webhook: orders_in}
when: total > 100
actions:
  - set: {kind: web}
  - webhook: called
"""


@pytest.fixture
def site(make_site: MakeSite, database_url: str, receiver: Receiver) -> Site:
    made = make_site([*TEXTS, AUTOMATIONS], database_url)
    allowing(made, receiver.host)
    bind(made, "orders_in", key="key")
    bind(made, "called", receiver.url("/called"))
    return made


def arrive(site: Site, *rows: dict[str, object]) -> None:
    body = json.dumps({"data": {"orders": rows}}).encode()
    with site.writing() as connection:
        read = receiving.read(body, ("data", "orders"))
        receiving.keep(connection, "orders_in", f"m{len(rows)}", read, datetime.now(UTC))


def kinds(site: Site) -> dict[str, str | None]:
    model = site.release.model("order")
    with site.reading() as connection:
        rows = connection.execute(select(model.column("number"), model.column("kind")))
        return {row[0]: row[1] for row in rows}


def test_what_arrives_sets_an_automation_off_that_tells_another_system(site: Site, receiver: Receiver) -> None:
    order(site, "by hand", total="500")
    arrive(site, {"no": "large", "amounts": {"total": "101"}}, {"no": "small", "amounts": {"total": "99"}})
    work_off(site)
    assert kinds(site) == {"by hand": None, "large": "web", "small": None}
    (posted,) = (each for each in receiver.got if each.path == "/called")
    assert posted.json["type"] == "order.action"
    assert [record["number"] for record in posted.json["data"]["records"]] == ["large"]
    assert [row["state"] for row in messages(site, "called")] == ["done"]
