"""S5, leaks: nothing a person may not read comes back on any surface of the running application."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

import pytest

from formline.runtime.access import Actor
from formline.runtime.candidates import candidate
from formline.runtime.keys import uuid7
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.unit import Change, Unit, run_unit
from formline.web.auth import accounts
from tests.security.surfaces import SURFACES, WITHOUT_RECORDS, Call
from tests.web.api.conftest import Caller
from tests.web.conftest import Person

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

#: The text in everything the person may not read; masked numbers show neither their middle nor the whole.
CANARY = "KANARIENVOGEL"
NUMBER = "13977665544"
KEY = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
LEAK_NOTE = "kind: object\nextends: customer\nfields:\n  leak_note: {type: text, sensitive: true}\n"


def test_every_surface_is_declared(app: Flask) -> None:
    """A new route fails here until it says what is fetched of it: see the head of ``tests/security/surfaces.py``."""
    answering = {
        rule.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) or rule.endpoint.startswith("api.")
    }
    declared = SURFACES.keys() | WITHOUT_RECORDS.keys()
    missing = [f'    "{name}": ("{answering[name]}",),' for name in sorted(answering.keys() - declared)]
    assert not missing, "add to SURFACES in tests/security/surfaces.py:\n" + "\n".join(missing)
    assert not (twice := SURFACES.keys() & WITHOUT_RECORDS.keys()), f"declared twice: {twice}"


def plant(site: Site) -> dict[str, str]:
    """Write records the person may not read, with the canary in every text, and return the names of addresses."""
    apply(site, plan(site, candidate(site.settings, {"objects/customer.yaml": LEAK_NOTE})), "canary", Author("test"))
    with site.reading() as connection:
        people = {login: accounts.find(connection, site.release, login) for login in ("wang", "zhao")}
    me, boss = (_id(people[login]) for login in ("wang", "zhao"))
    texts = {name: f"{CANARY} {name}" for name in ("name", "region", "address", "leak_note")}

    def write(unit: Unit) -> dict[str, UUID]:
        reach = {"email": f"{CANARY.lower()}@example.com", "owner": boss}
        theirs, gone = unit.create("customer", [texts | reach, texts | reach | {"name": f"{CANARY} gone"}])
        hidden = {"owner": me, "leak_note": f"{CANARY} hidden"}
        mine, twin = unit.create("customer", [{"name": "Mine"} | hidden, {"name": "Mine, too"} | hidden])
        (contact,) = unit.create("contact", [{"name": f"{CANARY} contact", "customer": theirs, "owner": boss}])
        (deal,) = unit.create("opportunity", [{"name": f"{CANARY} deal", "customer": theirs, "owner": boss}])
        about = {"id": str(theirs), "object": "customer"}
        (task,) = unit.create(
            "task", [{"subject": f"{CANARY} task", "about": about, "owner": boss, "due_on": "2026-01-15"}]
        )
        unit.update("user", [Change(boss, {"mobile": NUMBER})])
        return {
            "theirs": theirs,
            "gone": gone,
            "mine": mine,
            "twin": twin,
            "contact": contact,
            "deal": deal,
            "task": task,
        }

    ids = run_unit(site, Actor.system(), write, confirm=True)
    system = Actor.system()
    run_unit(site, system, lambda unit: unit.update("customer", [Change(ids["mine"], {"leak_note": f"{CANARY} 2"})]))
    receipt = run_unit(site, system, lambda unit: unit.delete("customer", [ids["gone"]]))
    known = ids | {"deletion": receipt.deletion_id, "me": me, "boss": boss, "file": uuid7()}
    return {name: str(key) for name, key in known.items()} | {"canary": CANARY}


def _id(account: accounts.Account | None) -> UUID:
    assert account is not None
    return account.user_id


@pytest.fixture
def planted(crm: Site) -> dict[str, str]:
    return plant(crm)


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """Return an address or body with the names in braces filled in."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, dict):
        return {key: fill(each, names) for key, each in value.items()}
    return [fill(each, names) for each in value] if isinstance(value, list) else value


def test_nothing_comes_back(
    planted: dict[str, str], sign_in: Callable[[str], Person], caller: Callable[..., Caller]
) -> None:
    person, program = sign_in("wang"), caller("wang")
    leaks, broken = [], []
    for endpoint, addresses in SURFACES.items():
        for each in addresses:
            call = each if isinstance(each, Call) else Call("GET", each)
            sent = fill(call.body, planted)
            path = quote(fill(call.address, planted), safe="/?&=~,.:()")
            if call.address.startswith("/api/v1"):
                answer = program(call.method, path.removeprefix("/api/v1"), sent)
            else:
                answer = person.client.open(path, method=call.method, data=sent)
            body = KEY.sub("", answer.get_data(as_text=True))  # by chance a key has the digits of the number
            # A search box gives back what was typed: the canary alone. In records a word follows it.
            marks = [text for text in (f"{CANARY} ", CANARY.lower() + "@", NUMBER, NUMBER[3:7]) if text in body]
            if marks:
                leaks.append(f"{endpoint} {call.method} {call.address}: {marks}")
            if (
                "{mine}" in call.address
                and "leak_note" not in call.address
                and call.method == "GET"
                and answer.status_code != 200
            ):
                broken.append(f"{endpoint} {call.address}: {answer.status_code}, so nothing was looked at")
            if answer.status_code >= 500:
                broken.append(f"{endpoint} {call.method} {call.address}: {answer.status_code}")
    assert (leaks, broken) == ([], [])


def test_the_canary_is_there_for_who_may_read_it(planted: dict[str, str], sign_in: Callable[[str], Person]) -> None:
    """Otherwise the test above would find nothing because there is nothing."""
    boss = sign_in("admin")
    theirs = boss.get(f"/o/customer/{planted['theirs']}").text
    assert f"{CANARY} name" in theirs
    assert f"{CANARY} address" in theirs
    assert f"{CANARY} deal" in boss.get("/o/opportunity").text
    assert f"{CANARY} name" in boss.get(f"/search?q={CANARY}").text
