"""What the engine wants done by its caller, in the transaction that keeps the event."""

from __future__ import annotations

from dataclasses import dataclass

from formline.workflow.approvals.state import Path


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to do."""


@dataclass(frozen=True, slots=True)
class Ask(Effect):
    """Answer with ``StepOpened`` for this path.

    ``purpose``: ``open`` (all facts of the block), ``empty`` (people for a step that found nobody), ``due`` (who takes
    over after the due time).
    """

    path: Path
    purpose: str = "open"


@dataclass(frozen=True, slots=True)
class Tell(Effect):
    """Notify people; ``what``: task, cc, consult, remind, returned, approved, rejected, withdrawn, superseded."""

    people: tuple[str, ...]
    what: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class StartTimer(Effect):
    """Send ``DuePassed`` once ``due_in`` is over."""

    path: Path
    number: int
    due_in: str


@dataclass(frozen=True, slots=True)
class FailSubmit(Effect):
    """Refuse the submission: a step whose policy is ``fail_submit`` found nobody."""

    path: Path


@dataclass(frozen=True, slots=True)
class Act(Effect):
    """Carry out the actions of the ``do`` block at this path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Outcome(Effect):
    """The instance reached approved, rejected, returned or withdrawn: carry out, restore, run the outcome's actions."""

    outcome: str
