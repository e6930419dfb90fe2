"""What runs a unit again, how often, and what a caller sees when it never got through."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from formline.errors import ReleaseMismatchError
from formline.runtime.site import Site
from formline.runtime.unit import Unit, hooks
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.plan import WritePlan
from formline.runtime.unit.retry import RERUNS, BusyError, RunAgain, is_passing, pause
from tests.fixtures.sites import publish
from tests.runtime.unit.shop import TEXTS, add, rows, write


class Deadlock(Exception):
    """What the driver raises when PostgreSQL ends a circle of locks."""

    sqlstate = "40P01"


DEADLOCK = OperationalError("UPDATE", {}, Deadlock())


@pytest.mark.parametrize("disturbance", [DEADLOCK, RunAgain(), ReleaseMismatchError("switched")], ids=repr)
def test_a_disturbed_unit_runs_again_whole(site: Site, disturbance: Exception) -> None:
    runs: list[Unit] = []

    def work(unit: Unit) -> None:
        unit.create("customer", [{"name": f"Run {len(runs)}"}])
        runs.append(unit)
        if len(runs) <= RERUNS:
            raise disturbance

    write(site, work)
    assert len(runs) == RERUNS + 1
    assert [record["name"] for record in rows(site, "customer").values()] == ["Run 3"]


def test_a_unit_that_never_gets_through_is_busy(site: Site) -> None:
    runs: list[Unit] = []

    def work(unit: Unit) -> None:
        runs.append(unit)
        raise DEADLOCK

    with pytest.raises(BusyError) as error:
        write(site, work)
    assert error.value.status == 503
    assert len(runs) == RERUNS + 1


def test_other_failures_are_not_hidden(site: Site) -> None:
    def work(unit: Unit) -> None:
        unit.create("customer", [{"name": "A"}])
        raise LookupError("a mistake")

    with pytest.raises(LookupError):
        write(site, work)
    assert rows(site, "customer") == {}


def test_a_unit_written_against_an_old_release_runs_under_the_new_one(site: Site) -> None:
    add(site, "customer", name="Before")
    old = site.release
    publish(site, [*TEXTS, "kind: object\nname: extra\nfields: {name: {type: text}}\n"])
    site._release = old  # a process that has not looked since
    add(site, "extra", name="After")
    assert site.release.number > old.number
    publish(site, TEXTS)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (DEADLOCK, True),
        (OperationalError("INSERT", {}, Exception("database is locked")), True),
        (OperationalError("INSERT", {}, Exception("disk full")), False),
        (ValueError("no"), False),
    ],
)
def test_only_what_others_caused_is_tried_again(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing


def test_pauses_grow_and_differ() -> None:
    pauses = [pause(run) for run in (1, 1, 2, 3)]
    assert len(set(pauses)) == 4
    assert all(0.005 <= each <= 0.2 for each in pauses)


@pytest.fixture
def called(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """Register hooks for every phase that note (phase, object, rows)."""
    notes: list[tuple[str, str, int]] = []

    def provider(_release: Any, name: str, phase: hooks.Phase) -> list[hooks.Hook]:
        def hook(_unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
            notes.append((phase, plan.name, len(drafts)))
            if phase == "before_save":
                for draft in drafts:
                    draft.record["level"] = "b"

        return [hook] if name == "customer" else []

    monkeypatch.setattr(hooks, "_providers", [provider])
    site.release._memo.clear()
    yield notes
    site.release._memo.clear()


def test_hooks_get_whole_batches_in_order(site: Site, called: list[tuple[str, str, int]]) -> None:
    def work(unit: Unit) -> None:
        keys = unit.create("customer", [{"name": "A"}, {"name": "B"}])
        unit.delete("customer", keys)

    write(site, work)
    add(site, "customer", name="C")
    batch = [("before_save", 2), ("guard", 2), ("written", 2), ("deleting", 2)]
    assert [(phase, count) for phase, _, count in called[:4]] == batch
    assert next(iter(rows(site, "customer").values()))["level"] == "b"
