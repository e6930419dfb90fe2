"""SQL against a naive oracle on random organisations: scopes, shares, parents and paths across objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from formline.errors import NotFoundError
from formline.runtime.access import record_rights, shares
from formline.runtime.access.actor import Actor
from formline.runtime.access.permitted import permitted
from formline.runtime.access.predicates import Predicates
from formline.runtime.queries import Query, fetch, lists, narrow, titles
from formline.runtime.queries.reading import reading
from formline.runtime.queries.with_rights import get_with_rights
from tests.runtime.access.organisations import SCOPES, Oracle, Organisation, organisations, role_definitions
from tests.runtime.firm import NOW, Firm

checked = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # an organisation is one number: nothing to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
scope_sets = st.sets(st.sampled_from(sorted(SCOPES)), max_size=3)


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(role_definitions())


def _fill(firm: Firm, org: Organisation) -> None:
    firm.clear()
    for object, records in org.records.items():
        firm.add_all(object, records.values())
    if org.shares:
        with firm.engines.transaction() as connection:
            number = firm.release.model("customer").object_id
            unique = {(s.record_id, s.principal_kind, s.principal, s.cause): s for s in org.shares}
            org.shares[:] = unique.values()
            shares.add(connection, number, org.shares, at=NOW, by=None)


def _actors(firm: Firm, org: Organisation, reads: set[str], edits: set[str]) -> Iterable[tuple[Actor, Oracle]]:
    roles = (*(f"read_{name}" for name in sorted(reads)), *(f"edit_{name}" for name in sorted(edits)))
    with firm.engines.transaction() as connection:
        model = firm.release.model("user")
        connection.execute(model.table.update().values({model.column("roles"): roles}))
    for user in org.all("user").values():
        yield firm.actor(user["id"]), Oracle(org, user)


def _read(firm: Firm, actor: Actor, query: Query) -> list[dict[str, Any]]:
    """Return all pages of a query, walked by cursors."""
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = fetch(firm.connection, firm.release, actor, _with_cursor(query, cursor))
        rows.extend(page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return rows


def _with_cursor(query: Query, cursor: str | None) -> Query:
    return replace(query, cursor=cursor)


@given(org=organisations, reads=scope_sets, edits=scope_sets)
@checked
def test_scopes_match_the_oracle(firm: Firm, org: Organisation, reads: set[str], edits: set[str]) -> None:
    _fill(firm, org)
    customers = org.all("customer")
    for actor, oracle in _actors(firm, org, reads, edits):
        readable = {
            key for key, each in customers.items() if reads and (oracle.may(reads, each) or oracle.shared(each))
        }
        rows = _read(firm, actor, Query("customer", ("name",), sort=(("rank", False),), limit=3))
        assert {row["id"] for row in rows} == readable
        assert len(rows) == len(readable)
        assert permitted(firm.connection, firm.release, actor, "customer", customers, "read") == readable
        editable = {
            key
            for key, each in customers.items()
            if edits and key in readable and (oracle.may(edits, each) or oracle.shared(each, write=True))
        }
        assert permitted(firm.connection, firm.release, actor, "customer", customers, "update") == editable
        rows = _read(firm, actor, Query("customer", ("name",), sort=(("rank", True),), limit=3, right="update"))
        assert {row["id"] for row in rows} == editable
        if reads:
            on_each = record_rights(firm.connection, firm.release, actor, "customer", list(customers))
            assert set(on_each) == readable
            assert {key for key, each in on_each.items() if each.can("update")} >= editable
            for key, each in on_each.items():
                record, mine = get_with_rights(firm.connection, firm.release, actor, "customer", key)
                assert record == lists.get(firm.connection, firm.release, actor, "customer", key)
                assert (mine.granted, mine.raised, mine.writable) == (each.granted, each.raised, each.writable)
            for key in customers.keys() - readable:
                with pytest.raises(NotFoundError):
                    get_with_rights(firm.connection, firm.release, actor, "customer", key)


@given(
    org=organisations,
    reads=st.sets(
        st.sampled_from(["own", "own_and_reports", "team", "department", "department_and_below"]),
        min_size=1,
        max_size=3,
    ),
)
@checked
def test_gathered_lists_are_walked_lists(firm: Firm, org: Organisation, reads: set[str]) -> None:
    """Who sees few records gets the same pages, gathered owner by owner, as from a walk of the sort's index."""
    _fill(firm, org)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrow, "_counted", lambda *_: True)
        for actor, oracle in _actors(firm, org, reads, set()):
            visible = _visible(oracle, reads, org.all("customer"))
            for down in (False, True):
                query = Query("customer", ("name", "rank"), where="rank != 7", sort=(("rank", down),), limit=2)
                plan = lists._Plan(lists._Fetch(firm.connection, reading(firm.release, actor), query))
                assert plan.branches
                rows = _read(firm, actor, query)
                assert len(rows) == len(visible)
                assert {row["id"] for row in rows} == visible
                ranks = [row["rank"] for row in rows]
                assert ranks == sorted(ranks, key=lambda rank: (rank is None, -rank if rank and down else rank or 0))


