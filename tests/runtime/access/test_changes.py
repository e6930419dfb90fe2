"""A change of rights in one process holds in every process on its next request."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access import epochs, shares
from formline.runtime.access.changes import after_write
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import get
from tests.runtime.firm import NOW, Firm

ROLES = """
kind: role
name: own
label: Own
objects: {customer: {read: own}}
---
kind: role
name: reports
label: Reports
objects: {customer: {read: own_and_reports}}
---
kind: role
name: below
label: Below
objects: {customer: {read: department_and_below}}
"""
WORKERS = 4
CHANGES = 120


@pytest.fixture
def firm(make_firm: Callable[..., Firm]) -> Firm:
    return make_firm(ROLES)


def _serve(url: str, roles: tuple[str, ...], pipe: Pipe) -> None:
    """Answer requests as a web process does: read the epochs, load the actor, read the record."""
    firm = Firm(url, *roles, create=False)
    while True:
        asked = pipe.recv()
        if asked is None:
            break
        user_id, key = asked
        pipe.send(_sees(firm, user_id, key))
    firm.close()


def _sees(firm: Firm, user_id: UUID, key: UUID) -> bool:
    try:
        actor = load_actor(firm.connection, firm.release, user_id, epochs=epochs.read(firm.connection, user_id))
        get(firm.connection, firm.release, actor, "customer", key)
    except (NotFoundError, AccessDeniedError):
        return False
    return True


@pytest.fixture
def workers(firm: Firm) -> Iterator[list[Pipe]]:
    context = multiprocessing.get_context("fork")
    pipes, processes = [], []
    for _ in range(WORKERS):
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(firm.url, firm.roles, theirs), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    yield pipes
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(None)
        process.join(10)


def _write(firm: Firm, object: str, key: UUID, **values: Any) -> None:
    """Write a record as the unit does: the change and the epoch in one transaction."""
    model = firm.release.model(object)
    with firm.engines.transaction() as connection:
        columns = {model.column(name): value for name, value in values.items()}
        connection.execute(update(model.table).where(model.id == key).values(columns))
        after_write(connection, firm.release, object, [key], set(values))


def test_changes_hold_in_every_process_at_once(firm: Firm, workers: list[Pipe]) -> None:
    root = firm.add("department", name="Root")
    leaf = firm.add("department", name="Leaf", parent=root)
    boss = firm.add("user", name="Boss", active=True, roles=(), department=root)
    clerk = firm.add("user", name="Clerk", active=True, roles=(), manager=boss, department=leaf)
    key = firm.add("customer", name="Ours", owner=clerk, department=leaf)
    changes: list[tuple[str, UUID, dict[str, Any], bool]] = [
        ("user", boss, {"roles": ("reports",)}, True),
        ("user", boss, {"roles": ()}, False),
        ("user", boss, {"roles": ("below",)}, True),
        ("department", leaf, {"parent": None}, False),
        ("department", leaf, {"parent": root}, True),
        ("user", boss, {"department": leaf}, True),
        ("user", boss, {"department": None}, False),
        ("user", boss, {"department": root, "roles": ("own", "reports")}, True),
        ("user", clerk, {"manager": None}, False),
        ("user", clerk, {"manager": boss}, True),
        ("user", boss, {"active": False}, False),
        ("user", boss, {"active": True}, True),
    ]
    dice = random.Random(7)  # noqa: S311  # made-up data
    for number in range(CHANGES):
        object, record, values, visible = changes[number % len(changes)]
        _write(firm, object, record, **values)
        for pipe in dice.sample(workers, 2):
            pipe.send((boss, key))
            assert pipe.recv() is visible, (number, object, values)


def test_a_share_comes_and_goes_and_expires(firm: Firm) -> None:
    actor = firm.user("own")
    assert actor.user_id is not None
    key = firm.add("customer", name="Theirs")
    number = firm.release.model("customer").object_id

    def give(**values: Any) -> None:
        with firm.engines.transaction() as connection:
            share = shares.Share(key, "user", str(actor.user_id), **values)
            shares.add(connection, number, [share], at=NOW, by=None)
            epochs.move_rights(connection)

    assert not _sees(firm, actor.user_id, key)
    give()
    assert _sees(firm, actor.user_id, key)
    give(expires_at=NOW - timedelta(days=1))
    assert not _sees(firm, actor.user_id, key)
    give(expires_at=NOW + timedelta(days=36500))
    assert _sees(firm, actor.user_id, key)
    with firm.engines.transaction() as connection:
        shares.remove(connection, number, key, str(actor.user_id))
        epochs.move_rights(connection)
    assert not _sees(firm, actor.user_id, key)


def test_an_actor_is_read_once_per_epoch(firm: Firm) -> None:
    user_id = firm.add("user", name="Somebody", active=True, roles=("own",))
    first = load_actor(firm.connection, firm.release, user_id)
    assert load_actor(firm.connection, firm.release, user_id) is first
    _write(firm, "user", user_id, name="Somebody else")
    second = load_actor(firm.connection, firm.release, user_id)
    assert second is not first
    assert second.user["name"] == "Somebody else"


def test_other_objects_move_nothing(firm: Firm) -> None:
    user_id = firm.add("user", name="Somebody", active=True)
    region, customer = firm.add("region", name="East"), firm.add("customer", name="C")
    before = epochs.read(firm.connection, user_id)
    _write(firm, "region", region, name="West")
    assert epochs.read(firm.connection, user_id) == before
    _write(firm, "customer", customer, name="D")  # external people belong to customers
    assert epochs.read(firm.connection, user_id)[1] == before[1] + 1
