"""The state of one running approval: runs of blocks and the ballots in them. Immutable, derived from the log alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from formline.errors import FormlineError

#: A block's place in this instance: steps and branches in turn, items by number: ``("lines", "0", "own_lines")``.
Path = tuple[str, ...]

#: Undecided; ``waiting`` is not this person's turn yet, ``consulting`` is with somebody asked for an opinion.
UNDECIDED = frozenset({"open", "waiting", "consulting"})
#: Decided by a person; they count.
CAST = frozenset({"approved", "rejected", "abstained"})
#: A run that lets the flow go on.
PASSED = frozenset({"approved", "advised", "skipped", "done"})
ENDED = frozenset({"approved", "rejected", "withdrawn", "stopped"})


class RefusedError(FormlineError):
    """An event that does not fit the state; ``code`` says why, ``by`` and ``choice`` who was faster with what."""

    code = "approval_refused"
    status = 409

    def __init__(self, code: str, message: str, *, by: str = "", choice: str = "") -> None:
        """Keep who decided meanwhile, where that is the reason."""
        super().__init__(message, code=code)
        self.by = by
        self.choice = choice


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's part in one run of one step.

    ``role``: ``vote`` counts by the rule; ``before`` and ``after`` belong to the ballot ``parent``. ``by`` is who acted
    (a substitute is not ``person``); ``seen`` the digest of what was shown; ``carried`` the earlier ballot it repeats.
    """

    id: str
    person: str
    weight: int = 1
    veto: bool = False
    role: str = "vote"
    parent: str = ""
    status: str = "open"
    by: str = ""
    opinion: str = ""
    seen: str = ""
    at: datetime | None = None
    consulted: str = ""
    carried: str = ""
    added_by: str = ""

    @property
    def undecided(self) -> bool:
        """Whether it can still be cast."""
        return self.status in UNDECIDED

    @property
    def acts_now(self) -> str:
        """Who has something to do with it: its person, or the one consulted; empty for nobody."""
        return {"open": self.person, "consulting": self.consulted}.get(self.status, "")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a block. ``status``: asked (its facts are awaited), open, or how it ended.

    ``chosen``: branches that are taken; ``opened`` and ``closed`` are revisions; ``reason`` says why it was skipped.
    """

    path: Path
    number: int
    status: str = "asked"
    ballots: tuple[Ballot, ...] = ()
    chosen: tuple[str, ...] = ()
    opened: int = 0
    closed: int = 0
    data: str = ""
    reason: str = ""
    purpose: str = "open"
    due_count: int = 0
    child: str = ""

    @property
    def name(self) -> str:
        """The block's name."""
        return self.path[-1]

    def ballot(self, key: str) -> Ballot | None:
        """Return a ballot by id."""
        return next((one for one in self.ballots if one.id == key), None)

    @property
    def acted(self) -> bool:
        """Whether somebody did something in it that cannot be taken away silently."""
        touched = any(one.by and not one.carried for one in self.ballots)
        return touched or any(one.consulted or one.added_by for one in self.ballots)


@dataclass(frozen=True, slots=True)
class Instance:
    """One approval of one record. ``revision`` counts events; ``past`` holds runs that were cancelled or repeated.

    ``status``: new, running, returned (the submitter revises), approved, apply_failed, rejected, withdrawn, stopped.
    ``returner`` is the path of the step that returned the instance while its way back is not finished,
    ``returns`` how often it was returned.
    """

    status: str = "new"
    submitter: str = ""
    round: int = 0
    revision: int = 0
    runs: Mapping[Path, Run] = field(default_factory=lambda: MappingProxyType({}))
    past: tuple[Run, ...] = ()
    data: str = ""
    returner: Path | None = None
    returns: int = 0
    urged_at: datetime | None = None
    copied: tuple[str, ...] = ()
    failure: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing can happen any more."""
        return self.status in ENDED

    def open_ballots(self) -> Iterator[tuple[Run, Ballot]]:
        """Yield the ballots somebody has something to do with."""
        if self.status == "running":
            for run in self.runs.values():
                if run.status == "open":
                    yield from ((run, ballot) for ballot in run.ballots if ballot.acts_now)

    def find(self, key: str) -> tuple[Run, Ballot] | None:
        """Return a ballot of a present run with its run."""
        for run in self.runs.values():
            ballot = run.ballot(key)
            if ballot is not None:
                return run, ballot
        return None


START = Instance()
