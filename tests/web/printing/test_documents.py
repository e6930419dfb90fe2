"""Documents of records: filled within the reader's rights, offered where their condition holds, sent as a PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from formline.web.printing.capitals import rmb
from tests.fixtures.databases import Prepare
from tests.runtime.files.pictures import drawing
from tests.web.conftest import Person, _quick_passwords
from tests.web.files.conftest import app, sign_in, with_people

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

__all__ = ["_quick_passwords", "app", "sign_in"]

pytestmark = pytest.mark.usefixtures("pango")

DEFINITIONS = """
kind: object
name: buyer
title: name
default_access: read
fields: {name: {type: text, required: true}}
---
kind: object
name: contract
title: name
fields:
  name: {type: text, required: true}
  buyer: {type: lookup, to: buyer, reverse: contracts}
  amount: {type: money}
  signed_on: {type: date}
  kind: {type: choice, choices: {home: {label: Domestic}, abroad: {label: Abroad}}}
  margin: {type: money, sensitive: true}
  seal: {type: image}
---
kind: object
name: line
title: what
default_access: controlled_by_parent
fields:
  contract: {type: parent, to: contract, reverse: lines}
  what: {type: text, required: true}
  price: {type: money}
---
kind: print_template
name: contract_cn
label: Contract
object: contract
when: kind == "home"
file_name: "{name}-{buyer.name}"
watermark: {text: DRAFT, when: signed_on == null}
style: "h1 { text-align: center }"
body:
  - text: head
    html: |
      <h1>{name}</h1>
      <p>{buyer.name}: {amount} ({amount | rmb}), {sum(lines.price)}, {kind}, [{margin}] [{margin * 2}]</p>
  - table: lines
    columns: [what, price]
  - image: seal
    width: 30
    when: signed_on != null
  - code: link
    value: "{name}"
---
kind: role
name: seller
label: Seller
apps: [contracts]
objects:
  contract: {create: true, read: own, update: own}
---
kind: role
name: boss
label: Boss
apps: [contracts]
objects:
  contract: {read: all, fields: {margin: read}}
---
kind: app
name: contracts
label: Contracts
items: [contract]
"""
PEOPLE: dict[str, list[str]] = {"ann": ["seller"], "ben": ["boss"], "cat": []}


@pytest.fixture
def papers(database_copy: Callable[[str, Prepare], str], tmp_path: Path) -> Iterator[Site]:
    """Return a site with contracts that can be printed."""
    from formline.runtime.site import Site
    from tests.fixtures.sites import settings_for

    prepared = with_people(tmp_path, [DEFINITIONS], PEOPLE)
    site = Site.open(settings_for(database_copy("contracts", prepared), tmp_path))
    yield site
    site.close()


@pytest.fixture
def made(papers: Site, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return ``made(**values)``: the address of a new contract of ann's."""
    from sqlalchemy import select

    from formline.runtime.access.actor import Actor
    from formline.runtime.files.staging import stage, target_of
    from formline.runtime.unit import run_unit

    def make(**values: Any) -> str:
        system = Actor.system()
        user = papers.release.model("user")
        with papers.reading() as connection:
            ann: UUID = connection.execute(select(user.id).where(user.column("login") == "ann")).scalar_one()
        (buyer,) = run_unit(papers, system, lambda unit: unit.create("buyer", [{"name": "深圳<明>公司"}]))
        seal = stage(
            papers, system, target_of(papers.release, system, "contract", "seal"), "s.png", io.BytesIO(drawing())
        )
        row = {
            "name": "HT & 1",
            "buyer": buyer,
            "amount": Decimal("10203.5"),
            "kind": "home",
            "margin": 77,
            "seal": str(seal.id),
            "owner": ann,
            "lines": [{"what": "泵", "price": 3}, {"what": "阀<b>", "price": 4}],
            **values,
        }
        (key,) = run_unit(papers, system, lambda unit: unit.create("contract", [row]))
        return f"/o/contract/{key}"

    return make


def text_of(app: Flask, address: str, login: str, papers: Site) -> Any:
    """Return the filled document as somebody gets it."""
    from formline.runtime.access.loading import load_actor
    from formline.web.auth import accounts
    from formline.web.printing.document import filled
    from formline.web.visit import Visit

    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        with papers.reading() as connection:
            account = accounts.find(connection, papers.release, login)
            assert account is not None
            actor = load_actor(connection, papers.release, account.user_id)
        here = Visit(papers, papers.release, actor)
        obj = papers.release.catalog.object("contract")
        template = papers.release.catalog.get("print_template", "contract_cn")
        return filled(here, obj, template, UUID(address.rpartition("/")[2]))


def test_a_document_says_what_its_reader_may_read(app: Flask, papers: Site, made: Callable[..., str]) -> None:
    address = made()
    ann, ben = (text_of(app, address, login, papers) for login in ("ann", "ben"))
    for document in (ann, ben):
        assert "<h1>HT &amp; 1</h1>" in document.html
        assert "深圳&lt;明&gt;公司: ¥10,203.50 (壹万零贰佰零叁元伍角), 7, Domestic" in document.html
        assert re.search(r"<td[^>]*>泵</td><td[^>]*>¥3.00</td>", document.html)
        assert "阀&lt;b&gt;" in document.html
        assert document.file_name == "HT & 1-深圳<明>公司.pdf"
        assert "DRAFT" in document.html
    assert "77" not in ann.html
    assert "[¥77.00] [154]" in ben.html
    assert set(ann.assets) == {"link"}


def test_a_signed_one_carries_the_seal_and_no_watermark(app: Flask, papers: Site, made: Callable[..., str]) -> None:
    document = text_of(app, made(signed_on="2026-01-31"), "ben", papers)
    assert "DRAFT" not in document.html
    assert len(document.assets) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_button_leads_to_a_pdf_where_the_condition_holds(
    sign_in: Callable[[str], Person], made: Callable[..., str]
) -> None:
    ann, cat = sign_in("ann"), sign_in("cat")
    address, abroad = made(), made(kind="abroad")
    document = f"{address}/print/contract_cn"
    assert f'href="{document}"' in ann.get(address).text
    answer = ann.get(document)
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "print/" not in ann.get(abroad).text
    assert ann.get(f"{abroad}/print/contract_cn").status_code == 404
    assert ann.get(f"{address}/print/other").status_code == 404
    assert cat.get(document).status_code == 404


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.5", "伍角"),
        ("1.01", "壹元零壹分"),
        ("10", "壹拾元整"),
        ("1005.30", "壹仟零伍元叁角"),
        ("10000", "壹万元整"),
        ("100500", "壹拾万零伍佰元整"),
        ("100010000", "壹亿零壹万元整"),
        ("100000001", "壹亿零壹元整"),
        ("20000000000", "贰佰亿元整"),
        ("-12.34", "负壹拾贰元叁角肆分"),
    ],
)
def test_amounts_in_chinese_capitals(amount: str, written: str) -> None:
    assert rmb(Decimal(amount)) == written
