"""Workers that die, lose their lease or come twice: nothing is lost and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from formline.runtime import outbox
from formline.runtime.keys import uuid7
from formline.runtime.tables import delivery
from formline.runtime.worker import consumers_of
from formline.workflow.automation import executing, listening
from tests.workflow.automation.conftest import automation, change, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]
NOTED = automation(
    "noted", "{updated: [amount]}", "[{create: task, values: {name: '{name} {amount}'}}]", "run_as: system"
)
MADE = automation(
    "made", "created", "[{create: task, values: {name: '{name} made'}}, {set: {note: made}}]", "run_as: system"
)


def claimed(site: Site) -> list[outbox.Event]:
    """Take all deliveries to automations that are due, as a worker does."""
    consumers = [one for one in consumers_of(site) if one.name == "automations"]
    with site.writing() as connection:
        outbox.dispatch(connection, consumers, datetime.now(UTC))
        return [event for _consumer, event in outbox.claim(connection, consumers, uuid7(), datetime.now(UTC))]


def test_two_workers_with_the_same_deliveries_do_them_once(firm: Firm) -> None:
    """One lost its lease and does not know it: the lock of the record and the row of the run keep them apart."""
    site = firm(MADE)
    names = {write(site, "deal", name=str(number)): str(number) for number in range(6)}
    events = claimed(site)  # the head of each lane: records whose lanes are the same come one after the other
    taken = [names[key] for event in events for key in event.record_ids]
    assert taken
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda event: listening.handle(site, None, event), [*events, *events]))
    assert Counter(row["name"] for row in rows(site, "task")) == {f"{name} made": 1 for name in taken}
    assert [run.state for run in runs(site)] == ["done"] * len(taken)


@pytest.mark.parametrize("moment", ["perform", "write"])
def test_a_worker_that_dies_in_the_middle_leaves_nothing(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Before the commit: whatever was written is gone, and the next worker does it all."""
    site = firm(MADE)
    write(site, "deal", name="x")

    def die(*args: object, **more: object) -> None:
        raise SystemExit

    (event,) = claimed(site)
    where = executing.runs if moment == "write" else executing
    original = getattr(where, moment)

    def work_and_die(*args: object, **more: object) -> None:
        original(*args, **more)
        die()

    monkeypatch.setattr(where, moment, work_and_die)
    with pytest.raises(SystemExit):
        listening.handle(site, None, event)
    assert (rows(site, "task"), runs(site)) == ([], [])
    monkeypatch.undo()
    with site.writing() as connection:
        connection.execute(update(delivery).values(state="waiting", leased_by=None, lease_until=None))
    work(site)
    assert [row["name"] for row in rows(site, "task")] == ["x made"]


def test_every_interleaving_of_writes_and_dying_workers_ends_the_same(firm: Firm) -> None:
    """Records are made and changed while workers take events, and forget to say that they did them."""
    site = firm(MADE, NOTED)
    steps = st.lists(st.sampled_from(["make", "change", "deliver", "die"]), max_size=12)

    @settings(max_examples=12, deadline=None)
    @given(steps)
    def check(drawn: list[str]) -> None:
        had = Counter(row["name"] for row in rows(site, "task"))
        made: list[tuple[str, object]] = []
        expected: Counter[str] = Counter()
        for number, step in enumerate(drawn):
            if step == "make":
                name = uuid7().hex
                made.append((name, write(site, "deal", name=name, amount=0)))
                expected[f"{name} made"] += 1
            elif step == "change" and made:
                name, key = made[number % len(made)]
                change(site, "deal", key, amount=number)  # type: ignore[arg-type]
                expected[f"{name} changed"] += 1
            else:
                for event in claimed(site):
                    listening.handle(site, None, event)
                with site.writing() as connection:
                    done = "done" if step == "deliver" else "waiting"
                    taken = update(delivery).where(delivery.c.state == "running")
                    connection.execute(taken.values(state=done, leased_by=None, lease_until=None))
        work(site)
        now = Counter(row["name"] for row in rows(site, "task"))
        got: Counter[str] = Counter()
        for text, count in (now - had).items():
            name, _space, rest = text.partition(" ")
            got[f"{name} made" if rest == "made" else f"{name} changed"] += count
        assert got == expected

    check()
    with site.reading() as connection:
        assert connection.execute(select(delivery.c.id).where(delivery.c.state != "done")).all() == []
