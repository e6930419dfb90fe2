"""Drives the pure engine in tests: a flow from YAML, a small organisation, events by short words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ruamel.yaml import YAML

from formline.workflow.approvals import events as e
from formline.workflow.approvals.building import approval_from
from formline.workflow.approvals.definition import Approval, Approve, Cc, Choose, ForEach, Inclusive
from formline.workflow.approvals.effects import Ask, Effect
from formline.workflow.approvals.engine import run
from formline.workflow.approvals.state import START, Ballot, Instance, RefusedError, Run

START_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def flow(steps: str, **more: Any) -> Approval:
    """Return an approval with these steps, written as YAML."""
    data = {"object": "contract", "guards": {"transition": "sign"}, "steps": YAML(typ="safe").load(steps), **more}
    return approval_from("test", data, more.pop("reads", None))


def with_reads(definition: Approval, **reads: str) -> Approval:
    """Say which fields the conditions of blocks read."""
    return replace(definition, reads={name: frozenset(fields.split()) for name, fields in reads.items()})


class Driver:
    """One instance: people are chosen by ``group`` name, conditions hold where named in ``holds``."""

    def __init__(self, definition: Approval, people: Mapping[str, Sequence[Any]] | None = None, **facts: Any) -> None:
        self.definition = definition
        self.people = dict(people or {})
        self.holds: set[str] = set(facts.get("holds", ()))
        self.items: Sequence[str] = facts.get("items", ())
        self.manager: str = facts.get("manager", "boss")
        self.data: str = "v1"
        self.state: Instance = START
        self.log: list[e.Event] = []
        self.effects: list[Effect] = []
        self.now = START_AT

    def answer(self, state: Instance, ask: Ask) -> e.StepOpened:
        block = self.definition.blocks[ask.path[-1]]
        found: dict[str, Any] = {"path": ask.path, "data": self.data, "manager": self.manager, "purpose": ask.purpose}
        found["applies"] = block.when is None or block.when in self.holds
        if ask.purpose == "administrator":
            found["people"] = self._people(self.people.get("admin", ["admin"]))
        elif ask.purpose in ("empty", "due"):
            found["people"] = self._people(self.people.get(ask.purpose, ["standin"]))
        elif isinstance(block, Approve | Cc):
            name = block.name
            if len(ask.path) > 2 and ask.path[-2].isdigit():
                found["people"] = self._people([self.items[int(ask.path[-2])]])
            else:
                found["people"] = self._people(self.people.get(name, [name]))
        elif isinstance(block, Choose):
            found["chosen"] = tuple(n for n, one in block.cases.items() if one.when in self.holds)
        elif isinstance(block, Inclusive):
            found["chosen"] = tuple(n for n, one in block.branches.items() if one.when in self.holds)
        elif isinstance(block, ForEach):
            found["chosen"] = tuple(str(n) for n in range(len(self.items)))
        return e.StepOpened(self.now, **found)

    def _people(self, names: Sequence[Any]) -> tuple[e.Person, ...]:
        return tuple(one if isinstance(one, e.Person) else e.Person(one) for one in names)

    def send(self, event: e.Event) -> Driver:
        self.state, events, effects = run(self.definition, self.state, event, self.answer)
        self.log += events
        self.effects = effects
        self.now += timedelta(minutes=1)
        return self

    def submit(self, who: str = "sub") -> Driver:
        return self.send(e.Submitted(self.now, who, data=self.data))

    def run_of(self, name: str) -> Run:
        found = [one for path, one in self.state.runs.items() if path[-1] == name]
        assert found, f"{name} has no run"
        return found[-1]

    def ballot(self, who: str, name: str | None = None) -> Ballot:
        """Return the ballot a person can act on, else the last of theirs."""
        runs = [one for path, one in self.state.runs.items() if name is None or path[-1] == name]
        mine = [b for one in runs for b in one.ballots if who in (b.person, b.consulted)]
        acting = [b for b in mine if b.acts_now == who]
        found = [*acting, *reversed(mine)]
        if not found:
            found = [b for one in self.state.past for b in one.ballots if b.person == who]
        assert found, f"{who} has no ballot"
        return found[0]

    def act(self, kind: type[e.OnBallot], who: str, step: str | None = None, **more: Any) -> Driver:
        key = more.pop("ballot", None) or self.ballot(more.pop("of", who), step).id
        return self.send(kind(self.now, more.pop("actor", who), ballot=key, **more))

    def approve(self, who: str, step: str | None = None, **more: Any) -> Driver:
        return self.act(e.Decided, who, step, **{"data": self.data, **more})

    def reject(self, who: str, step: str | None = None, **more: Any) -> Driver:
        return self.act(e.Decided, who, step, choice="reject", **{"data": self.data, **more})

    def abstain(self, who: str, step: str | None = None) -> Driver:
        return self.act(e.Decided, who, step, choice="abstain", data=self.data)

    def return_(self, who: str, to: str = "submitter", **more: Any) -> Driver:
        return self.act(e.Returned, who, to=to, **more)

    def resubmit(self, *changed: str, data: str = "v2") -> Driver:
        self.data = data
        return self.send(e.Resubmitted(self.now, "sub", data=data, changed=changed))

    def open(self) -> list[str]:
        """Return who has something to do, as ``person@step``."""
        return sorted(f"{ballot.acts_now}@{run_.name}" for run_, ballot in self.state.open_ballots())

    def refused(self, act: Any) -> str:
        """Return the code with which an act is refused; the state must stay as it was."""
        before = self.state
        try:
            act(self)
        except RefusedError as error:
            assert self.state is before
            return error.code
        return "accepted"

    def told(self, what: str) -> list[str]:
        return sorted(p for one in self.effects if getattr(one, "what", "") == what for p in one.people)  # type: ignore[attr-defined]
