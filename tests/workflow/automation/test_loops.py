"""Automations that set each other off end, with an error that shows the chain; what would not end is warned of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from formline.workflow.automation.guard import DEEPEST, SAME, LoopError, refuse_loops
from formline.workflow.automation.runs import Cause
from tests.workflow.automation.conftest import automation, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]


def test_one_that_sets_itself_off_ends_after_a_few_rounds(firm: Firm) -> None:
    """The third run is the last; the next fails and says why."""
    site = firm(automation("grow", "updated", "[{set: {count: count + 1}}]", "run_as: system"),
                automation("begin", "created", "[{set: {count: 0}}]", "run_as: system"))  # fmt: skip
    write(site, "deal", name="x")
    work(site)
    assert rows(site, "deal")[0]["count"] == SAME
    *others, last = runs(site)
    assert {run.state for run in others} == {"done"}
    assert last.state == "failed"
    assert "begin -> grow -> grow -> grow -> grow" in last.error
    assert [origin for origin, _key in last.chain] == ["automation/begin", *["automation/grow"] * SAME]


def test_a_chain_over_new_records_ends_by_its_depth(firm: Firm) -> None:
    """Each record is another one, so only the depth ends it."""
    site = firm(automation("breed", "created", "[{create: deal, values: {name: '{name}.'}}]", "run_as: system"))
    write(site, "deal", name="x")
    work(site)
    assert max(len(row["name"]) for row in rows(site, "deal")) == 1 + DEEPEST
    assert "led to each other more than" in runs(site)[-1].error


def test_what_changes_nothing_sets_nothing_off(firm: Firm) -> None:
    site = firm(automation("same", "updated", "[{set: {note: fixed}}]", "run_as: system"),
                automation("begin", "created", "[{set: {count: 1}}]", "run_as: system"))  # fmt: skip
    write(site, "deal", name="x")
    work(site)
    assert [run.state for run in runs(site)] == ["done", "done", "done"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=12))
def test_every_chain_is_refused_in_time(chain: list[tuple[str, str]]) -> None:
    """However it goes on, a chain never has a run of one list for one record more than allowed, nor is it deeper."""
    accepted: list[tuple[str, str]] = []
    for origin, record in chain:
        cause = Cause("c", "updated", "system", None, len(accepted), tuple(accepted))
        try:
            refuse_loops(f"automation/{origin}", record, cause)  # type: ignore[arg-type]
        except LoopError:
            break
        accepted.append((f"automation/{origin}", record))
    assert len(accepted) <= DEEPEST
    assert all(accepted.count(one) <= SAME for one in accepted)
