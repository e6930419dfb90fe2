"""S4, limits: one request asks for no more than a database can answer; too much is said, not a failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Connection

from formline.runtime.access import Actor
from formline.runtime.queries import lists
from formline.runtime.queries.query import Query
from tests.fixtures.catalogs import catalog_from
from tests.web.api.conftest import Caller

if TYPE_CHECKING:
    from formline.runtime.site import Site

NAMED = {"field": "name", "op": "eq", "value": "x"}


def _nested(word: str, depth: int) -> dict[str, Any]:
    filter_: dict[str, Any] = NAMED
    for _ in range(depth):
        filter_ = {word: filter_ if word == "not" else [filter_]}
    return filter_


#: What is asked of people, and how it ends.
ASKED = [
    ({"filter": json.dumps(_nested("not", 10))}, 200),
    ({"filter": json.dumps(_nested("not", 11))}, 422),
    ({"filter": json.dumps(_nested("not", 450))}, 422),
    ({"filter": json.dumps(_nested("and", 300))}, 422),
    ({"filter": json.dumps({"or": [{"and": []}] * 190})}, 200),
    ({"filter": json.dumps({"or": [{"and": []}] * 1500})}, 422),
    ({"filter": json.dumps({**NAMED, "field": "manager." * 70 + "name"})}, 422),
    ({"where": "not " * 45 + "true"}, 200),
    ({"where": "not " * 60 + "true"}, 422),
    ({"where": "coalesce(" * 40 + "name" + ', "")' * 40 + ' == "x"'}, 422),
    ({"where": "if_(true, " * 40 + "true" + ", false)" * 40}, 422),
    ({"where": "not (" * 24 + 'name == "x"' + ")" * 24}, 200),
    ({"where": 'concat("a", ' * 40 + "name" + ")" * 40 + ' == "x"'}, 422),
    ({"where": "-(" * 24 + "version" + ")" * 24 + " > 1"}, 200),
    ({"where": "(version + " * 24 + "1" + ")" * 24 + " > 1"}, 422),
    ({"where": "manager." * 70 + 'name == "x"'}, 422),
    ({"where": " or ".join(['name == "x"'] * 500)}, 422),
    ({"fields": "manager." * 5 + "name"}, 200),
    ({"fields": "manager." * 70 + "name"}, 422),
    ({"sort": "manager.manager.name"}, 200),
    ({"sort": "manager." * 70 + "name"}, 422),
    ({"limit": "501"}, 422),
    ({"count": "999999"}, 422),
    ({"cursor": "A" * 100}, 400),
    ({"cursor": "é"}, 400),
]


@pytest.mark.parametrize(("query", "status"), ASKED, ids=lambda value: str(value)[:60])
def test_too_much_is_refused(caller: Callable[..., Caller], query: dict[str, str], status: int) -> None:
    assert caller("wang")("GET", f"/user?{urlencode(query)}").status_code == status


def test_a_pattern_sees_no_text_that_is_too_long() -> None:
    """A text that is refused anyway is not read at all."""
    text = "kind: object\nname: thing\nlabel: Thing\ntitle: code\nfields: {code: {type: text, pattern: '.*x.*y'}}"
    field = catalog_from(text).object("thing").fields["code"]
    assert [code for code, _message in field.type.validate(field, "x" * 1_000_000)] == ["too_long"]


@pytest.mark.parametrize(("where", "limited"), [(None, False), ('name != "x"', True), (NAMED, True)])
def test_a_persons_filter_has_a_time_limit(
    crm: Site, monkeypatch: pytest.MonkeyPatch, where: Any, limited: bool
) -> None:
    entered: list[Connection] = []
    monkeypatch.setattr(lists, "time_budget", lambda connection: nullcontext(entered.append(connection)))
    with crm.reading() as connection:
        lists.fetch(connection, crm.release, Actor.system(), Query("customer", ("name",), where))
    assert bool(entered) is limited
