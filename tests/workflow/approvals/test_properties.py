"""What holds for every flow and every order of events: generated flows, generated participants."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formline.workflow.approvals import ballots as algebra
from formline.workflow.approvals import events as e
from formline.workflow.approvals.blocks import after, earlier
from formline.workflow.approvals.definition import (
    Approval,
    Approve,
    Block,
    Branch,
    Choose,
    Decision,
    ForEach,
    Guard,
    Inclusive,
    Parallel,
)
from formline.workflow.approvals.engine import replay
from formline.workflow.approvals.state import Ballot, RefusedError, Run
from tests.workflow.approvals.flows import Driver

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PEOPLE = [*"abcdefg", "sub"]

decisions = st.one_of(
    st.sampled_from([Decision("any"), Decision("all"), Decision("in_order")]),
    st.builds(Decision, st.just("at_least"), st.integers(1, 3)),
    st.builds(
        lambda a, b, quorum, close: Decision("vote", share=Fraction(min(a, b), max(a, b)), quorum=quorum, close=close),
        st.integers(1, 4),
        st.integers(1, 4),
        st.integers(0, 3),
        st.sampled_from(["when_certain", "when_all_voted"]),
    ),
)


@st.composite
def flows(draw: Any) -> Approval:
    """Return a flow of up to three levels; names count up, so that each is different."""
    numbers = itertools.count(1)

    def block(depth: int) -> Block:
        name = f"s{next(numbers)}"
        kind = draw(
            st.sampled_from(["approve", "approve", *(["choose", "parallel", "inclusive", "each"] if depth else [])])
        )
        if kind == "approve":
            return Approve(
                name,
                name,
                decision=draw(decisions),
                on_reject=draw(st.sampled_from(["end", "return", "continue"])),
                after_return=draw(st.sampled_from(["rerun", "jump_back"])),
                when_submitter=draw(st.sampled_from(["manager", "skip"])),
                same_person=draw(st.sampled_from(["ask_once", "always_ask", "once_per_instance"])),
                may=frozenset({"return", "transfer", "consult", "add", "remove", "undo", "abstain"}),
            )
        if kind == "each":
            return ForEach(name, name, over="lines", steps=steps(depth - 1))
        branches = {one: Branch(one, steps(depth - 1), f"{name}_{one}") for one in ("x", "y")}
        if kind == "parallel":
            return Parallel(name, name, branches=branches)
        if kind == "choose":
            return Choose(name, name, cases=branches, otherwise=steps(0))
        return Inclusive(name, name, branches=branches, otherwise=steps(0))

    def steps(depth: int) -> tuple[Block, ...]:
        return tuple(block(depth) for _ in range(draw(st.integers(1, 2))))

    return Approval("test", "Test", "contract", Guard("transition", "sign"), steps(2))


@st.composite
def driven(draw: Any) -> Driver:
    """Return an instance after up to fourteen acts of whoever has a task, some of them refused."""
    definition = draw(flows())
    conditions = [f"{name}_{one}" for name in definition.blocks for one in ("x", "y")]
    people: dict[str, list[Any]] = {}
    for name in definition.blocks:
        chosen = draw(st.lists(st.sampled_from(PEOPLE), max_size=4, unique=True))
        people[name] = [e.Person(one, draw(st.integers(1, 2)), draw(st.booleans())) for one in chosen]
    driver = Driver(definition, people, holds=draw(st.sets(st.sampled_from(conditions))), items=["a", "b"]).submit()
    for _ in range(draw(st.integers(0, 14))):
        step(draw, driver)
        watch(driver)
    return driver


def step(draw: Any, driver: Driver) -> None:
    if driver.state.status == "returned":
        driver.resubmit("note", data=draw(st.sampled_from(["v1", "v2"])))
        return
    tasks = list(driver.state.open_ballots())
    if not tasks:
        return
    run, ballot = draw(st.sampled_from(tasks))
    kind = draw(st.sampled_from(["+", "+", "+", "-", "0", "return", "transfer", "consult", "add", "remove", "undo"]))
    other = draw(st.sampled_from(PEOPLE))
    with contextlib.suppress(RefusedError):
        _act(draw, driver, run, ballot, kind, other)


def _act(draw: Any, driver: Driver, run: Run, ballot: Ballot, kind: str, other: str) -> None:
    who, more = ballot.acts_now, {"ballot": ballot.id}
    if ballot.status == "consulting":
        driver.act(e.OpinionGiven, who, **more)
    elif kind in "+-0":
        choice = {"+": "approve", "-": "reject", "0": "abstain"}[kind]
        driver.act(e.Decided, who, choice=choice, data=driver.data, **more)
    elif kind == "return":
        driver.act(e.Returned, who, **more)
    elif kind == "transfer":
        driver.act(e.Transferred, who, to=other, **more)
    elif kind == "consult":
        driver.act(e.Consulted, who, to=other, **more)
    elif kind == "add":
        driver.act(e.Added, who, to=other, where=draw(st.sampled_from(["before", "after", "beside"])), **more)
    elif kind == "remove":
        driver.act(e.VoterRemoved, who, target=draw(st.sampled_from(run.ballots)).id, **more)
    else:
        cast = [b for r in driver.state.runs.values() for b in r.ballots if b.by and not b.carried]
        if cast:
            chosen = draw(st.sampled_from(cast))
            driver.act(e.DecisionUndone, chosen.by, ballot=chosen.id)


def watch(driver: Driver) -> None:
    """Assert what holds after every event."""
    state, definition = driver.state, driver.definition
    assert replay(definition, driver.log) == state
    assert state.ended or state.status == "returned" or driver.open(), "neither ended nor anybody's task"
    ids = [ballot.id for run in [*state.past, *state.runs.values()] for ballot in run.ballots]
    assert len(ids) == len(set(ids)), "a ballot belongs to one run"
    for path, run in state.runs.items():
        block = definition.blocks[path[-1]]
        if not isinstance(block, Approve):
            continue
        assert all(ballot.id.startswith(f"{'/'.join(path)}#{run.number}.") for ballot in run.ballots)
        assert all(ballot.by != "sub" and ballot.person != "sub" for ballot in run.ballots), "the submitter decides"
        there = [ballot.person for ballot in run.ballots if ballot.status != "removed"]
        assert len(there) == len(set(there)), "one person, one ballot"
        if run.status == "approved":
            rule = block.decision if run.purpose == "open" else Decision("any")
            assert algebra.verdict(rule, run.ballots) == "passes"
        if run.status == "open":
            assert any(ballot.acts_now for ballot in run.ballots)
            assert algebra.verdict(block.decision if run.purpose == "open" else Decision("any"), run.ballots) == "open"
    if state.status == "approved":
        assert not list(state.open_ballots())


@QUICK
@given(driven())
def test_every_instance_ends_or_has_an_open_task(driver: Driver) -> None:
    watch(driver)


@QUICK
@given(driven(), st.data())
def test_a_return_cancels_exactly_what_is_downstream(driver: Driver, data: Any) -> None:
    tasks = [(run, b) for run, b in driver.state.open_ballots() if b.status == "open" and b.person != "sub"]
    if not tasks:
        return
    run, ballot = data.draw(st.sampled_from(tasks))
    passed = [p for p in driver.state.runs if run.path in after(driver.definition, p, [run.path])]
    targets = [p for p in passed if isinstance(driver.definition.blocks[p[-1]], Approve)]
    if not targets:
        return
    target = data.draw(st.sampled_from(targets))
    driver.definition = _may_return(driver.definition, run.name, target[-1])
    before = driver.state
    try:
        driver.act(e.Returned, ballot.person, ballot=ballot.id, to=target[-1])
    except RefusedError:
        return
    reached = set(earlier(driver.definition, run.path, target[-1], before.runs))
    reached = {path for path in reached if before.runs[path].status != "skipped"}
    downstream = reached.union(*(after(driver.definition, path, before.runs) for path in reached))
    for path, old in before.runs.items():
        now = driver.state.runs.get(path)
        if path not in downstream:
            assert now == old or now is not None, "work beside or before the target goes on"
            if old.status == "open":
                assert now is not None
                assert now.ballots == old.ballots
        elif old.status == "open" and old.ballots:
            assert now is None or now.number > old.number, "open work after the target is cancelled"
    assert all(driver.state.runs[path].number > before.runs[path].number for path in reached)


def _may_return(definition: Approval, name: str, target: str) -> Approval:
    return each_step(definition, lambda one: replace(one, return_to=(target,)) if one.name == name else one)


def each_step(definition: Approval, changed: Callable[[Approve], Approve]) -> Approval:
    """Return the flow with each approve step changed."""

    def change(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(_changed(one) for one in blocks)

    def branches(found: Any) -> Any:
        return {key: replace(one, steps=change(one.steps)) for key, one in found.items()}

    def _changed(block: Block) -> Block:
        match block:
            case Approve():
                return changed(block)
            case Choose():
                return replace(block, cases=branches(block.cases), otherwise=change(block.otherwise))
            case Inclusive():
                return replace(block, branches=branches(block.branches), otherwise=change(block.otherwise))
            case Parallel():
                return replace(block, branches=branches(block.branches))
            case ForEach():
                return replace(block, steps=change(block.steps))
        return block

    return replace(definition, steps=change(definition.steps))


@settings(max_examples=150, deadline=None)
@given(
    decisions.filter(lambda one: one.kind != "any"),
    st.lists(
        st.tuples(st.integers(1, 3), st.booleans(), st.sampled_from(["approved", "rejected", "abstained"])),
        min_size=1,
        max_size=5,
    ),
    st.data(),
)
def test_any_order_of_the_same_decisions_gives_one_outcome(
    decision: Decision, votes: list[tuple[int, bool, str]], data: Any
) -> None:
    outcomes = {outcome(decision, votes, data.draw(st.permutations(range(len(votes))))) for _ in range(3)}
    outcomes.add(outcome(decision, votes, range(len(votes))))
    assert len(outcomes) == 1


def outcome(decision: Decision, votes: list[tuple[int, bool, str]], order: Any) -> str:
    """Cast ballots in an order until the step closes, and return how."""
    found = [Ballot(str(n), f"p{n}", weight, veto) for n, (weight, veto, _) in enumerate(votes)]
    for number in order:
        now = algebra.verdict(decision, found)
        if now != "open":
            return now
        found[number] = replace(found[number], status=votes[number][2])
    return algebra.verdict(decision, found)


def passed(driver: Driver, steps: tuple[Block, ...], place: tuple[str, ...] = ()) -> bool:
    """Return whether the flow may go on after ``steps``, worked out anew from the ballots: the naive oracle."""
    return all(_passed(driver, block, (*place, block.name)) for block in steps)


def _passed(driver: Driver, block: Block, path: tuple[str, ...]) -> bool:
    run = driver.state.runs.get(path)
    assert run is not None, f"{path} was never reached"
    taken = {name: branch for name, branch in inner_of(block).items() if f"{block.name}_{name}" in driver.holds}
    match block:
        case Approve():
            rule = block.decision if run.purpose == "open" else Decision("any")
            enough = algebra.verdict(rule, run.ballots) == "passes" and any(b.status == "approved" for b in run.ballots)
            return enough or run.status == "skipped" or (run.status == "advised" and block.on_reject == "continue")
        case ForEach():
            return all(passed(driver, block.steps, (*path, str(item))) for item in range(len(driver.items)))
        case Parallel():
            return all(passed(driver, branch.steps, (*path, name)) for name, branch in block.branches.items())
        case Choose():
            taken = dict(itertools.islice(taken.items(), 1))
    if not taken:
        return passed(driver, block.otherwise, (*path, "else"))  # type: ignore[attr-defined]
    return all(passed(driver, branch.steps, (*path, name)) for name, branch in taken.items())


def inner_of(block: Block) -> dict[str, Branch]:
    """Return the branches of a block that conditions choose from."""
    return dict(block.cases if isinstance(block, Choose) else block.branches if isinstance(block, Inclusive) else {})


def decide_in_order(driver: Driver, choices: dict[str, str], draw: Any) -> Driver:
    """Let everybody decide what they have made up their minds for, whoever is first, until it is over."""
    while tasks := sorted(driver.state.open_ballots(), key=lambda one: one[1].id):
        _run, ballot = draw(st.sampled_from(tasks))
        choice = choices.get(ballot.acts_now, "approve")
        driver.act(e.Decided, ballot.acts_now, ballot=ballot.id, choice=choice, data=driver.data)
    return driver


@QUICK
@given(flows(), st.data())
def test_whoever_is_first_the_outcome_is_the_same_and_approved_only_by_votes(definition: Approval, data: Any) -> None:
    """People with their minds made up, in any order, through whole flows; nothing is approved without its votes."""
    definition = each_step(definition, order_is_indifferent)
    votes = st.sampled_from(["approve", "approve", "approve", "approve", "abstain", "reject"])
    choices = {person: data.draw(votes) for person in PEOPLE}
    people = {name: data.draw(st.lists(st.sampled_from(PEOPLE), max_size=4, unique=True)) for name in definition.blocks}
    conditions = [f"{name}_{one}" for name in definition.blocks for one in ("x", "y")]
    holds = data.draw(st.sets(st.sampled_from(conditions)))
    ends = []
    for _ in range(2):
        driver = Driver(definition, people, holds=holds, items=["a", "b"]).submit()
        ends.append(decide_in_order(driver, choices, data.draw))
    assert all(driver.state.ended for driver in ends)
    for driver in ends:
        watch(driver)
        assert driver.state.status != "approved" or passed(driver, definition.steps)
    assert len({driver.state.status for driver in ends}) == 1


def order_is_indifferent(step: Approve) -> Approve:
    """Return a step with rules under which it does not matter who is first, and that leads nowhere back."""
    rule = Decision("all") if step.decision.kind == "any" else step.decision
    return replace(step, decision=rule, on_reject="end" if step.on_reject == "return" else step.on_reject)
