"""S3, pages: hostile text of people and of definitions stays text on every page; no script and no style is inline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from tests.web.api.conftest import Caller
from tests.web.conftest import Person

if TYPE_CHECKING:
    from formline.runtime.site import Site

Make = Callable[..., Caller]
SignIn = Callable[[str], Person]

HOSTILE = """"><img src=x onerror=alert(1)>{{7*7}}</textarea></script><script>alert(1)</script>'"""
LIVE = re.compile(
    r"<img src=x|<script>|alert\(1\)&gt;49|<script(?![^>]* src=)|\son[a-z]+=\"|\sstyle=\"|href=\"javascript:", re.I
)

#: Every text of a definition that a page may show.
DEFINITIONS = {
    "objects/gift.yaml": f"""
kind: object
name: gift
label: {json.dumps(HOSTILE)}
plural: {json.dumps(HOSTILE + "s")}
title: name
default_access: read_write
record_types:
  big: {{label: {json.dumps(HOSTILE + "b")}, machines: {{stage: gift_stage}}}}
  small: {{label: {json.dumps(HOSTILE + "c")}, machines: {{stage: gift_stage}}}}
fields:
  name:
    type: text
    required: true
    label: {json.dumps(HOSTILE + "1")}
    help: {json.dumps(HOSTILE)}
  size: {{type: choice, choice_list: gift_sizes, label: {json.dumps(HOSTILE + "2")}}}
  note: {{type: long_text, label: {json.dumps(HOSTILE + "3")}, visible: 'name != "</script>\\u2028"'}}
  person: {{type: lookup, to: user, label: {json.dumps(HOSTILE + "4")}}}
  stage: {{type: state}}
rules:
  never: {{check: 'name != "bad"', field: name, message: {json.dumps(HOSTILE.replace("{", "").replace("}", ""))}}}
""",
    "choice_lists/gift_sizes.yaml": f"""
kind: choice_list
name: gift_sizes
label: {json.dumps(HOSTILE)}
choices:
  s: {{label: {json.dumps(HOSTILE + "s")}}}
  l: {{label: {json.dumps(HOSTILE + "l")}}}
""",
    "workflows/gift_stage.yaml": f"""
kind: state_machine
name: gift_stage
label: {json.dumps(HOSTILE)}
object: gift
field: stage
initial: open
states:
  open: {{label: {json.dumps(HOSTILE + "o")}}}
  done: {{label: {json.dumps(HOSTILE + "d")}}}
transitions:
  finish: {{label: {json.dumps(HOSTILE + "f")}, from: open, to: done, requires: [note]}}
""",
    "list_views/gifts.yaml": f"""
kind: list_view
name: gifts
label: {json.dumps(HOSTILE)}
object: gift
columns: [name, size, stage, person]
""",
}


def _live(person: Person, address: str) -> list[str]:
    answer = person.get(address)
    assert answer.status_code in (200, 422), (address, answer.status_code)
    return LIVE.findall(answer.text)


def test_what_people_type_stays_text(sign_in: SignIn, caller: Make) -> None:
    wang, admin = caller("wang"), caller("admin")
    contact = {"name": HOSTILE[:80], "job_title": HOSTILE[:80], "note": HOSTILE, "phone": "+86 10 1234 5678"}
    values = {"name": HOSTILE, "address": HOSTILE, "region": HOSTILE[:80], "website": 'https://a"onclick=alert(1)'}
    customer = wang("POST", "/customer", {**values, "contacts": [contact]}).get_json()["id"]
    values = {"name": HOSTILE, "customer": customer, "description": HOSTILE}
    deal = wang("POST", "/opportunity", values).get_json()["id"]
    me = wang("GET", "/me").get_json()["id"]
    assert admin("PATCH", f"/user/{me}", {"name": HOSTILE[:80], "job_title": HOSTILE[:80]}).status_code == 200
    person = sign_in("wang")
    pages = ["/profile", "/search?q=onerror", "/o/contact", "/o/user", f"/o/user/{me}", "/notifications"]
    pages += [f"/o/opportunity?f=customer~eq~{customer}", f"/o/opportunity/{deal}/transitions/lose"]
    for address in (f"/o/customer/{customer}", f"/o/opportunity/{deal}"):
        pages += [address, f"{address}/edit", address.rpartition("/")[0]]
    assert {address: found for address in pages if (found := _live(person, address))} == {}


@pytest.mark.parametrize(
    "address",
    [
        "/o/customer?view={}",
        "/o/customer?q={}",
        "/o/customer?sort={}",
        "/o/customer?columns={}",
        "/o/customer?f=name~contains~{}",
        "/o/customer?deleted={}",
        "/o/customer/new?name={}&record_type={}",
        "/o/customer/filter?field=name&f=name~eq~{}",
        "/o/customer/columns?columns={}",
        "/search?q={}",
    ],
)
def test_what_an_address_says_stays_text(sign_in: SignIn, address: str) -> None:
    assert _live(sign_in("wang"), address.replace("{}", quote(HOSTILE))) == []


def test_what_definitions_say_stays_text(crm: Site, sign_in: SignIn, caller: Make) -> None:
    apply(crm, plan(crm, candidate(crm.settings, DEFINITIONS)), "hostile", Author("test"))
    admin = caller("admin")
    gift = admin("POST", "/gift", {"name": "Gift", "size": "s", "record_type": "big"}).get_json()["id"]
    person = sign_in("admin")
    pages = ["/o/gift", "/o/gift/new", "/o/gift/filter", "/o/gift/filter?field=size", "/o/gift/columns"]
    pages += ["/o/gift?f=size~eq~l", "/roles/administrator", f"/o/gift/{gift}", f"/o/gift/{gift}/edit"]
    pages += [f"/o/gift/{gift}/diagram/stage"]
    assert {address: found for address in pages if (found := _live(person, address))} == {}
    answer = person.submit(f"/o/gift/{gift}/edit", {"name": "bad"})
    assert (answer.status_code, LIVE.findall(answer.text)) == (422, [])
    module = re.search(r'/o/gift/rules/[^"&]+\.js', person.get(f"/o/gift/{gift}/edit").text)
    assert module is not None
    script = person.get(module[0])
    assert script.mimetype == "text/javascript"
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    assert "\u2028" not in script.text