def _visible(oracle: Oracle, reads: set[str], customers: dict[UUID, Any]) -> set[UUID]:
    return {key for key, each in customers.items() if oracle.may(reads, each) or oracle.shared(each)}


@given(org=organisations, reads=scope_sets.filter(bool))
@checked
def test_paths_across_objects_obey_the_target(firm: Firm, org: Organisation, reads: set[str]) -> None:
    _fill(firm, org)
    customers, contacts = org.all("customer"), org.all("contact")
    for actor, oracle in _actors(firm, org, reads, set()):
        visible = _visible(oracle, reads, customers)

        def target(contact: dict[str, Any], visible: set[UUID] = visible) -> dict[str, Any]:
            return customers[contact["customer"]] if contact["customer"] in visible else {}

        rows = _read(firm, actor, Query("contact", ("customer.name", "customer.rank", "level"), limit=4))
        assert {row["id"]: (row["customer.name"], row["customer.rank"]) for row in rows} == {
            key: (target(each).get("name"), target(each).get("rank")) for key, each in contacts.items()
        }
        # A definition's path sees all: the mirror shows the level of customers the reader may not read.
        assert {row["id"]: row["level"] for row in rows} == {
            key: customers.get(each["customer"], {}).get("level") for key, each in contacts.items()
        }
        for where in ("customer.rank > 1", {"field": "customer.rank", "op": "gt", "value": 1}):
            found = _read(firm, actor, Query("contact", ("name",), where=where, limit=4))
            assert {row["id"] for row in found} == {
                key for key, each in contacts.items() if (target(each).get("rank") or 0) > 1
            }
        ranks = [
            row["customer.rank"]
            for row in _read(
                firm, actor, Query("contact", ("customer.rank",), sort=(("customer.rank", True),), limit=2)
            )
        ]
        expected = sorted((target(each).get("rank") for each in contacts.values()), key=lambda rank: -(rank or 0))
        assert ranks == expected
        shown = titles(firm.connection, firm.release, actor, {"customer": list(customers)})
        assert set(shown) == visible


@given(org=organisations, reads=scope_sets.filter(bool))
@checked
def test_rows_of_the_other_side_obey_their_scope(firm: Firm, org: Organisation, reads: set[str]) -> None:
    """Lines are controlled by their customer, and a person's count over them counts what they may read."""
    _fill(firm, org)
    customers, lines = org.all("customer"), org.all("line")
    for actor, oracle in _actors(firm, org, reads, set()):
        visible = _visible(oracle, reads, customers)
        assert {row["id"] for row in _read(firm, actor, Query("line", ("name",)))} == {
            key for key, each in lines.items() if each["customer"] in visible or "all" in reads
        }
        found = _read(firm, actor, Query("customer", ("name",), where="count(subsidiaries) > 0"))
        parents = {each["parent"] for key, each in customers.items() if key in visible}
        assert {row["id"] for row in found} == visible & parents


def test_a_system_actor_has_no_condition(firm: Firm) -> None:
    from formline.runtime.access.predicates import user_root
    from formline.runtime.access.rights import rights
    from formline.runtime.queries.source import source_of
    from formline.runtime.queries.statement import Statement

    statement = Statement(firm.release)
    source = source_of(statement, "customer", roots={"user": user_root(statement)})
    assert Predicates(rights(firm.release, Actor.system()), frozenset()).read(source) is None
