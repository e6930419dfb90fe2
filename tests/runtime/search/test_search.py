"""The global search on both databases: in the same transaction, with rights, as a naive oracle finds it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.search import rebuild, terms
from formline.runtime.search.finding import Found, find
from formline.runtime.tables import search_document
from formline.runtime.unit import Change, Unit, run_unit
from formline.runtime.worker import Worker
from tests.fixtures.sites import publish

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

DEFINITIONS = """
kind: object
name: user
default_access: read
fields:
  name: {type: text}
  login: {type: text}
  active: {type: boolean}
  department: {type: department}
  company: {type: lookup, to: company}
  roles: {type: multi_choice, choice_list: roles}
---
kind: object
name: department
fields: {name: {type: text}}
---
kind: object
name: company
fields: {name: {type: text}}
---
kind: choice_list
name: roles
choices: {clerk: {label: Clerk}}
---
kind: object
name: client
fields:
  name: {type: text}
  code: {type: text}
  phone: {type: phone, sensitive: true}
  note: {type: text}
search: [name, code, phone]
---
kind: object
name: letter
fields:
  subject: {type: text}
title: subject
---
kind: role
name: clerk
objects:
  client: {create: true, read: own, update: own, delete: own, fields: {phone: masked}}
  letter: {read: all, create: true}
"""
OBJECTS = ("client", "letter")


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site with clients and letters."""
    return make_site(DEFINITIONS, database_url)


def write(site: Site, work: Callable[[Unit], Any], actor: Actor | None = None) -> Any:
    """Run a unit, by the platform unless somebody else is given."""
    return run_unit(site, actor or Actor.system(), work, source="form")


def create(site: Site, name: str, *rows: dict[str, Any]) -> list[UUID]:
    """Create records."""
    keys: list[UUID] = write(site, lambda unit: unit.create(name, list(rows)))
    return keys


def search(site: Site, asked: str, actor: Actor | None = None) -> Found:
    """Search as somebody, by default as one who sees everything."""
    with site.reading() as connection:
        return find(connection, site.release, actor or Actor.system(), asked, OBJECTS, limit=50)


def names(found: Found, of: str = "client") -> list[str]:
    """Return the titles found of an object."""
    return [hit.title for hit in found.hits.get(of, ())]


def clerk(site: Site, name: str) -> Actor:
    """Return somebody with the role of a clerk."""
    row = {"name": name, "login": name, "active": True, "roles": ["clerk"]}
    (key,) = create(site, "user", row)
    with site.reading() as connection:
        return load_actor(connection, site.release, key)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("深圳", True),
        ("圳市", True),
        ("市", True),
        ("深", True),
        ("圳深", False),
        ("华为技术", True),
        ("huawei", True),
        ("szshw", False),
        ("szs", True),
        ("acme", True),
        ("ACM", True),
        ("ＡＣＭＥ", True),
        ("cme l", True),
        ("acmeltd", False),
        ("HT-2025", True),
        ("HT2025001", True),
        ("2025/001", True),
        ("13812345678", True),
        ("1234", True),
        ("深圳 138", True),
        ("深圳 139", False),
        ("remark", False),
        ("'; drop", False),
        ('"', False),
        ("_", False),
    ],
)
def test_what_is_found(site: Site, asked: str, found: bool) -> None:
    """Any part of any searched field, in any script, by pinyin for titles; words across fields; signs do no harm."""
    create(
        site,
        "client",
        {"name": "深圳市 华为技术 ACME Ltd", "code": "HT-2025-001", "phone": "+86 138-1234-5678", "note": "remark"},
        {"name": "别的", "code": "other"},
    )
    assert names(search(site, asked)) == (["深圳市 华为技术 ACME Ltd"] if found else [])


def test_the_index_follows_every_write(site: Site) -> None:
    """In the transaction itself: created, changed, deleted, restored; what fails leaves no trace."""
    (key,) = create(site, "client", {"name": "before"})
    write(site, lambda unit: unit.update("client", [Change(key, {"name": "after"})]))
    assert (names(search(site, "before")), names(search(site, "after"))) == ([], ["after"])
    receipt = write(site, lambda unit: unit.delete("client", [key]))
    assert names(search(site, "after")) == []
    write(site, lambda unit: unit.restore(receipt.deletion_id))
    assert names(search(site, "after")) == ["after"]

    def fail(unit: Unit) -> None:
        unit.update("client", [Change(key, {"name": "never"})])
        unit.finish()
        raise LookupError

    with pytest.raises(LookupError):
        write(site, fail)
    assert (names(search(site, "never")), names(search(site, "after"))) == ([], ["after"])


