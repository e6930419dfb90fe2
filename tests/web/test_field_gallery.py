"""Every field type through a form, the API, an import and list filters, on both databases."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.fixtures.gallery import GALLERY
from tests.fixtures.sites import MakeSite
from tests.web.api.conftest import Caller
from tests.web.conftest import Person, errors

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: What a person types, by the name of the input.
TYPED = {
    "name": "First",
    "body": '<p>Hello <strong>you</strong></p><p class="x" hx-get="/x" style="color:red">a &lt; b<img src="http://e/p.png"></p>',
    "opens": "下午3点",
    "lasts": "1小时30分钟",
    "labels": ["VIP", "ｖｉｐ", " new  one "],
    "contact.family": "欧阳",
    "contact.given": "修",
    "delivery.country": "CN",
    "delivery.region": "广东省",
    "delivery.city": "深圳市",
    "delivery.district": "南山区",
    "delivery.street": "科技园路 1 号",
    "delivery.postal_code": "518000",
    "region": "440305",
    "place.lat": "22.5431",
    "place.lon": "114.0579",
    "stars": "4",
    "shade": "#F80",
    "ean": "690-1234-567892",
    "code": "HELLO",
    "extra": '{"a": [1, 2]}',
}
#: What is stored, by the key of a record.
STORED = {
    "body": "<p>Hello <strong>you</strong></p><p>a &lt; b</p>",
    "body.text": "Hello you\na < b",
    "opens": "15:00",
    "lasts": 5400,
    "labels": ("VIP", "new one"),
    "contact": "欧阳修",
    "contact.family": "欧阳",
    "contact.given": "修",
    "delivery": "518000 广东省深圳市南山区科技园路 1 号",
    "delivery.country": "CN",
    "delivery.city": "深圳市",
    "region": "440305",
    "place": "22.543100,114.057900",
    "stars": 4,
    "shade": "#ff8800",
    "ean": "6901234567892",
    "code": "HELLO",
    "extra": '{"a":[1,2]}',
    "minutes": 90,
    "early": False,
    "in_shenzhen": True,
}
#: The same as the API takes it.
SENT = {
    "name": "Second",
    "body": "plain\nlines",
    "opens": "09:05",
    "lasts": 60,
    "labels": ["a", "b"],
    "contact": {"family": "Schmidt", "given": "Anna"},
    "delivery": {"country": "DE", "city": "Berlin", "street": "Unter den Linden 1", "postal_code": "10117"},
    "region": "110108",
    "place": {"lat": 52.52, "lon": "13.405"},
    "stars": 5,
    "shade": "#00ff00",
    "ean": "4006381333931",
    "extra": [{"x": None}],
}
FILTERS = [
    ({"field": "body", "op": "contains", "value": "A < B"}, ["First"]),
    ({"field": "body", "op": "contains", "value": "strong"}, []),
    ({"field": "opens", "op": "lt", "value": "10:00"}, ["Second", "Third"]),
    ({"field": "lasts", "op": "between", "value": ["1h", "2h"]}, ["First"]),
    ({"field": "labels", "op": "contains", "value": "vip"}, []),
    ({"field": "labels", "op": "contains", "value": "VIP"}, ["First", "Third"]),
    ({"field": "contact", "op": "contains", "value": "schmidt"}, ["Second"]),
    ({"field": "delivery", "op": "contains", "value": "深圳"}, ["First"]),
    ({"field": "region", "op": "within", "value": "广东"}, ["First", "Third"]),
    ({"field": "region", "op": "within", "value": "110000"}, ["Second"]),
    ({"field": "region", "op": "eq", "value": "北京海淀"}, ["Second"]),
    ({"field": "place", "op": "is_null", "value": True}, []),
    ({"field": "stars", "op": "ge", "value": 4}, ["First", "Second"]),
    ({"field": "shade", "op": "eq", "value": "#f80"}, ["First"]),
    ({"field": "ean", "op": "starts_with", "value": "690"}, ["First", "Third"]),
    ({"field": "extra", "op": "contains", "value": '"x"'}, ["Second"]),
    ({"field": "in_shenzhen", "op": "eq", "value": True}, ["First"]),
]
FILE = """name,opens,lasts,labels,contact,delivery,region,place,stars,shade,ean,extra,body,account
Third,7:45,2d,"VIP;x",王小明,科技园路 1 号,广东 广州,"23.1, 113.3",2,abc,6901234567892,[1],"<b>hi</b><script></script>",
Bad,25:00,1h,,,,,,,,,,,
Bad,,90,,,,,,,,,,,
Bad,,,,,,Atlantis,,,,,,,
Bad,,,,,,,91;0,,,,,,
Bad,,,,,,,,6,,,,,
Bad,,,,,,,,,red,,,,
Bad,,,,,,,,,,6901234567890,,,
Bad,,,,,,,,,,,{,,
"""
#: What the form says beside an input.
REFUSED = {
    "opens": "25:00",
    "lasts": "90",
    "region": "Atlantis",
    "place.lat": "91",
    "shade": "red",
    "ean": "6901234567890",
    "extra": "{",
}


def row(site: Site, name: str) -> dict[str, Any]:
    from formline.runtime.access.actor import Actor
    from formline.runtime.queries import Query, fetch

    query = Query("specimen", (), {"field": "name", "op": "eq", "value": name})
    with site.reading() as connection:
        (found,) = fetch(connection, site.release, Actor.system(), query).rows
    return dict(found)


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    return make_site(GALLERY, database_url)


def test_every_type_takes_its_way(site: Site, tmp_path: Path) -> None:
    from formline.cli.importing import run_import
    from formline.runtime.importing.job import enqueue_import
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app
    from formline.web.api.tokens import create_token

    app = create_app(site)
    person = Person(app.test_client())
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    values = {"name": "Ada", "login": "ada", "password": "a good password", "again": "a good password"}
    person.post("/setup", {**values, "secret": bootstrap_secret(site)}, person.get("/setup").text)

    # --- a form, and what is wrong in it
    refused = person.submit("/o/specimen/new", {**TYPED, **REFUSED})
    assert refused.status_code == 422
    assert len(errors(refused.text)) == len(REFUSED)
    assert 'value="欧阳"' in refused.text
    answer = person.submit("/o/specimen/new", TYPED)
    assert answer.status_code == 303, errors(answer.text)
    first = row(site, "First")
    assert {key: first.get(key) for key in STORED} == STORED
    again = person.submit(f"/o/specimen/{first['id']}/edit", {"labels": list(STORED["labels"])})
    assert again.status_code == 303, errors(again.text)
    assert row(site, "First")["version"] == first["version"], "saving what was shown changes nothing"

    # --- the page and the list
    page = html.unescape(person.get(f"/o/specimen/{first['id']}").text)
    for text in (
        "<strong>you</strong>",
        "1小时 30分钟",
        "广东省深圳市南山区",
        "★★★★☆",
        'class="barcode"',
        'class="barcode qr"',
        "uri.amap.com",
    ):
        assert text in page, text
    assert "e/p.png" not in page
    columns = ",".join(key for key in STORED if "." not in key)
    shown = person.get(f"/o/specimen?columns={columns}").text
    assert "Hello you a &lt; b" in shown

    # --- the API
    with site.writing() as connection:
        _, token = create_token(connection, UUID(str(first["created_by"])), "test", days=1)
    call = Caller(app.test_client(), token)
    made = call("POST", "/specimen", SENT)
    assert made.status_code == 201, made.get_json()
    second = call("GET", f"/specimen/{made.get_json()['id']}").get_json()
    assert second["contact"] == "Anna Schmidt"
    assert second["delivery"] == "Unter den Linden 1, 10117 Berlin, DE"
    assert second["place.lat"] == "52.520000"
    assert second["extra"] == [{"x": None}]
    assert second["body"] == "<p>plain</p><p>lines</p>"
    bad = call("PATCH", f"/specimen/{second['id']}", {"stars": 9, "ean": "1", "place": [200, 0]})
    assert {one["field"] for one in bad.get_json()["errors"]} == {"stars", "ean", "place"}
    assert call("GET", "/openapi.json").status_code == 200

    # --- an import
    file = tmp_path / "specimens.csv"
    file.write_text(FILE, encoding="utf-8")
    with site.writing() as connection:
        job = enqueue_import(site, connection, file, "specimens", None)
    report = run_import(site, job)
    assert report.rejected == FILE.count("Bad")
    third = row(site, "Third")
    kept = {key: third[key] for key in ("opens", "lasts", "labels", "contact.given", "region", "shade", "body")}
    assert kept == {
        "opens": "07:45",
        "lasts": 172800,
        "labels": ("VIP", "x"),
        "contact.given": "小明",
        "region": "440100",
        "shade": "#aabbcc",
        "body": "<b>hi</b>",
    }

    # --- filters, tags in use, the history
    for condition, names in FILTERS:
        found = call("GET", f"/specimen?filter={quote(json.dumps(condition))}&sort=name&fields=name")
        assert [one["name"] for one in found.get_json()["data"]] == names, condition
    chips = html.unescape(person.get("/o/specimen?f=labels~contains~VIP&f=region~within~440300&f=lasts~gt~1h").text)
    assert "First" in chips
    for text in ("Labels 包含 VIP", "广东省深圳市", "1小时"):
        assert text in chips, text
    assert person.get("/o/specimen/filter?field=opens").text.count('data-b="time"') == 2
    offered = person.get("/o/specimen/tags?field=labels&q=v").get_json()
    assert offered == [{"id": "VIP", "text": "VIP"}]
    assert person.get("/o/specimen/tags?field=name").status_code == 404
    levels = person.get("/regions?code=440300").get_json()
    assert [level["chosen"] for level in levels] == ["440000", "440300", ""]
    assert ["440305", "南山区"] in levels[2]["options"]
    assert call("PATCH", f"/specimen/{first['id']}", {"stars": 1, "body": "<p>other</p>"}).status_code == 200
    page = person.get(f"/o/specimen/{first['id']}").text
    assert re.search(r"Hello you.*other", page, re.S)


ROWS = """
kind: object
name: visit
title: name
default_access: read_write
fields: {name: {type: text, required: true}}
---
kind: object
name: guest
title: who
default_access: controlled_by_parent
fields:
  visit: {type: parent, to: visit, reverse: guests}
  who: {type: person_name, required: true}
  home: {type: address}
  stars: {type: rating}
  lasts: {type: duration}
---
kind: layout
name: visit
object: visit
form:
  - {section: what, rows: [[name]]}
  - {section: guests, table: guests, columns: [who, home, stars, lasts]}
"""


def test_rows_of_a_table_take_them_too(make_site: MakeSite, database_url: str) -> None:
    from formline.runtime.preparing import bootstrap_secret
    from formline.web import create_app

    organisation = GALLERY[GALLERY.index("kind: role") :].replace("specimen:", "visit:")
    site = make_site([ROWS, organisation], database_url)
    person = Person(create_app(site).test_client())
    values = {"name": "Ada", "login": "ada", "password": "a good password", "again": "a good password"}
    person.post("/setup", {**values, "secret": bootstrap_secret(site)}, person.get("/setup").text)
    typed = {
        "name": "Fair",
        "guests-0-who.family": "王",
        "guests-0-who.given": "小明",
        "guests-0-home.country": "CN",
        "guests-0-home.city": "深圳市",
        "guests-0-stars": "3",
        "guests-0-lasts": "45m",
        "guests-1-who.family": "",
        "guests-1-who.given": "",
        "guests-1-home.country": "CN",
        "guests-1-lasts": "",
    }
    refused = person.submit("/o/visit/new", {**typed, "guests-0-lasts": "long"})
    assert 'value="小明"' in refused.text
    answer = person.submit("/o/visit/new", typed)
    assert answer.status_code == 303, errors(answer.text)
    page = person.get(answer.headers["Location"]).text
    assert all(text in page for text in ("王小明", "深圳市", "★★★☆☆", "45m"))


PARTS = """
kind: mapping
name: parts
object: specimen
source: {format: csv, encoding: utf-8}
key: [name]
columns:
  name: name
  price: amount
  price.currency: currency
  contact.family: family
  contact.given: given
  delivery: street
  delivery.country: country
  delivery.city: city
"""


def test_columns_of_a_file_fill_parts(make_site: MakeSite, database_url: str, tmp_path: Path) -> None:
    from formline.cli.importing import run_import
    from formline.runtime.importing.job import enqueue_import

    site = make_site([GALLERY, PARTS], database_url)

    def run(text: str) -> tuple[int, int, int, int]:
        file = tmp_path / "parts.csv"
        file.write_text(f"name,amount,currency,family,given,street,country,city\n{text}", encoding="utf-8")
        with site.writing() as connection:
            job = enqueue_import(site, connection, file, "parts", None)
        report = run_import(site, job)
        return report.created, report.updated, report.unchanged, report.rejected

    both = "A,12.50,CNY,Schmidt,Anna,Allee 1,DE,Berlin\nB,,,,,,CN,\n"
    assert run(both) == (2, 0, 0, 0)
    found = row(site, "A")
    assert (str(found["price"]), found["price.currency"]) == ("12.50", "CNY")
    assert (found["contact"], found["contact.given"]) == ("Anna Schmidt", "Anna")
    assert (found["delivery"], found["delivery.country"]) == ("Allee 1, Berlin, DE", "DE")
    assert row(site, "B")["delivery"] is None
    assert run(both) == (0, 0, 2, 0)
    assert run("A,12.50,CNY,Schmidt,Berta,Allee 1,DE,Berlin\n") == (0, 1, 0, 0)
    assert row(site, "A")["contact"] == "Berta Schmidt"
    assert run("A,1,euro,,,,,\nC,1,,,,A 1,XX,\n") == (0, 0, 0, 2)
