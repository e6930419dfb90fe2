"""The path of an approval as a picture: what is done, where it is, what comes, with the people of each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from formline.web.i18n import gettext as _
from formline.web.inbox import words
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit
from formline.workflow.approvals.definition import (
    ELSE,
    Approval,
    Approve,
    Block,
    Cc,
    Choose,
    Do,
    ForEach,
    Inclusive,
    Parallel,
    Subprocess,
    inner,
)
from formline.workflow.approvals.state import Instance, Path, Run

_ICONS: Mapping[type[Block], str] = {Approve: "user-check", Cc: "send", Do: "bolt", Subprocess: "route"}
#: How a step of the picture stands, by the state of its run.
_STATES: Mapping[str, str] = {
    "approved": "done",
    "advised": "done",
    "done": "done",
    "rejected": "lost",
    "returned": "lost",
    "skipped": "skipped",
    "open": "now",
    "asked": "now",
}


@dataclass(frozen=True, slots=True)
class Who:
    """A person of a step; ``state`` is the status of the ballot, or "" where it is not asked yet."""

    id: UUID
    name: str
    initial: str
    tone: str
    state: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One step. ``state``: done, now, lost, skipped, coming. ``branches`` are steps beside each other, with a label."""

    name: str
    label: str
    icon: str
    state: str
    people: tuple[Who, ...] = ()
    note: str = ""
    #: The condition behind the note, with the labels of its fields.
    formula: str = ""
    branches: tuple[tuple[str, tuple[Node, ...]], ...] = field(default=())


class Painter:
    """Draws an instance as it stands, and where it leads if everybody approves."""

    def __init__(self, here: Visit, approval: Approval, now: Instance, ahead: Instance, names: Mapping[UUID, str]):
        """``ahead`` is the state played to its end; ``names`` of all people in both."""
        self.here = here
        self.approval = approval
        self.now = now
        self.ahead = ahead
        self.names = names
        self.object = here.release.catalog.object(approval.object)

    def nodes(self) -> tuple[Node, ...]:
        """Return the steps of the whole approval."""
        return tuple(self._nodes(self.approval.steps, ()))

    def _nodes(self, blocks: Sequence[Block], place: Path) -> Iterator[Node]:
        for block in blocks:
            path = (*place, block.name)
            run = self.now.runs.get(path) or self.ahead.runs.get(path)
            # A branch that is not taken is not part of the path; one that is not reached is.
            if run is not None or self.ahead.status not in ("approved", "apply_failed"):
                yield self._node(block, path, run)

    def _node(self, block: Block, path: Path, run: Run | None) -> Node:
        state = self._state(path)
        label = self.here.labels.step(self.approval, block.name)
        people = tuple(self._people(run, coming=path not in self.now.runs)) if run is not None else ()
        skipped = run is not None and state == "skipped"
        formula = words.formula(self.here, self.object, self.approval, path)
        if run is not None and skipped:
            note = words.skipped(run.reason)
        else:
            note = words.rule(self.here, self.approval, path) or (_("Its rule applies.") if formula else "")
        icon = _ICONS.get(type(block), "route")
        return Node(block.name, label, icon, state, people, note, formula, self._branches(block, path, run))

    def _state(self, path: Path) -> str:
        run = self.now.runs.get(path)
        if run is None:
            planned = self.ahead.runs.get(path)
            return "skipped" if planned is not None and planned.status == "skipped" else "coming"
        state = _STATES.get(run.status, "skipped")
        return "lost" if state == "now" and self.now.ended else state

    def _branches(self, block: Block, path: Path, run: Run | None) -> tuple[tuple[str, tuple[Node, ...]], ...]:
        if not isinstance(block, Parallel | Inclusive | Choose | ForEach):
            return ()
        steps = dict(inner(block))
        chosen = run.chosen if run is not None and run.chosen else tuple(name for name in steps if name != "*")
        found = []
        for name in chosen:
            nodes = tuple(self._nodes(steps.get(name, steps.get("*", ())), (*path, name)))
            if nodes:
                found.append((self._branch_label(block, name), nodes))
        return tuple(found)

    def _branch_label(self, block: Block, name: str) -> str:
        if isinstance(block, ForEach):
            return str(int(name) + 1) if name.isdigit() else ""
        if name == ELSE:
            return ""
        return self.here.labels.branch(self.approval, block.name, name)

    def _people(self, run: Run, *, coming: bool) -> Iterator[Who]:
        for ballot in run.ballots:
            if ballot.status == "removed":
                continue
            who = UUID(ballot.by or ballot.person)
            name = self.names.get(who) or "…"
            state = "" if coming else ballot.status
            acted = ballot.at is not None and not coming
            note = self.here.formats.moment(ballot.at, self.here.now) if acted and ballot.at is not None else ""
            if not coming and ballot.by and ballot.by != ballot.person:
                substituted = {"person": self.names.get(UUID(ballot.person)) or "…"}
                note = f"{_('for %(person)s') % substituted} · {note}"
            yield Who(who, name, initial_of(name), tone_of(who), state, note)


def people_of(*instances: Instance) -> set[UUID]:
    """Return everybody in the runs of instances."""
    return {
        UUID(one)
        for instance in instances
        for run in [*instance.past, *instance.runs.values()]
        for ballot in run.ballots
        for one in (ballot.person, ballot.by, ballot.consulted)
        if one
    }