def test_a_write_that_changes_nothing_searched_leaves_the_documents(site: Site) -> None:
    """Documents are made again only where their words differ."""

    def documents() -> list[int]:
        with site.reading() as connection:
            return sorted(connection.execute(select(search_document.c.rid)).scalars())

    (key,) = create(site, "client", {"name": "a", "code": "b"})
    before = documents()
    write(site, lambda unit: unit.update("client", [Change(key, {"note": "x"})]))
    assert documents() == before
    write(site, lambda unit: unit.update("client", [Change(key, {"code": "c"})]))
    assert documents() != before


def test_newest_first_and_beginnings_before(site: Site) -> None:
    """Titles that begin with what is asked, then the others, the newest of each first."""
    for name in ("steel one", "old steel", "steel two", "new steel"):
        create(site, "client", {"name": name})
    assert names(search(site, "steel")) == ["steel two", "steel one", "new steel", "old steel"]


def test_rights(site: Site) -> None:
    """Own records only, and none by a field that is masked: a hidden number is not found by its digits."""
    ann, ben = clerk(site, "ann"), clerk(site, "ben")
    create(site, "client", {"name": "of ann", "phone": "13812345678", "owner": ann.user_id})
    create(site, "client", {"name": "of ben", "phone": "13812345679", "owner": ben.user_id})
    create(site, "letter", {"subject": "of all"})
    found = search(site, "of", ann)
    assert (names(found), names(found, "letter")) == (["of ann"], ["of all"])
    assert names(search(site, "1381234")) == ["of ben", "of ann"]
    assert names(search(site, "1381234", ann)) == []
    assert names(search(site, "of 1381234", ann)) == []


def test_another_release_is_indexed_anew(site: Site) -> None:
    """A field that becomes part of the search is found after the job that the apply asked for."""
    for start in range(0, 450, 150):
        create(site, "client", *({"name": f"n{start + n}", "note": "remarkable"} for n in range(150)))
    assert names(search(site, "remarkable")) == []
    publish(site, DEFINITIONS.replace("search: [name, code, phone]", "search: [name, note]"))
    worker = Worker(site)
    while worker.step():
        pass
    assert len(names(search(site, "remarkable"))) == 50
    with site.reading() as connection:
        counted = select(func.count()).select_from(search_document)
        assert connection.execute(counted).scalar_one() == 900


def test_a_rebuild_twice_changes_nothing(site: Site) -> None:
    """Documents are replaced, not added."""
    create(site, "client", *({"name": f"n{number}"} for number in range(5)))
    for _ in range(2):
        with site.writing() as connection:
            rebuild.enqueue(connection, ["client"])
        Worker(site).step()
    with site.reading() as connection:
        assert list(rebuild.sizes(connection).values()) == [5]


LETTERS = st.text(alphabet="ab1深圳 -é", min_size=1, max_size=12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=8), st.lists(LETTERS, min_size=1, max_size=6))
def test_as_a_naive_search_finds_it(site: Site, texts: list[tuple[str, str]], asked: list[str]) -> None:
    """Each word is part of a run of some field: no more and no less is found."""
    rows = [{"name": f"{name} x{number}", "code": code} for number, (name, code) in enumerate(texts)]
    keys = create(site, "client", *rows)
    try:
        for query in asked:
            words = terms.query_words(query)
            found = {hit.id for hit in search(site, query).hits.get("client", ())}
            expected = {key for key, row in zip(keys, rows, strict=True) if words and _has(row, words)}
            assert found == expected, (query, rows)
    finally:
        write(site, lambda unit: unit.delete("client", keys))


def _has(row: dict[str, str], words: list[str]) -> bool:
    fields = [terms.runs(row["name"]), terms.runs(row["code"])]
    spoken = [said for run in fields[0] for said in terms.spoken(run) if said.isalnum()]
    every = list(itertools.chain(*fields, spoken))
    return all(any(word in run for run in every) for word in words)
