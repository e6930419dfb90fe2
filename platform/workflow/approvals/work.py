"""One event at work: the state as it is being changed, the effects so far, and the steps handlers share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from formline.workflow.approvals.definition import Approval, Approve, Block, Decision
from formline.workflow.approvals.effects import Effect, Tell
from formline.workflow.approvals.state import Ballot, Instance, Path, RefusedError, Run


class Work:
    """Changes to one instance by one event. Runs and ballots are replaced, never changed in place."""

    def __init__(self, definition: Approval, instance: Instance) -> None:
        """Begin the next revision."""
        self.definition = definition
        self.before = instance
        self.instance = replace(instance, revision=instance.revision + 1)
        self.runs: dict[Path, Run] = dict(instance.runs)
        self.past: list[Run] = list(instance.past)
        self.effects: list[Effect] = []

    @property
    def revision(self) -> int:
        """The revision being made."""
        return self.instance.revision

    def result(self) -> tuple[Instance, tuple[Effect, ...]]:
        """Return the new state and what is to be done."""
        done = replace(self.instance, runs=MappingProxyType(dict(self.runs)), past=tuple(self.past))
        return done, tuple(self.effects)

    def set(self, **values: Any) -> None:
        """Change the instance itself."""
        self.instance = replace(self.instance, **values)

    def effect(self, effect: Effect) -> None:
        """Want something done."""
        self.effects.append(effect)

    def tell(self, people: Iterable[str], what: str, path: Path = ()) -> None:
        """Want people told, each once; nobody is fine."""
        found = tuple(dict.fromkeys(one for one in people if one))
        if found:
            self.effect(Tell(found, what, path))

    def require(self, *statuses: str) -> None:
        """Refuse the event in any other state of the instance."""
        status = self.instance.status
        if status not in statuses:
            raise RefusedError("approval_not_running", f"The approval is {status}; this is not possible any more.")

    # --- runs and ballots --------------------------------------------------------------------------------------------

    def block(self, path: Path) -> Block:
        """Return the block of a path."""
        return self.definition.blocks[path[-1]]

    def step(self, run: Run) -> Approve:
        """Return the approve step of a run.

        Raises:
            RefusedError: the run is of another kind of block.
        """
        block = self.definition.blocks.get(run.name)
        if not isinstance(block, Approve):
            raise RefusedError("approval_no_step", f'"{run.name}" is no step in which people decide.')
        return block

    def rule(self, run: Run) -> Decision:
        """Return how a run is decided: who stands in for missing approvers decides alone."""
        return Decision("any") if run.purpose in ("empty", "administrator") else self.step(run).decision

    def new_run(self, path: Path, **values: Any) -> Run:
        """Put a run at a path; its number tells it from earlier ones."""
        number = 1 + sum(one.path == path for one in self.past)
        run = Run(path, number, opened=self.revision, **values)
        self.runs[path] = run
        return run

    def put(self, run: Run) -> Run:
        """Keep a changed run."""
        self.runs[run.path] = run
        return run

    def change(self, run: Run, ballot: Ballot, **values: Any) -> Run:
        """Change one ballot of a run."""
        changed = replace(ballot, **values)
        return self.put(replace(run, ballots=tuple(changed if one.id == ballot.id else one for one in run.ballots)))

    def join(self, run: Run, ballot: Ballot, *, after: str = "") -> Run:
        """Add a ballot to a run, directly after another where the order matters, else at the end."""
        found = list(run.ballots)
        place = next((index + 1 for index, one in enumerate(found) if one.id == after), len(found))
        found.insert(place, ballot)
        return self.put(replace(run, ballots=tuple(found)))

    def next_id(self, run: Run) -> str:
        """Return the id of the next ballot of a run."""
        return f"{'/'.join(run.path)}#{run.number}.{len(run.ballots) + 1}"

    def discard(self, paths: Iterable[Path], reason: str) -> None:
        """Put runs aside as cancelled, open ballots with them; who had an open task is told."""
        for path in list(paths):
            run = self.runs.pop(path, None)
            if run is None:
                continue
            waiting = [one.acts_now for one in run.ballots]
            if run.status == "open":
                self.tell(waiting, "superseded", path)
            status = "cancelled" if run.status in ("open", "asked") else run.status
            kept = tuple(replace(one, status="superseded") if one.undecided else one for one in run.ballots)
            self.past.append(replace(run, status=status, ballots=kept, closed=self.revision, reason=reason))
